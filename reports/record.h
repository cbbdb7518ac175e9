/*
 * record.h -- the result record: everything a grading found, in one value.
 *
 *   record
 *    |- submission, score, verdict
 *    |- parts[]         points, verdict and feedback of each part
 *    |- measurements[]  figures with intervals
 *    |- calls, heap     profiles: functions, lines, stacks; snapshots, peak tree
 *    |- findings[]      lint; tests[]: the student's tests; sources[]
 *    '- fingerprint     machine, tools, environment
 *
 * Owns:       everything it points to; record_free() releases the whole.
 * Invariants: record_is_valid(): verdicts in range, no score above its maximum, no NaN,
 *             points in 0..RECORD_MAX_POINTS, low <= median <= high, no count above INT64_MAX
 *             (JSON's integers), heap trees no deeper than RECORD_MAX_DEPTH.
 * Strings:    never NULL unless a field says so; always UTF-8: the constructors and
 *             record_set_text() replace invalid bytes by U+FFFD.
 * Threads:    none; a record is used by one thread at a time.
 * File:       result.json, schema "objlab/result", version 1; read strictly. What came later
 *             (record_line_cost) may be absent.
 */
#ifndef REPORTS_RECORD_H
#define REPORTS_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define RECORD_SCHEMA  "objlab/result"
#define RECORD_VERSION 1

/* Bounds of a file that is read: beyond them it is an error, not a long wait. */
#define RECORD_MAX_BYTES ((size_t)64 << 20)
#define RECORD_MAX_DEPTH 100 /* levels of a heap tree */

#define RECORD_MAX_POINTS 9999

/* What came of a part, or of a whole submission. The text is record_verdict_name(). */
typedef enum record_verdict {
    RECORD_RIGHT,         /* "right": full points earned */
    RECORD_PARTIAL,       /* "partial": some checks passed, or a cost above full marks */
    RECORD_WRONG,         /* "wrong" */
    RECORD_CRASHED,       /* "crashed" */
    RECORD_TIMED_OUT,     /* "timed out" */
    RECORD_OUT_OF_MEMORY, /* "out of memory" */
    RECORD_OUTPUT_LIMIT,  /* "output limit" */
    RECORD_MISSING,       /* "missing": the submission has no such part */
    RECORD_TAMPERING,     /* "tampering": zero, and a flag for staff */
    RECORD_REJECTED,      /* "rejected": does not build, or a static check refused it */
    RECORD_VOID,          /* "void": the measurement was thrown away */
    RECORD_HARNESS_FAULT, /* "harness fault": never costs a student anything */
    RECORD_GRADED,        /* "graded": of a whole submission only */
    RECORD_N_VERDICTS
} record_verdict;

/* A place in the student's code and what is the matter with it. */
typedef struct record_feedback {
    char *text;         /* one sentence, plain text, UTF-8 */
    char *file;         /* NULL: no place; else relative to the submission */
    uint32_t line;      /* 1-based; 0: the whole file */
    double points_lost; /* >= 0; 0 for a remark */
} record_feedback;

typedef struct record_part {
    char *name;  /* rubric key: "pool", "layouts", "weakrefs", ... */
    char *title; /* for people: "Pool allocator" */
    double score;
    double max_score;
    record_verdict verdict;
    GPtrArray *feedback; /* of record_feedback */
    GPtrArray *evidence; /* of char *: paths relative to the record */
} record_part;

/* One measured figure; low and high are a 95 % interval (equal to the median
 * for deterministic figures). */
typedef struct record_figure {
    char *name;    /* "create", "get", "bytes_per_object", ... */
    char *layout;  /* "dict", "slots", "weakref", or "" */
    char *subject; /* "submission", "solution", "objlab", "cpython", ... */
    char *unit;    /* "ns", "ticks", "Ir", "bytes", ... */
    double median, low, high;
    uint64_t n;     /* samples */
    char *ratio_to; /* NULL: no ratio */
    double ratio_median, ratio_low, ratio_high;
} record_figure;

/* One row of the call table, as pstats prints it; costs in instructions (Ir). */
typedef struct record_function {
    char *name;
    char *file;   /* "" if unknown */
    char *object; /* ELF object, "" if unknown */
    uint32_t line;
    uint64_t calls, primitive_calls;
    uint64_t self_ir, inclusive_ir;
} record_function;

/* What else a source line may cost, in the order of the file. */
typedef enum record_line_cost {
    RECORD_CACHE_MISSES,    /* first level, of data and instructions */
    RECORD_MEMORY_MISSES,   /* last level */
    RECORD_MISPREDICTIONS,  /* of branches */
    RECORD_ALLOCATED_BYTES, /* by the line and what it calls, over the whole run */
    RECORD_PEAK_BYTES,      /* of these, live at the peak */
    RECORD_LEAKED_BLOCKS,   /* allocated by the line and what it calls, never freed */
    RECORD_N_LINE_COSTS
} record_line_cost;

/* Cost of one source line of the submission. */
typedef struct record_line {
    char *file;
    uint32_t line;
    uint64_t self_ir;
    uint64_t inclusive_ir;              /* with what it calls */
    int64_t hits;                       /* executions by coverage; -1: unknown */
    int64_t costs[RECORD_N_LINE_COSTS]; /* -1: not measured */
} record_line;

/* One exact call stack, "main;workload;create", and its own cost. */
typedef struct record_stack {
    char *frames;
    uint64_t self_ir;
} record_stack;

typedef struct record_calls {
    char *command;
    uint64_t total_ir;
    uint64_t n_calls, n_primitive_calls;
    GPtrArray *functions; /* of record_function, by inclusive cost, falling */
    GPtrArray *lines;     /* of record_line */
    GPtrArray *stacks;    /* of record_stack */
} record_calls;

typedef struct record_snapshot {
    uint64_t time;
    uint64_t heap_bytes, extra_bytes, stack_bytes;
} record_snapshot;

/* A node of the heap tree at the peak. */
typedef struct record_heap_node {
    char *label; /* "hw_object_new (layouts.c:91)" */
    uint64_t bytes;
    GPtrArray *children; /* of record_heap_node */
} record_heap_node;

typedef struct record_heap {
    char *title;                 /* "dict", "slots", "weakref", or "workload" */
    char *time_unit;             /* "i", "ms" or "B" */
    GArray *snapshots;           /* of record_snapshot */
    uint32_t peak;               /* index into snapshots */
    record_heap_node *peak_tree; /* NULL: none */
} record_heap;

/* One linter finding. */
typedef struct record_finding {
    char *tool; /* "clang-tidy", "clang-format", "cppcheck", "compiler", "suppression" */
    char *rule;
    char *text;
    char *file;
    uint32_t line, column;
    bool suppressed; /* the student silenced it; it counts all the same */
} record_finding;

/* One of the student's tests, or one seeded bug they were run against. */
typedef struct record_test {
    char *kind; /* "test": one of the student's tests; "mutant": a seeded bug */
    char *name;
    bool passed;  /* test: holds on every correct implementation; mutant: exposed */
    char *detail; /* for a mutant: what the bug is */
    char *file;
    uint32_t line;
} record_test;

typedef struct record_source {
    char *file;
    char *text; /* UTF-8; invalid bytes replaced */
} record_source;

/* Where the figures come from; figures of different fingerprints are not compared. */
typedef struct record_fingerprint {
    char *cpu, *kernel, *sandbox;
    GPtrArray *tools;       /* of char *: "valgrind 3.19.0" */
    GPtrArray *environment; /* of char *: "NAME=value" */
} record_fingerprint;

typedef struct record {
    char *submission_name;
    char *submission_sha256;
    GPtrArray *submission_parts; /* of char *: parts present */
    char *rubric;                /* name of the rubric file */
    char *created;               /* ISO 8601, UTC */
    char *note;                  /* "" or what must stand on top: a weaker sandbox, --quick */
    double score, max_score;
    record_verdict verdict; /* GRADED, TAMPERING, REJECTED or HARNESS_FAULT */
    GPtrArray *parts;       /* of record_part */
    GPtrArray *figures;     /* of record_figure */
    record_calls *calls;    /* NULL: not measured */
    GPtrArray *heaps;       /* of record_heap */
    GPtrArray *findings;    /* of record_finding */
    GPtrArray *tests;       /* of record_test */
    GPtrArray *sources;     /* of record_source */
    record_fingerprint fingerprint;
} record;

typedef enum record_error {
    RECORD_ERROR_READ,   /* the file cannot be opened or written */
    RECORD_ERROR_SYNTAX, /* not JSON; message has line and column */
    RECORD_ERROR_SCHEMA  /* JSON, but not such a record; message has the path */
} record_error;

#define RECORD_ERROR record_error_quark()
GQuark record_error_quark(void);

/* An empty record: every array present and empty. Owner: the caller. */
record *record_new(void);
void record_free(record *r);

/* Puts a copy of text (NULL: "") in a field of a record and frees what was there. */
void record_set_text(char **field, const char *text);

/* Constructors that append to the record and return a borrowed pointer.
 * Strings are copied; NULL strings become "", except where a field may be NULL. */
record_part *record_add_part(record *r, const char *name, const char *title, double max_score);
record_feedback *record_part_say(record_part *part, double points_lost, const char *file,
                                 uint32_t line, const char *format, ...) G_GNUC_PRINTF(5, 6);
void record_part_add_evidence(record_part *part, const char *path);
/* low, high = median and n = 1, until the caller sets them. */
record_figure *record_add_figure(record *r, const char *name, const char *layout,
                                 const char *subject, const char *unit, double median);
record_finding *record_add_finding(record *r, const char *tool, const char *rule, const char *file,
                                   uint32_t line, const char *text);
record_test *record_add_test(record *r, const char *kind, const char *name, bool passed,
                             const char *detail);
void record_add_source(record *r, const char *file, const char *text, size_t n_bytes);
/* Owner: the caller, until it is put in a record. */
record_calls *record_calls_new(void);
void record_calls_free(record_calls *calls);
/* The counts are 0, hits and costs unknown, until the caller sets them. */
record_function *record_calls_add_function(record_calls *calls, const char *name, const char *file,
                                           const char *object);
record_line *record_calls_add_line(record_calls *calls, const char *file, uint32_t line);
void record_calls_add_stack(record_calls *calls, const char *frames, uint64_t self_ir);
record_heap *record_add_heap(record *r, const char *title, const char *time_unit);
void record_heap_add_snapshot(record_heap *heap, const record_snapshot *snapshot);
/* Owner: the caller, until it is put in a heap's peak_tree or another node's children. */
record_heap_node *record_heap_node_new(const char *label, uint64_t bytes);
void record_heap_node_free(record_heap_node *node);

/* The key of a cost in the file: "cache_misses". */
const char *record_line_cost_key(record_line_cost cost);

/* Text of a verdict, as in the file; from_name: false if there is none such. */
const char *record_verdict_name(record_verdict v);
bool record_verdict_from_name(const char *name, record_verdict *ret_verdict);

/* True if the invariants above hold; else *ret_why (owned by the caller) says which not. */
bool record_is_valid(const record *r, char **ret_why);

/* Reads a record strictly: duplicate keys, NaN, infinities, wrong types and
 * unknown versions are errors; unknown keys are ignored.
 * n_bytes of text need not be terminated. Owner of the result: the caller. */
record *record_parse(const char *text, size_t n_bytes, GError **error);
record *record_read(const char *path, GError **error);

/* The file's text, keys always in the same order, reals with 15 significant digits: what is
 * read back is written the same again. NULL if the record is not valid. Owner: the caller. */
char *record_to_json(const record *r);

/* Writes by temporary name, fsync and rename: the file is there whole or not at all.
 * A record that is not valid is RECORD_ERROR_SCHEMA and writes nothing. */
bool record_write(const record *r, const char *path, GError **error);

/* Writes any text so, for the other reports. */
bool record_write_file(const char *path, const char *text, size_t n_bytes, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(record, record_free)

#endif
