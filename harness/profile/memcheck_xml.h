/*
 * memcheck_xml.h -- reads what memcheck writes with --xml=yes: errors and leaks with their stacks.
 *
 * Owns:   every string and array; memcheck_free() releases the whole.
 * Errors: not such a file at all is an error; a file that was cut off or is damaged gives what
 *         it holds, a warning, and "complete" is false.
 * Source: valgrind's "XML output protocol 4".
 */
#ifndef HARNESS_PROFILE_MEMCHECK_XML_H
#define HARNESS_PROFILE_MEMCHECK_XML_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct memcheck_frame {
    uint64_t address;
    char *function; /* "" if unknown, as the others */
    char *file;     /* as the debug information has it, with its folder */
    char *object;
    uint32_t line; /* 0: unknown */
} memcheck_frame;

/* The first stack of an error says where it happened; others belong to a remark, as "Address
 * 0x4a is 0 bytes after a block of size 10 alloc'd". */
typedef struct memcheck_stack {
    char *title;       /* "" for the first */
    GPtrArray *frames; /* of memcheck_frame, innermost first */
} memcheck_stack;

typedef struct memcheck_error {
    char *kind; /* "InvalidRead", "Leak_DefinitelyLost", ... */
    char *text; /* "Invalid read of size 4" */
    uint64_t unique;
    uint64_t count; /* how often it happened; 1 if the file does not say */
    uint64_t leaked_bytes, leaked_blocks;
    GPtrArray *stacks; /* of memcheck_stack */
} memcheck_error;

typedef struct memcheck_report {
    GPtrArray *errors;   /* of memcheck_error, in the order of the file */
    char *signal;        /* "SIGSEGV" if one ended the program, else "" */
    bool complete;       /* the program and memcheck came to their end */
    GPtrArray *warnings; /* of char * */
} memcheck_report;

typedef enum memcheck_error_code {
    MEMCHECK_ERROR_FORMAT /* not memcheck's; message has line and column */
} memcheck_error_code;
#define MEMCHECK_ERROR memcheck_error_quark()
GQuark memcheck_error_quark(void);

/* As callgrind_parse() and callgrind_read(). */
memcheck_report *memcheck_parse(const char *text, size_t n_bytes, const char *name, GError **error);
memcheck_report *memcheck_read(const char *path, GError **error);
void memcheck_free(memcheck_report *report);

/* True for "Leak_..." kinds. */
bool memcheck_is_leak(const memcheck_error *e);

/* The innermost frame whose file ends with the path given ("pool.c": any folder), in the first
 * stack; NULL: none. So an error in libc is told at the line of the caller's code. */
const memcheck_frame *memcheck_frame_in(const memcheck_error *e, const char *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(memcheck_report, memcheck_free)

#endif
