/*
 * python_bench -- mass creation in Python: pymalloc against our pool.
 *
 *   python_bench HOST SCRIPT JSON [ROUNDS [OBJECTS]]
 *
 * Each sample is a process of its own, HOST running SCRIPT for one kind of object; a round runs
 * every kind on pymalloc, on the pool, and on pymalloc again, every second round backwards. The
 * ratio of the two pymallocs is the control: a difference that is no greater could not have been
 * seen. Times are processor time of the process, so that others on the machine disturb little. Exit
 * status: 0; 2 for wrong usage; 3 if a process failed or the record cannot be written.
 */
#include "harness/measure/machine.h"
#include "harness/measure/stats.h"

#include <gio/gio.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define CONFIDENCE   0.95
#define SEED         1
#define MAX_ROUNDS   1000
#define MIN_OBJECTS  20000 /* fewer may fit where the interpreter freed memory: 0 bytes */
#define MAX_OBJECTS  10000000
#define TIME_LIMIT_S "300" /* of one process */

enum { PYMALLOC, POOL, CONTROL, N_SUBJECTS };
enum { N_KINDS = 4, N_FIGURES = 5 };

static const char *const allocators[N_SUBJECTS] = {"pymalloc", "pool", "pymalloc"};

/* name: as the script says it; text: for the table. */
typedef struct label {
    const char *name, *text;
} label;

static const label kinds[N_KINDS] = {{"dict", "class with __dict__"},
                                     {"slots", "__slots__"},
                                     {"slots_weakref", "__slots__ + __weakref__"},
                                     {"grown_list", "list of 40, by append"}};

static const label figures[N_FIGURES] = {{"create", "create, fresh memory"},
                                         {"destroy", "destroy, in order"},
                                         {"destroy_random", "destroy, random order"},
                                         {"batch", "create + destroy 1000"},
                                         {"bytes", "resident bytes"}};

typedef struct session {
    char *host, *script;
    unsigned n_rounds, n_objects;
    double *samples[N_SUBJECTS][N_KINDS][N_FIGURES]; /* n_rounds each */
} session;

/* ---- running ---- */

static bool read_figures(session *s, const char *out, int subject, int kind, unsigned round)
{
    unsigned n_found = 0;
    g_auto(GStrv) lines = g_strsplit(out, "\n", -1);
    for (size_t i = 0; lines[i] != NULL; i++) {
        g_auto(GStrv) words = g_strsplit(lines[i], " ", 2);
        for (int f = 0; f < N_FIGURES && g_strv_length(words) == 2; f++) {
            if (strcmp(words[0], figures[f].name) == 0) {
                double value = g_ascii_strtod(words[1], NULL);
                s->samples[subject][kind][f][round] = value;
                n_found += value > 0; /* ratios need it */
            }
        }
    }
    return n_found == N_FIGURES;
}

static bool run_one(session *s, int subject, int kind, unsigned round, GError **error)
{
    g_autofree char *n = g_strdup_printf("%u", s->n_objects);
    const char *argv[] = {"timeout", TIME_LIMIT_S,     s->host, "-I", "-S",
                          s->script, kinds[kind].name, n,       NULL};
    const char *environment[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "PYTHONHASHSEED=0", NULL};
    g_autoptr(GSubprocessLauncher) launcher =
        g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_set_environ(launcher, (char **)(uintptr_t)environment);
    g_subprocess_launcher_setenv(launcher, "OBJLAB_PYTHON_ALLOCATOR", allocators[subject], TRUE);
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawnv(launcher, argv, error);
    g_autofree char *out = NULL;
    if (process == NULL || !g_subprocess_communicate_utf8(process, NULL, NULL, &out, NULL, error) ||
        !g_subprocess_wait_check(process, NULL, error))
        return false;
    if (read_figures(s, out, subject, kind, round))
        return true;
    g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "%s %s: a figure is missing or 0",
                s->script, kinds[kind].name);
    return false;
}

static bool run_rounds(session *s, GError **error)
{
    for (unsigned round = 0; round < s->n_rounds; round++) {
        (void)fprintf(stderr, "round %u of %u\n", round + 1, s->n_rounds);
        for (int i = 0; i < N_KINDS * N_SUBJECTS; i++) {
            int step = round % 2 == 0 ? i : N_KINDS * N_SUBJECTS - 1 - i;
            if (!run_one(s, step % N_SUBJECTS, step / N_SUBJECTS, round, error))
                return false;
        }
    }
    return true;
}

/* ---- results ---- */

typedef struct result {
    stats_interval value[N_SUBJECTS];
    stats_interval ratio, control; /* pool over pymalloc, pymalloc over itself: paired by rounds */
} result;

static result evaluate(const session *s, int kind, int figure)
{
    result r;
    size_t n = s->n_rounds;
    double *const *samples[N_SUBJECTS];
    for (int i = 0; i < N_SUBJECTS; i++) {
        samples[i] = s->samples[i][kind];
        r.value[i] = stats_bootstrap_median(samples[i][figure], n, CONFIDENCE, SEED);
    }
    r.ratio = stats_bootstrap_paired_ratio(samples[POOL][figure], samples[PYMALLOC][figure], n,
                                           CONFIDENCE, SEED);
    r.control = stats_bootstrap_paired_ratio(samples[CONTROL][figure], samples[PYMALLOC][figure], n,
                                             CONFIDENCE, SEED);
    return r;
}

static void print_interval(const stats_interval *i, int digits)
{
    g_autofree char *range = g_strdup_printf("%.*f..%.*f", digits, i->low, digits, i->high);
    (void)printf("  %8.*f %-15s", digits, i->value, range);
}

static void print_table(const session *s)
{
    (void)printf("%u objects of 4 attributes, %u rounds; ns (bytes) an object; medians with 95 %% "
                 "intervals\n%-24s %-21s  %-24s  %-24s  %-24s  %s\n",
                 s->n_objects, s->n_rounds, "kind", "figure", "pymalloc", "pool", "pool/pymalloc",
                 "pymalloc/pymalloc (control)");
    for (int k = 0; k < N_KINDS; k++) {
        for (int f = 0; f < N_FIGURES; f++) {
            result r = evaluate(s, k, f);
            (void)printf("%-24s %-21s", kinds[k].text, figures[f].text);
            print_interval(&r.value[PYMALLOC], 1);
            print_interval(&r.value[POOL], 1);
            print_interval(&r.ratio, 3);
            print_interval(&r.control, 3);
            (void)putchar('\n');
        }
    }
}

static json_t *interval_to_json(const stats_interval *i)
{
    return json_pack("{s:f, s:f, s:f}", "median", i->value, "low", i->low, "high", i->high);
}

static json_t *to_json(const session *s)
{
    json_t *rows = json_array();
    for (int k = 0; k < N_KINDS; k++) {
        for (int f = 0; f < N_FIGURES; f++) {
            result r = evaluate(s, k, f);
            json_t *row =
                json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "kind", kinds[k].name, "figure",
                          figures[f].name, "pymalloc", interval_to_json(&r.value[PYMALLOC]), "pool",
                          interval_to_json(&r.value[POOL]), "ratio", interval_to_json(&r.ratio),
                          "control", interval_to_json(&r.control));
            if (json_array_append_new(rows, row) != 0)
                g_error("JSON: a figure is no number"); /* read_figures() and medians exclude it */
        }
    }
    return json_pack("{s:s, s:i, s:i, s:i, s:o}", "schema", "objlab/python-bench", "version", 1,
                     "objects", (int)s->n_objects, "rounds", (int)s->n_rounds, "figures", rows);
}

static bool write_json(const session *s, const char *path, GError **error)
{
    json_t *whole = to_json(s);
    char *text = json_dumps(whole, JSON_INDENT(2));
    json_decref(whole);
    bool written = g_file_set_contents(path, text, -1, error); /* complete, or not there */
    free(text);
    return written;
}

/* ---- the program ---- */

static bool read_number(const char *text, unsigned minimum, unsigned maximum, unsigned *ret_number)
{
    guint64 number = 0;
    if (!g_ascii_string_to_unsigned(text, 10, minimum, maximum, &number, NULL))
        return false;
    *ret_number = (unsigned)number;
    return true;
}

static void make_samples(session *s)
{
    for (int i = 0; i < N_SUBJECTS; i++)
        for (int k = 0; k < N_KINDS; k++)
            for (int f = 0; f < N_FIGURES; f++)
                s->samples[i][k][f] = g_new0(double, s->n_rounds);
}

static void free_samples(session *s)
{
    for (int i = 0; i < N_SUBJECTS; i++)
        for (int k = 0; k < N_KINDS; k++)
            for (int f = 0; f < N_FIGURES; f++)
                g_free(s->samples[i][k][f]);
}

int main(int argc, char **argv)
{
    session s = {.n_rounds = 11, .n_objects = 200000};
    if (argc < 4 || argc > 6 || (argc > 4 && !read_number(argv[4], 1, MAX_ROUNDS, &s.n_rounds)) ||
        (argc > 5 && !read_number(argv[5], MIN_OBJECTS, MAX_OBJECTS, &s.n_objects))) {
        (void)fputs("usage: python_bench HOST SCRIPT JSON [ROUNDS [OBJECTS]]\n", stderr);
        return 2;
    }
    s.host = argv[1];
    s.script = argv[2];
    (void)machine_pin(machine_quiet_cpu()); /* inherited; where it is refused, samples spread */
    make_samples(&s);
    g_autoptr(GError) error = NULL;
    bool done = run_rounds(&s, &error);
    if (done) {
        print_table(&s);
        done = write_json(&s, argv[3], &error);
    }
    free_samples(&s);
    if (!done)
        (void)fprintf(stderr, "python_bench: %s\n", error->message);
    return done ? 0 : 3;
}
