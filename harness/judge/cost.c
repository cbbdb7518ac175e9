#include "harness/judge/cost.h"

#include "harness/judge/check_measure.h"
#include "harness/judge/correctness.h"
#include "harness/profile/callgrind.h"

#include <string.h>

#define MAX_PROFILE ((size_t)256 << 20)
#define MAX_ANSWERS ((size_t)1 << 20)
#define PREFIX      "measure_"
#define ARENA_BYTES 262144.0 /* hw_arena.h */

/* What the driver's arrays take of an object in resident memory: five words. */
#define DRIVER_BYTES 40.0

/* How far resident memory may lie above what the pool holds before that is not believed. */
#define RESIDENT_FACTOR 1.25
#define RESIDENT_SLACK  8.0

const char *const cost_layouts[] = {"dict", "slots", "weakref", NULL};

char *cost_job_name(const char *subject, unsigned factor)
{
    return g_strdup_printf("valgrind/cost-%s-%u", subject, factor);
}

char *cost_plain_job_name(const char *subject, unsigned factor)
{
    return g_strdup_printf("plain/cost-%s-%u", subject, factor);
}

char *cost_space_job_name(const char *layout, const char *subject, unsigned factor)
{
    return g_strdup_printf("space/%s-%s-%u", layout, subject, factor);
}

static void item_free(void *data)
{
    cost_item *item = data;
    g_free(item->name);
    g_free(item->layout);
    g_free(item);
}

void cost_free(cost *c)
{
    if (c == NULL)
        return;
    g_ptr_array_unref(c->items);
    g_free(c->fault);
    g_free(c);
}

static cost *cost_new(void)
{
    cost *c = g_new0(cost, 1);
    c->items = g_ptr_array_new_with_free_func(item_free);
    return c;
}

static cost_item *add_item(cost *c, const char *name, const char *layout)
{
    bool is_pool = *layout == '\0';
    cost_item *item = g_new0(cost_item, 1);
    item->name = g_strdup(name);
    item->layout = g_strdup(layout);
    item->part = is_pool ? SUBMISSION_POOL : SUBMISSION_LAYOUTS;
    item->mine = -1;
    item->solution = -1;
    g_ptr_array_add(c->items, item);
    return item;
}

/* ---- was the work done? ---- */

/* What a run answered. Owner: the caller; NULL if there is nothing. */
static GBytes *answers_of(const evidence *e, const char *job_name)
{
    g_autofree char *file = g_strconcat(job_name, ".txt", NULL);
    return evidence_file(e, file, MAX_ANSWERS);
}

static bool has_line(const evidence *e, const char *job_name, const char *line)
{
    g_autoptr(GBytes) bytes = answers_of(e, job_name);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    return text != NULL && check_measure_has(text, n_bytes, line);
}

/* In how many of the two runs under the profiler, and without, the line about a layout is right. */
typedef struct cost_right {
    unsigned watched, plain;
    unsigned nothing_left; /* under the profiler */
} cost_right;

static cost_right count_right(const evidence *e, const char *subject, const char *layout)
{
    cost_right right = {0};
    const char *whose = *layout != '\0' ? layout : "pool";
    g_autofree char *left = g_strdup_printf("left %s 0", whose);
    for (unsigned factor = 1; factor <= 2; factor++) {
        g_autofree char *line = check_measure_line(whose, e->seed, factor * e->n_objects);
        g_autofree char *job = cost_job_name(subject, factor);
        g_autofree char *plain = cost_plain_job_name(subject, factor);
        right.watched += has_line(e, job, line);
        right.plain += has_line(e, plain, line);
        right.nothing_left += has_line(e, job, left);
    }
    return right;
}

/* True of the operations that give all memory back. */
static bool frees(const cost_item *item)
{
    return g_str_has_prefix(item->name, "destroy") || strcmp(item->name, "free") == 0;
}

static cost_work work_of(const cost_item *item, const cost_right *right)
{
    if (right->plain == 2 && right->watched == 0)
        return COST_WORK_ONLY_UNWATCHED;
    if (right->plain != 2 || right->watched != 2)
        return COST_WORK_WRONG;
    return frees(item) && right->nothing_left != 2 ? COST_WORK_LEFT : COST_WORK_DONE;
}

/* ---- instructions ---- */

static callgrind_profile *read_profile(const evidence *e, const char *subject, unsigned factor)
{
    g_autofree char *name = cost_job_name(subject, factor);
    g_autofree char *file = g_strconcat(name, "/callgrind.out", NULL);
    if (!evidence_job_succeeded(evidence_find_job(e, name)))
        return NULL;
    g_autoptr(GBytes) bytes = evidence_file(e, file, MAX_PROFILE);
    gsize n_bytes = 0;
    const char *text = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    callgrind_profile *profile = text != NULL ? callgrind_parse(text, n_bytes, file, NULL) : NULL;
    if (profile != NULL && (!profile->complete || callgrind_event(profile, "Ir") < 0))
        g_clear_pointer(&profile, callgrind_free);
    return profile;
}

/* Instructions of one call of a function; negative if it was not called. */
static double cost_of_call(const callgrind_profile *profile, const char *function)
{
    const callgrind_function *f = profile != NULL ? callgrind_find(profile, function) : NULL;
    if (f == NULL || f->calls == 0)
        return -1;
    return (double)f->inclusive[callgrind_event(profile, "Ir")] / (double)f->calls;
}

static double slope_of(const callgrind_profile *once, const callgrind_profile *twice,
                       const char *function, double n_objects)
{
    double small = cost_of_call(once, function);
    double large = cost_of_call(twice, function);
    return small < 0 || large < 0 ? -1 : MAX((large - small) / n_objects, 0);
}

static int by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* "measure_create_dict" -> item create, dict; "measure_alloc_pool" -> alloc, "". */
static cost_item *item_of(cost *c, const char *function)
{
    g_autofree char *name = g_strdup(function + strlen(PREFIX));
    char *underscore = strrchr(name, '_');
    if (underscore == NULL)
        return NULL;
    *underscore = '\0';
    const char *layout = underscore + 1;
    if (strcmp(layout, "pool") == 0)
        return add_item(c, name, "");
    return g_strv_contains(cost_layouts, layout) ? add_item(c, name, layout) : NULL;
}

cost *cost_instructions(const evidence *e)
{
    cost *c = cost_new();
    g_autoptr(callgrind_profile) mine_1 = read_profile(e, "submission", 1);
    g_autoptr(callgrind_profile) mine_2 = read_profile(e, "submission", 2);
    g_autoptr(callgrind_profile) ours_1 = read_profile(e, "solution", 1);
    g_autoptr(callgrind_profile) ours_2 = read_profile(e, "solution", 2);
    if (ours_1 == NULL || ours_2 == NULL) {
        c->fault = g_strdup("the solution's instructions could not be counted");
        return c;
    }
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < ours_2->n_functions; i++) {
        if (g_str_has_prefix(ours_2->functions[i].name, PREFIX))
            g_ptr_array_add(names, (void *)(gsize)ours_2->functions[i].name);
    }
    g_ptr_array_sort(names, by_name);
    for (guint i = 0; i < names->len; i++) {
        const char *function = g_ptr_array_index(names, i);
        cost_item *item = item_of(c, function);
        if (item == NULL)
            continue;
        item->mine = slope_of(mine_1, mine_2, function, e->n_objects);
        item->solution = slope_of(ours_1, ours_2, function, e->n_objects);
        cost_right mine = count_right(e, "submission", item->layout);
        cost_right ours = count_right(e, "solution", item->layout);
        item->work = work_of(item, &mine);
        if (work_of(item, &ours) != COST_WORK_DONE && c->fault == NULL)
            c->fault = g_strdup("the solution's own answers are wrong");
    }
    return c;
}

/* ---- bytes ---- */

/* "h ARENAS LARGE_BYTES POOLS READ" of one run: bytes held, negative if it did not end well; and
 * whether the objects that hold them gave back what was written. */
static double held_bytes(const evidence *e, const evidence_job *job, unsigned n_objects,
                         bool *ret_done)
{
    *ret_done = false;
    if (!evidence_job_succeeded(job))
        return -1;
    g_autoptr(GBytes) bytes = answers_of(e, job->name);
    gsize n_bytes = 0;
    const char *data = bytes != NULL ? g_bytes_get_data(bytes, &n_bytes) : NULL;
    g_autofree char *text = g_strndup(data != NULL ? data : "", n_bytes);
    g_auto(GStrv) words = g_strsplit_set(text, " \n", 6);
    guint64 n_arenas = 0;
    guint64 large = 0;
    if (g_strv_length(words) < 6 || strcmp(words[0], "h") != 0 ||
        !g_ascii_string_to_unsigned(words[1], 10, 0, G_MAXUINT32, &n_arenas, NULL) ||
        !g_ascii_string_to_unsigned(words[2], 10, 0, G_MAXINT64, &large, NULL))
        return -1;
    g_autofree char *read = check_measure_read(e->seed, n_objects);
    *ret_done = strcmp(words[4], read) == 0;
    return (double)n_arenas * ARENA_BYTES + (double)large;
}

static double bytes_of(const evidence *e, const char *layout, const char *subject,
                       cost_work *ret_work)
{
    g_autofree char *name_1 = cost_space_job_name(layout, subject, 1);
    g_autofree char *name_2 = cost_space_job_name(layout, subject, 2);
    const evidence_job *once = evidence_find_job(e, name_1);
    const evidence_job *twice = evidence_find_job(e, name_2);
    bool small_done = false;
    bool large_done = false;
    double small = held_bytes(e, once, COST_SPACE_OBJECTS, &small_done);
    double large = held_bytes(e, twice, 2 * COST_SPACE_OBJECTS, &large_done);
    *ret_work = small_done && large_done ? COST_WORK_DONE : COST_WORK_WRONG;
    if (small < 0 || large < 0)
        return -1;
    double held = MAX((large - small) / COST_SPACE_OBJECTS, 0);
    /* the kernel's own account shows memory that goes past arenas and malloc */
    double resident = ((double)twice->result.peak_rss_bytes - (double)once->result.peak_rss_bytes) /
                          COST_SPACE_OBJECTS -
                      DRIVER_BYTES;
    return resident > RESIDENT_FACTOR * held + RESIDENT_SLACK ? resident : held;
}

cost *cost_bytes(const evidence *e)
{
    cost *c = cost_new();
    for (const char *const *layout = cost_layouts; *layout != NULL; layout++) {
        cost_item *item = add_item(c, "bytes_per_object", *layout);
        cost_work work_of_solution = COST_WORK_WRONG;
        item->mine = bytes_of(e, *layout, "submission", &item->work);
        item->solution = bytes_of(e, *layout, "solution", &work_of_solution);
        if ((item->solution <= 0 || work_of_solution != COST_WORK_DONE) && c->fault == NULL)
            c->fault = g_strdup_printf("the solution's bytes could not be measured (%s)", *layout);
    }
    return c;
}
