/*
 * show_profile.h -- one profile file as text or as JSON: shared by the commands that show some.
 */
#ifndef HARNESS_CLI_SHOW_PROFILE_H
#define HARNESS_CLI_SHOW_PROFILE_H

#include "harness/profile/exports.h"
#include "harness/profile/pstats.h"

#include <glib.h>
#include <jansson.h>

typedef struct show_options {
    gboolean json, strip_dirs, callers, callees;
    char *sort, *filter, *event, *export_name;
    char *function; /* whose machine code is shown, with is_machine_code; NULL: the hottest */
    gboolean is_machine_code, is_lines;
    int limit;
    pstats_sort sort_key;         /* of sort, by show_options_check() */
    exports_format export_format; /* of export_name */
} show_options;

/* limit 40, by cumulative cost. */
void show_options_init(show_options *o);
void show_options_clear(show_options *o);

/* Adds the options to a command's; their values go to *o. */
void show_options_add(GOptionContext *context, show_options *o);

/* CLI_OK, or an exit code after one line on stderr. command: for the message. */
int show_options_check(show_options *o, const char *command);

/* Reads the file, whatever its format: appends to text, or makes *ret_json with o->json
 * (owner: the caller). Warnings go to stderr. */
bool show_profile(const char *path, const show_options *o, GString *text, json_t **ret_json,
                  GError **error);

/* With o->export_name: writes the file's stacks to stdout in that form. */
bool show_export(const char *path, const show_options *o, GError **error);

/* One line each on stderr. warnings: of char *. */
void show_warnings(const GPtrArray *warnings);

/* Prints text that may hold anything. False if stdout is closed or full. */
bool show_print(const char *text);
bool show_print_json(const json_t *value);

#endif
