/*
 * callgrind_reader.h -- the state of one pass over a callgrind file; private to callgrind*.c.
 *
 *   callgrind.c          the pass as a whole
 *   callgrind_header.c   "key: value" lines
 *   callgrind_body.c     "spec=name" lines and lines of costs, in every form
 *   callgrind_plain.c    the same in the most frequent form, fast
 */
#ifndef HARNESS_PROFILE_CALLGRIND_READER_H
#define HARNESS_PROFILE_CALLGRIND_READER_H

#include "harness/profile/callgrind_model.h"
#include "harness/profile/callgrind_names.h"
#include "harness/profile/scan.h"

#define CALLGRIND_MAX_EVENTS 128
#define CALLGRIND_PLAIN_CALL 256 /* bytes that a call in the plain form may have */

typedef enum callgrind_position {
    CALLGRIND_ADDRESS,
    CALLGRIND_BLOCK,
    CALLGRIND_LINE,
    CALLGRIND_N_POSITIONS
} callgrind_position;

/* What the next line of numbers is. */
typedef enum callgrind_next {
    CALLGRIND_NEXT_SELF,
    CALLGRIND_NEXT_CALL, /* the line after "calls=" */
    CALLGRIND_NEXT_JUMP  /* the line after "jump=", "jcnd=": positions only */
} callgrind_next;

typedef struct callgrind_reader {
    const char *text; /* the whole, for places in messages */
    size_t n_bytes;
    const char *name;
    const scan_piece *piece;
    callgrind_profile *profile;
    callgrind_model *model; /* NULL before the first "events:" */
    size_t n_damages;
    size_t first_damage; /* offset; n_bytes: none */

    callgrind_names objects, files, functions;
    GPtrArray *file_list;              /* of const char *, interned: what files have an index */
    GHashTable *file_index;            /* the same -> index + 1 */
    const char *object;                /* current */
    callgrind_file file, section_file; /* current; section_file: of the last "fl=" */
    callgrind_name *function;          /* current; NULL before the first "fn=" */
    callgrind_name plain_function;
    bool is_open;               /* the model has a section of it */
    uint32_t open_function;     /* its index */
    const char *callee_object;  /* NULL: not given for this call */
    callgrind_file callee_file; /* its name is NULL: likewise */
    callgrind_name *callee;
    callgrind_name plain_callee;
    callgrind_next next;
    uint64_t n_calls;      /* of the call whose cost comes next */
    callgrind_jump jump;   /* whose own place comes next */
    const char *jump_file; /* of its target; NULL: not given for this jump */
    GArray *jumps;         /* of callgrind_jump */

    GPtrArray *events;                     /* of const char *, interned: of all parts */
    size_t event_of[CALLGRIND_MAX_EVENTS]; /* column of this part -> index in events */
    size_t n_columns;
    bool is_in_order;   /* event_of[i] is i */
    bool is_plain;      /* positions and events are usual: see callgrind_plain.c */
    bool has_addresses; /* positions are an address and a line */
    bool must_restart;  /* a later part has events that earlier ones have not */
    callgrind_position kinds[CALLGRIND_N_POSITIONS];
    size_t n_kinds;
    uint64_t position[CALLGRIND_N_POSITIONS]; /* of the last line of self cost */

    uint64_t part_self[CALLGRIND_MAX_EVENTS]; /* since the last "totals:" */
    uint64_t summary[CALLGRIND_MAX_EVENTS];   /* of all parts */
    bool has_summary;
    bool has_unchecked; /* sections were read since the last "totals:" */
} callgrind_reader;

/* Notes damage at p, or of the whole file if p is NULL: the profile is not complete. */
void callgrind_reader_damage(callgrind_reader *r, const char *p, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* The same for what is odd and costs nothing. */
void callgrind_reader_warn(callgrind_reader *r, const char *p, const char *format, ...)
    G_GNUC_PRINTF(3, 4);

/* Reads a "key: value" line [p, end). False if it is none. */
bool callgrind_header_line(callgrind_reader *r, const char *p, const char *end);

/* Finds the events of all parts, after must_restart. */
void callgrind_header_collect_events(callgrind_reader *r);

/* To be called when events or positions have changed. */
void callgrind_header_set_plain(callgrind_reader *r);

/* Reads the lines of a piece. */
void callgrind_body_read(callgrind_reader *r, const scan_piece *piece);

/* The function of that name there. */
static inline uint32_t callgrind_body_resolve(callgrind_reader *r, callgrind_name *name,
                                              const char *object, callgrind_file file)
{
    if (name->index != CALLGRIND_NONE && name->object == object && name->file == file.index)
        return name->index;
    name->index = callgrind_model_function(r->model, object, file, name->name);
    name->object = object;
    name->file = file.index;
    return name->index;
}

/* The file of that name. */
callgrind_file callgrind_reader_file(callgrind_reader *r, callgrind_name *name);

/* Reads lines of a section that is open and plain from p on, until one is not of the frequent
 * forms. Returns the place of that one: nothing of it was read. */
const char *callgrind_plain_read(callgrind_reader *r, const char *p);

/* Adds the numbers at p to costs[], that of the column first to begin with, up to the end of the
 * line. Returns the place behind it. */
const char *callgrind_body_read_costs(callgrind_reader *r, const char *p, uint64_t *costs,
                                      size_t first);

/* Ends the open section, if there is one. */
void callgrind_body_close_section(callgrind_reader *r);

#endif
