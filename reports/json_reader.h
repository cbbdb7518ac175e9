/*
 * json_reader.h -- walks a JSON tree strictly and names the place of what is wrong.
 *
 *     json_reader in;  json_reader_start(&in);
 *     json_reader_text(&in, object, "name", &name);       ... many steps ...
 *     json_reader_finish(&in, error)                       did every one succeed?
 *
 * The first error sticks: every later step does nothing and gives an empty value (0, false,
 * NULL), so that a walk needs no test after each step. An object may then be NULL too.
 *
 * Owns:    the path and the error; json_reader_finish() releases them.
 * Errors:  RECORD_ERROR_SCHEMA, "parts[2].feedback[0].line: expected an integer, found a string".
 * Threads: none.
 */
#ifndef REPORTS_JSON_READER_H
#define REPORTS_JSON_READER_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct json_reader {
    GString *path; /* "parts[2].feedback[0]" */
    GError *error; /* the first one, or NULL */
} json_reader;

/* Reads one element of an array into whatever the caller of json_reader_array() fills. */
typedef void json_reader_element(json_reader *in, const json_t *value, void *into);

void json_reader_start(json_reader *in);
/* True if nothing failed; else *error is set. */
bool json_reader_finish(json_reader *in, GError **error);

/* Records an error at the present path, unless there is one already. */
void json_reader_fail(json_reader *in, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* Steps into a member; json_reader_leave() with the returned length steps out. */
gsize json_reader_enter(json_reader *in, const char *key);
void json_reader_leave(json_reader *in, gsize length);

/* Fails unless the value is of that type; expected: "an object", for the message. */
bool json_reader_is_type(json_reader *in, const json_t *value, json_type type,
                         const char *expected);

/* True if the key is there and not null. */
bool json_reader_has(const json_t *object, const char *key);

/* A member that must be there and of that type. The old text is freed. */
void json_reader_text(json_reader *in, const json_t *object, const char *key, char **ret_text);
/* The same, but the key may be left out; the old text then stays. */
void json_reader_text_if_any(json_reader *in, const json_t *object, const char *key,
                             char **ret_text);
/* low <= 0 <= high: 0 is what comes after an error. */
int64_t json_reader_integer(json_reader *in, const json_t *object, const char *key, int64_t low,
                            int64_t high);
uint64_t json_reader_count(json_reader *in, const json_t *object, const char *key);
uint32_t json_reader_u32(json_reader *in, const json_t *object, const char *key);
double json_reader_real(json_reader *in, const json_t *object, const char *key);
bool json_reader_bool(json_reader *in, const json_t *object, const char *key);
const json_t *json_reader_object(json_reader *in, const json_t *object, const char *key);

/* Runs read over each element of an array of objects. */
void json_reader_array(json_reader *in, const json_t *object, const char *key,
                       json_reader_element *read, void *into);
void json_reader_array_if_any(json_reader *in, const json_t *object, const char *key,
                              json_reader_element *read, void *into);
/* Appends copies of the strings of an array. */
void json_reader_strings(json_reader *in, const json_t *object, const char *key,
                         GPtrArray *strings);

#endif
