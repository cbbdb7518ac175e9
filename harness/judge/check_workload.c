/* check_workload.c -- judges the answers of drive_workload.c; its head lists the lines. */
#include "harness/judge/check_run.h"

enum { N_NAMES = 4 };

/* hw_order, hw_layout */
enum { CREATION_ORDER = 0, REVERSE_ORDER = 1 };
enum { LAYOUT_SLOTS = 1 };

enum { CREATES, READS, UPDATES, SUMS, WEAKREFS, DESTROYS, FREES };

static const check_property properties[] = {
    [CREATES] = {"workload", "creates", "All objects are made, and are alive together", true},
    [READS] = {"workload", "reads", "Every attribute is read by name, twice", false},
    [UPDATES] = {"workload", "updates", "Attributes are set, deleted and set again", false},
    [SUMS] = {"workload", "sums", "The sums are right", true},
    [WEAKREFS] = {"workload", "weakrefs", "A weakref with a callback to every object", false},
    [DESTROYS] = {"workload", "order", "Objects are destroyed in the order asked for", false},
    [FREES] = {"workload", "frees", "Everything is freed at the end", true},
};

/* What one run was asked for. */
typedef struct asked {
    unsigned layout, order;
    uint64_t n, seed;
} asked;

typedef struct workload_check {
    check_run run;
    GHashTable *orders; /* "n digest" -> seed, of random orders */
} workload_check;

static void expect_equal(check_run *run, unsigned property, const char *what, uint64_t told,
                         uint64_t right)
{
    if (told != right)
        check_fail(run, property, "%s: %" G_GUINT64_FORMAT " instead of %" G_GUINT64_FORMAT, what,
                   told, right);
}

static void right_sums(const asked *a, uint64_t *ret_first, uint64_t *ret_second)
{
    uint64_t first = 0;
    uint64_t second = 0;
    for (uint64_t i = 0; i < a->n; i++) {
        first += i + 2 * i + (i + a->seed) + (i ^ a->seed);
        second += i + 2 * i + 3 * i + 3 * i;
    }
    *ret_first = first;
    *ret_second = second;
}

/* w layout order n seed status created first second weakrefs callbacks dead */
static void check_report(check_run *run, const asked *a)
{
    if (check_number(run, 1) != a->layout || check_number(run, 2) != a->order ||
        check_number(run, 3) != a->n || check_number(run, 4) != a->seed) {
        check_forged(run, "another run was asked for");
        return;
    }
    uint64_t first = 0;
    uint64_t second = 0;
    right_sums(a, &first, &second);
    uint64_t n_weakrefs = a->layout == LAYOUT_SLOTS ? 0 : a->n;
    expect_equal(run, SUMS, "status", check_number(run, 5), 0);
    expect_equal(run, CREATES, "n_created", check_number(run, 6), a->n);
    expect_equal(run, SUMS, "sum_first", check_number(run, 7), first);
    expect_equal(run, SUMS, "sum_second", check_number(run, 8), second);
    expect_equal(run, WEAKREFS, "n_weakrefs", check_number(run, 9), n_weakrefs);
    expect_equal(run, WEAKREFS, "n_callbacks", check_number(run, 10), n_weakrefs);
    expect_equal(run, WEAKREFS, "n_dead", check_number(run, 11), n_weakrefs);
}

static uint64_t digest_in_order(uint64_t n, bool reverse)
{
    uint64_t digest = CHECK_DIGEST_START;
    for (uint64_t i = 0; i < n; i++)
        digest = check_digest_word(digest, reverse ? n - 1 - i : i);
    return digest;
}

/* A permutation that is neither of the two others, and not that of another seed. */
static void check_random_order(workload_check *w, const asked *a, uint64_t digest)
{
    enum { ENOUGH = 8 }; /* with fewer objects a random order may well be another one */
    if (a->n < ENOUGH)
        return;
    if (digest == digest_in_order(a->n, false) || digest == digest_in_order(a->n, true))
        check_fail(&w->run, DESTROYS, "a random order is asked for, and objects die in order");
    char *key = g_strdup_printf("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, a->n, digest);
    const uint64_t *other = g_hash_table_lookup(w->orders, key);
    if (other != NULL && *other != a->seed)
        check_fail(&w->run, DESTROYS, "the random order does not depend on the seed");
    g_hash_table_insert(w->orders, key, g_memdup2(&a->seed, sizeof(a->seed)));
}

/* k creates gets sets unsets weakrefs destroyed most_live digest left */
static void check_counts(workload_check *w, const asked *a)
{
    check_run *run = &w->run;
    for (unsigned property = CREATES; property <= FREES && check_number(run, 1) > 0; property++)
        check_seen(run, property);
    uint64_t gets = check_number(run, 2);
    uint64_t sets = check_number(run, 3);
    uint64_t n_weakrefs = a->layout == LAYOUT_SLOTS ? 0 : a->n;
    expect_equal(run, CREATES, "objects made", check_number(run, 1), a->n);
    expect_equal(run, CREATES, "objects alive at a time", check_number(run, 7), a->n);
    if (gets < a->n * N_NAMES * 2)
        check_fail(run, READS,
                   "%" G_GUINT64_FORMAT " attributes were read; each of %" G_GUINT64_FORMAT
                   " objects has %d, to be read twice",
                   gets, a->n, N_NAMES);
    expect_equal(run, UPDATES, "attributes set", sets, (N_NAMES + 2) * a->n);
    expect_equal(run, UPDATES, "attributes deleted", check_number(run, 4), a->n);
    expect_equal(run, WEAKREFS, "weakrefs made", check_number(run, 5), n_weakrefs);
    expect_equal(run, DESTROYS, "objects destroyed", check_number(run, 6), a->n);
    uint64_t digest = check_hex(run, 8);
    if (a->order != CREATION_ORDER && a->order != REVERSE_ORDER)
        check_random_order(w, a, digest);
    else if (digest != digest_in_order(a->n, a->order == REVERSE_ORDER))
        check_fail(run, DESTROYS, "objects do not die in %s order",
                   a->order == REVERSE_ORDER ? "reverse" : "creation");
    int64_t left = check_signed(run, 9);
    if (left != 0)
        check_fail(run, FREES,
                   "%" G_GINT64_FORMAT " objects, weakrefs, classes and blocks were not freed",
                   left);
}

check_result *check_workload(GBytes *tape, const char *answers, size_t n_bytes)
{
    workload_check w = {0};
    check_run *run = &w.run;
    check_run_begin(run, properties, G_N_ELEMENTS(properties), tape, answers, n_bytes);
    w.orders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    while (!run->stopped && check_has_more(run)) {
        asked a = {(unsigned)check_take(run, 1) % 3, (unsigned)check_take(run, 1) % 3, 0, 0};
        a.n = check_take(run, 4);
        a.seed = check_take(run, 8);
        if (check_expect(run, "w", 12))
            check_report(run, &a);
        if (!run->stopped && check_expect(run, "k", 10))
            check_counts(&w, &a);
    }
    check_result *result = check_run_end(run);
    g_hash_table_unref(w.orders);
    return result;
}
