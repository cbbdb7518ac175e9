#include "reports/tests/sample_record.h"

#include <math.h>
#include <string.h>

static const char *const layouts[] = {"dict", "slots", "weakref"};
enum { N_LAYOUTS = 3 };

static void add_pool(record *r)
{
    record_part *p = record_add_part(r, "pool", "Pool allocator", 15);
    p->score = 12;
    p->verdict = RECORD_PARTIAL;
    record_part_say(p, 3, "pool.c", 55,
                    "Empty arenas are never given back: 14 of 14 arenas still mapped after "
                    "everything was freed (expected at most 1).");
    record_part_say(p, 0, "pool.c", 48, "The count n_used is not raised for a carved block.");
    record_part_add_evidence(p, "evidence/pool.answers");
    record_part_add_evidence(p, "evidence/pool.tape");
}

static void add_layouts(record *r)
{
    record_part *p = record_add_part(r, "layouts", "Three layouts", 15);
    p->score = 15;
    p->verdict = RECORD_RIGHT;
    record_part_add_evidence(p, "evidence/layouts.answers");
    p = record_add_part(r, "weakrefs", "Weak references", 10);
    p->score = 5;
    p->verdict = RECORD_WRONG;
    record_part_say(p, 5, "layouts.c", 41,
                    "A callback was not called when its referent died (tape position 118: expected "
                    "1 callback, saw 0).");
}

static void add_costs(record *r)
{
    record_part *p = record_add_part(r, "memory_safety", "Memory safety", 10);
    p->score = 10;
    p->verdict = RECORD_RIGHT;
    p = record_add_part(r, "space", "Space", 10);
    p->score = 7.5;
    p->verdict = RECORD_PARTIAL;
    record_part_say(p, 2.5, "layouts.c", 9,
                    "A slots object takes 64.0 bytes, 1.29 times the solution's 49.5: the list of "
                    "weak references is in every object, not only in the layout that has them.");
    p = record_add_part(r, "speed", "Speed", 15);
    p->score = 6.25;
    p->verdict = RECORD_PARTIAL;
    record_part_say(p, 5.75, "pool.c", 45,
                    "hw_pool_alloc takes 118 instructions, 6.9 times the solution's: it walks the "
                    "whole free list at every call.");
    record_part_say(p, 3, "layouts.c", 15,
                    "Reading an attribute compares strings one by one: 74 instructions, 2.4 times "
                    "the solution's.");
    record_part_add_evidence(p, "evidence/workload.callgrind");
}

static void add_rest(record *r)
{
    record_part *p = record_add_part(r, "tests", "Your tests", 15);
    p->score = 4.5;
    p->verdict = RECORD_PARTIAL;
    record_part_say(p, 9, "tests.c", 0, "2 of 6 seeded bugs exposed.");
    record_part_say(p, 1.5, "tests.c", 14, "Your tests run %d %% of layouts.c; %d %% are wanted.",
                    48, 80);
    p = record_add_part(r, "findings", "What the profiles showed", 5);
    p->score = 0;
    p->verdict = RECORD_MISSING;
    record_part_say(p, 5, NULL, 0, "There is no findings.ini: start from the starter's.");
    p = record_add_part(r, "lint", "Lint and format", 5);
    p->score = 4;
    p->verdict = RECORD_PARTIAL;
    record_part_say(p, 1, "layouts.c", 15, "A lint finding was silenced with NOLINT; it counts.");
}

typedef struct sample_figure {
    const char *name, *unit;
    double mine[N_LAYOUTS], solution[N_LAYOUTS];
    double spread; /* half of the interval, as a share */
} sample_figure;

static const sample_figure figures[] = {
    {"create", "ns", {38.2, 31.4, 33.9}, {21.3, 19.2, 19.9}, 0.012},
    {"get", "ns", {6.9, 5.1, 5.2}, {1.9, 1.8, 1.8}, 0.02},
    {"set", "ns", {7.4, 5.6, 5.6}, {2.4, 2.2, 2.3}, 0.02},
    {"destroy_fifo", "ns", {9.8, 8.9, 10.4}, {7.9, 7.4, 7.7}, 0.015},
    {"destroy_random", "ns", {91, 84, 89}, {70, 66, 68}, 0.05},
    {"weakref", "ns", {0, 0, 52.1}, {0, 0, 41.7}, 0.02},
    {"create", "Ir", {201, 178, 184}, {64, 52, 55}, 0},
    {"get", "Ir", {88, 74, 74}, {31, 30, 30}, 0},
    {"set", "Ir", {95, 79, 79}, {36, 34, 34}, 0},
    {"destroy_fifo", "Ir", {36, 33, 41}, {33, 29, 31}, 0},
    {"bytes_per_object", "bytes", {96, 64, 64}, {65.5, 49.5, 65.5}, 0},
};

static void add_figure(record *r, const sample_figure *s, int layout)
{
    double mine = s->mine[layout];
    double solution = s->solution[layout];
    if (mine == 0)
        return;
    uint64_t n = s->spread != 0 ? 41 : 1;
    record_figure *f = record_add_figure(r, s->name, layouts[layout], "submission", s->unit, mine);
    f->low = mine * (1 - s->spread);
    f->high = mine * (1 + s->spread);
    f->n = n;
    f->ratio_to = g_strdup("solution");
    f->ratio_median = mine / solution;
    f->ratio_low = f->ratio_median * (1 - s->spread);
    f->ratio_high = f->ratio_median * (1 + s->spread);
    f = record_add_figure(r, s->name, layouts[layout], "solution", s->unit, solution);
    f->low = solution * (1 - s->spread);
    f->high = solution * (1 + s->spread);
    f->n = n;
}

static void add_functions(record_calls *calls)
{
    static const struct {
        const char *name, *file, *object;
        uint32_t line;
        uint64_t calls, primitive_calls, self_ir, inclusive_ir;
    } rows[] = {
        {"main", "main.c", "drive_workload", 12, 1, 1, 4120, 24612480},
        {"hw_workload_run", "workload.c", "drive_workload", 20, 3, 3, 2340120, 24608360},
        {"hw_pool_alloc", "pool.c", "drive_workload", 39, 61212, 61212, 7223016, 7899012},
        {"hw_object_get", "layouts.c", "drive_workload", 32, 160000, 160000, 1920000, 7520000},
        {"find", "layouts.c", "drive_workload", 13, 260000, 260000, 4940000, 9100000},
        {"strcmp", "strcmp.S", "libc.so.6", 0, 415000, 415000, 4160000, 4160000},
        {"hw_object_set", "layouts.c", "drive_workload", 0, 100000, 100000, 1300000, 4800000},
        {"hw_object_new", "layouts.c", "drive_workload", 20, 60000, 60000, 1140000, 8910000},
        {"memset", "memset.S", "libc.so.6", 0, 60000, 60000, 660000, 660000},
        {"carve", "pool.c", "drive_workload", 22, 60004, 60004, 675996, 681004},
        {"hw_object_destroy", "layouts.c", "drive_workload", 39, 60000, 60000, 420000, 1360000},
        {"hw_pool_free", "pool.c", "drive_workload", 54, 61200, 61200, 918000, 940000},
        {"permute", "workload.c", "drive_workload", 61, 9982, 8005, 312228, 312228},
        {"hw_arena_map", "hw_arena.c", "drive_workload", 8, 14, 14, 560, 5012},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(rows); i++) {
        record_function *f =
            record_calls_add_function(calls, rows[i].name, rows[i].file, rows[i].object);
        f->line = rows[i].line;
        f->calls = rows[i].calls;
        f->primitive_calls = rows[i].primitive_calls;
        f->self_ir = rows[i].self_ir;
        f->inclusive_ir = rows[i].inclusive_ir;
    }
}

static void add_stacks(record_calls *calls)
{
    static const struct {
        const char *frames;
        uint64_t self_ir;
    } stacks[] = {
        {"main", 4120},
        {"main;hw_workload_run", 2340120},
        {"main;hw_workload_run;hw_object_new", 1140000},
        {"main;hw_workload_run;hw_object_new;hw_pool_alloc", 7223016},
        {"main;hw_workload_run;hw_object_new;hw_pool_alloc;carve", 675996},
        {"main;hw_workload_run;hw_object_new;hw_pool_alloc;carve;hw_arena_map", 560},
        {"main;hw_workload_run;hw_object_new;memset", 660000},
        {"main;hw_workload_run;hw_object_get", 1920000},
        {"main;hw_workload_run;hw_object_get;find", 3040000},
        {"main;hw_workload_run;hw_object_get;find;strcmp", 2560000},
        {"main;hw_workload_run;hw_object_set", 1300000},
        {"main;hw_workload_run;hw_object_set;find", 1900000},
        {"main;hw_workload_run;hw_object_set;find;strcmp", 1600000},
        {"main;hw_workload_run;hw_object_destroy", 420000},
        {"main;hw_workload_run;hw_object_destroy;hw_pool_free", 918000},
        {"main;hw_workload_run;permute", 312228},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(stacks); i++)
        record_calls_add_stack(calls, stacks[i].frames, stacks[i].self_ir);
}

static void add_calls(record *r)
{
    static const struct {
        const char *file;
        uint32_t line;
        uint64_t self_ir, inclusive_ir;
        int64_t hits, costs[RECORD_N_LINE_COSTS];
    } lines[] = {
        {"pool.c", 44, 3672720, 3672720, 61212, {40211, 1204, 6120, 0, 0, 0}},
        {"pool.c", 45, 1836360, 1836360, 61212, {18, 0, 9981, 0, 0, 0}},
        {"pool.c", 43, 489696, 489696, 61212, {4, 0, 0, 0, 0, 0}},
        {"pool.c", 50, 244848, 244848, 1208, {75, 61, 12, 7340032, 2097152, 3}},
        {"layouts.c", 14, 2600000, 2600000, 675000, {512, 2, 31050, 0, 0, 0}},
        {"layouts.c", 15, 2080000, 6240000, 415000, {61, 4, 0, 0, 0, 0}},
        {"layouts.c", 25, 240000, 900000, 60000, {7, 0, 3, 7340032, 2097152, 3}},
        {"layouts.c", 37, 640000, 640000, 160000, {9120, 87, 2, 0, 0, 0}},
        {"layouts.c", 41, 0, 0, 0, {0, 0, 0, 0, 0, 0}},
    };
    record_calls *calls = r->calls = record_calls_new();
    record_set_text(&calls->command, "drive_workload --objects 20000");
    calls->total_ir = 26014040;
    calls->n_calls = 1247415;
    calls->n_primitive_calls = 1245438;
    add_functions(calls);
    add_stacks(calls);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        record_line *line = record_calls_add_line(calls, lines[i].file, lines[i].line);
        line->self_ir = lines[i].self_ir;
        line->inclusive_ir = lines[i].inclusive_ir;
        line->hits = lines[i].hits;
        memcpy(line->costs, lines[i].costs, sizeof line->costs);
    }
}

/* Mass creation, a plateau of use, then destruction in steps. */
static void add_heap(record *r, const char *title, uint64_t n_bytes_object)
{
    enum { N_SNAPSHOTS = 60, CREATED = 22, USED = 44, N_OBJECTS = 20000 };
    record_heap *heap = record_add_heap(r, title, "i");
    for (uint32_t i = 0; i < N_SNAPSHOTS; i++) {
        double share = 1;
        if (i < CREATED)
            share = (double)i / CREATED;
        else if (i > USED)
            share = 1 - (double)(i - USED) / (N_SNAPSHOTS - 1 - USED);
        uint64_t bytes = (uint64_t)(share * (double)(n_bytes_object * N_OBJECTS)) + 4096;
        record_snapshot s = {i * UINT64_C(142311), bytes, bytes / 100, 0};
        record_heap_add_snapshot(heap, &s);
    }
    heap->peak = CREATED;
    uint64_t total = n_bytes_object * N_OBJECTS + 4096;
    record_heap_node *root = record_heap_node_new("(heap allocation functions)", total);
    record_heap_node *alloc =
        record_heap_node_new("hw_pool_alloc (pool.c:50)", n_bytes_object * N_OBJECTS);
    record_heap_node *new_object =
        record_heap_node_new("hw_object_new (layouts.c:22)", n_bytes_object * N_OBJECTS);
    g_ptr_array_add(new_object->children, record_heap_node_new("hw_workload_run (workload.c:31)",
                                                               n_bytes_object * N_OBJECTS));
    g_ptr_array_add(alloc->children, new_object);
    g_ptr_array_add(root->children, alloc);
    g_ptr_array_add(root->children, record_heap_node_new("hw_pool_new (pool.c:12)", 4096));
    heap->peak_tree = root;
}

static void add_findings(record *r)
{
    record_finding *f =
        record_add_finding(r, "clang-tidy", "bugprone-narrowing-conversions", "pool.c", 25,
                           "narrowing conversion from size_t to long");
    f->column = 51;
    f = record_add_finding(r, "suppression", "NOLINT", "layouts.c", 15,
                           "a finding is silenced here; it counts all the same");
    f->column = 53;
    f->suppressed = true;
    f = record_add_finding(r, "cppcheck", "constParameter", "layouts.c", 31,
                           "Parameter 'o' can be declared as pointer to const");
    f->column = 36;
}

static void add_tests(record *r)
{
    static const char *const mutants[][2] = {
        {"overlap", "two size classes share a block"},
        {"no_callback", "a weak reference's callback is never called"},
        {"stale_weakref", "a dead weak reference still gives its referent"},
        {"off_by_one", "the last block of a pool reaches into the next pool"},
        {"lost_attribute", "deleting one attribute deletes the next one too"},
        {"slow_free", "freeing walks the whole free list"},
    };
    record_test *t = record_add_test(r, "test", "blocks_do_not_overlap", true, "");
    record_set_text(&t->file, "tests.c");
    t->line = 3;
    t = record_add_test(r, "test", "new_objects_are_zero", true, "");
    record_set_text(&t->file, "tests.c");
    t->line = 12;
    for (size_t i = 0; i < G_N_ELEMENTS(mutants); i++)
        record_add_test(r, "mutant", mutants[i][0], i == 0 || i == 3, mutants[i][1]);
}

static void add_sources(record *r, const char *data_dir)
{
    static const char *const files[] = {"pool.c", "layouts.c", "tests.c"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_strdup_printf("%s/%s.txt", data_dir, files[i]);
        g_autofree char *text = NULL;
        gsize n_bytes = 0;
        if (g_file_get_contents(path, &text, &n_bytes, NULL))
            record_add_source(r, files[i], text, n_bytes);
    }
}

static void add_fingerprint(record_fingerprint *f)
{
    static const char *const tools[] = {"gcc 12.2.0", "valgrind 3.19.0", "clang-tidy 14.0.6",
                                        "cppcheck 2.10", "lcov 1.16"};
    record_set_text(&f->cpu, "Intel Xeon Processor (Skylake), 2 cores");
    record_set_text(&f->kernel, "Linux 6.1.0 x86_64");
    record_set_text(&f->sandbox, "bubblewrap namespaces, seccomp");
    for (size_t i = 0; i < G_N_ELEMENTS(tools); i++)
        g_ptr_array_add(f->tools, g_strdup(tools[i]));
    g_ptr_array_add(f->environment, g_strdup("LC_ALL=C"));
    g_ptr_array_add(f->environment, g_strdup("GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2_Usable"));
}

record *sample_record_new(const char *data_dir)
{
    static const char *const parts[] = {"pool", "layouts", "workload", "tests"};
    record *r = record_new();
    record_set_text(&r->submission_name, "petrov");
    record_set_text(&r->submission_sha256,
                    "9f2c1d5b7a6e4f30818c2d9be07a1f6534cde8907b6a5f4e3d2c1b0a99887766");
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        g_ptr_array_add(r->submission_parts, g_strdup(parts[i]));
    record_set_text(&r->rubric, "default.ini");
    record_set_text(&r->created, "2025-03-14T10:21:07Z");
    record_set_text(&r->note, "Quick grading: fewer objects and shorter tapes than a full one.");
    r->score = 64.25;
    r->max_score = 100;
    add_pool(r);
    add_layouts(r);
    add_costs(r);
    add_rest(r);
    for (size_t i = 0; i < G_N_ELEMENTS(figures); i++) {
        for (int layout = 0; layout < N_LAYOUTS; layout++)
            add_figure(r, &figures[i], layout);
    }
    add_calls(r);
    add_heap(r, "dict", 96);
    add_heap(r, "slots", 64);
    add_heap(r, "weakref", 112);
    add_findings(r);
    add_tests(r);
    add_sources(r, data_dir);
    add_fingerprint(&r->fingerprint);
    return r;
}

const char hostile_text[] =
    "</script></style></title><script>window.pwned=1</script><img src=x onerror=pwned=1 "
    "data-evil=1>\"' onmouseover=pwned=1 data-evil=2 ]]>\x1b[31mred\x1b]0;title\x07\x9b"
    "\xc2\x9b"
    "2J\r\b\x7f\xe2\x80\xae"
    "evil\xe2\x80\xa8line\xe2\x80\xa9&lt;&#60;\xff\xfe\xef\xbf\xbf{{7*7}}${7*7}%s%n";

static void add_hostile_profile(record *r)
{
    const char *x = hostile_text;
    record_calls *calls = r->calls = record_calls_new();
    record_set_text(&calls->command, x);
    calls->total_ir = 10;
    record_function *f = record_calls_add_function(calls, x, x, x);
    f->calls = f->primitive_calls = 1;
    f->line = 1;
    record_calls_add_line(calls, x, 1)->self_ir = 10;
    record_calls_add_stack(calls, x, 10);
    record_heap *heap = record_add_heap(r, x, x);
    record_snapshot s = {1, 2, 3, 4};
    record_heap_add_snapshot(heap, &s);
    heap->peak_tree = record_heap_node_new(x, 5);
    g_ptr_array_add(heap->peak_tree->children, record_heap_node_new(x, 4));
}

record *hostile_record_new(void)
{
    const char *x = hostile_text;
    record *r = record_new();
    record_set_text(&r->submission_name, x);
    record_set_text(&r->submission_sha256, x);
    record_set_text(&r->rubric, x);
    record_set_text(&r->created, x);
    record_set_text(&r->note, x);
    record_set_text(&r->fingerprint.cpu, x);
    record_set_text(&r->fingerprint.kernel, x);
    record_set_text(&r->fingerprint.sandbox, x);
    g_ptr_array_add(r->fingerprint.tools, g_strdup("\"><script>pwned=1</script>"));
    g_ptr_array_add(r->fingerprint.environment, g_strdup("A=</dd><script>pwned=1</script>"));
    r->max_score = 1;
    record_part *part = record_add_part(r, x, x, 1);
    part->verdict = RECORD_WRONG;
    record_part_say(part, 1, x, 1, "%s", x);
    record_part_say(part, 0, "javascript:pwned=1", 2, "%s", x);
    record_part_add_evidence(part, x);
    record_part_add_evidence(part, "javascript:pwned=1");
    record_part_add_evidence(part, "../../../etc/passwd");
    record_figure *figure = record_add_figure(r, x, x, x, x, 1);
    record_set_text(&figure->ratio_to, x);
    figure->ratio_low = figure->ratio_median = figure->ratio_high = 1;
    record_add_finding(r, x, x, x, 1, x);
    record_add_test(r, "test", x, false, x);
    record_add_test(r, "mutant", x, true, x);
    record_add_source(r, x, x, strlen(x));
    add_hostile_profile(r);
    return r;
}
