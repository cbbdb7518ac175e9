/* objlab diff OLD NEW -- what changed between two profiles, two gradings, or two benchmark results
 * (files, or names that objlab bench --save kept); exit 1 if the cost grew too much, or the score
 * fell. */
#include "harness/cli/bench_compare.h"
#include "harness/cli/commands.h"
#include "harness/cli/result_compare.h"
#include "harness/cli/show_profile.h"
#include "harness/profile/flame.h"
#include "harness/profile/profile_diff.h"
#include "harness/profile/profile_format.h"

#include <math.h>
#include <string.h>

#define DEFAULT_THRESHOLD 1.0 /* of profiles; benchmark results have intervals instead */
#define NO_THRESHOLD      (-HUGE_VAL)
#define MAX_THRESHOLD     1e6
#define DEFAULT_LIMIT     40

typedef struct diff_options {
    gboolean json;
    double threshold;
    char *event, *export_name;
    gboolean lines;
    int limit;
} diff_options;

static profile_format format_of(const char *path, GError **error)
{
    g_autoptr(GMappedFile) file = g_mapped_file_new(path, FALSE, error);
    if (file == NULL)
        return PROFILE_UNKNOWN;
    profile_format format =
        profile_format_detect(g_mapped_file_get_contents(file), g_mapped_file_get_length(file));
    if (format != PROFILE_CALLGRIND && format != PROFILE_MASSIF && format != PROFILE_DHAT) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "%s:1:1: expected a callgrind, massif or DHAT file", path);
        return PROFILE_UNKNOWN;
    }
    return format;
}

static profile_diff *diff_calls(char **paths, const char *event, profile_diff_by by, GError **error)
{
    g_autoptr(callgrind_profile) old_profile = callgrind_read(paths[0], error);
    if (old_profile == NULL)
        return NULL;
    g_autoptr(callgrind_profile) new_profile = callgrind_read(paths[1], error);
    if (new_profile == NULL)
        return NULL;
    show_warnings(old_profile->warnings);
    show_warnings(new_profile->warnings);
    return profile_diff_callgrind(old_profile, new_profile, event, by, error);
}

static profile_diff *diff_heaps(char **paths, profile_diff_by by, GError **error)
{
    g_autoptr(massif_profile) old_profile = massif_read(paths[0], error);
    if (old_profile == NULL)
        return NULL;
    g_autoptr(massif_profile) new_profile = massif_read(paths[1], error);
    if (new_profile == NULL)
        return NULL;
    show_warnings(old_profile->warnings);
    show_warnings(new_profile->warnings);
    return profile_diff_massif(old_profile, new_profile, by);
}

static profile_diff *diff_places(char **paths, const char *measure, profile_diff_by by,
                                 GError **error)
{
    g_autoptr(dhat_profile) old_profile = dhat_read(paths[0], error);
    if (old_profile == NULL)
        return NULL;
    g_autoptr(dhat_profile) new_profile = dhat_read(paths[1], error);
    if (new_profile == NULL)
        return NULL;
    show_warnings(old_profile->warnings);
    show_warnings(new_profile->warnings);
    return profile_diff_dhat(old_profile, new_profile, measure, by, error);
}

static profile_diff *diff_files(char **paths, const char *event, profile_diff_by by, GError **error)
{
    profile_format old_format = format_of(paths[0], error);
    if (old_format == PROFILE_UNKNOWN)
        return NULL;
    profile_format new_format = format_of(paths[1], error);
    if (new_format == PROFILE_UNKNOWN)
        return NULL;
    if (old_format != new_format) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s is of %s, %s is of %s", paths[0],
                    profile_format_name(old_format), paths[1], profile_format_name(new_format));
        return NULL;
    }
    if (old_format == PROFILE_CALLGRIND)
        return diff_calls(paths, event, by, error);
    return old_format == PROFILE_MASSIF ? diff_heaps(paths, by, error)
                                        : diff_places(paths, event, by, error);
}

static bool shape_from_name(const char *name, flame_shape *ret_shape)
{
    static const char *const names[] = {"flame", "icicle", "reversed"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            *ret_shape = (flame_shape)i;
            return true;
        }
    }
    return false;
}

/* The stacks of a profile by an event; NULL: its first. */
static GPtrArray *stacks_of(const char *path, const char *event, char **ret_title, char **ret_unit,
                            GError **error)
{
    g_autoptr(callgrind_profile) profile = callgrind_read(path, error);
    if (profile == NULL)
        return NULL;
    int index = event == NULL ? 0 : callgrind_event(profile, event);
    if (index < 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s has no event %s", path, event);
        return NULL;
    }
    *ret_title = g_strdup(profile->command);
    *ret_unit = g_strdup(profile->events[index]);
    return stacks_from_callgrind(profile, (size_t)index);
}

static int draw(char **paths, const diff_options *o)
{
    flame_shape shape;
    g_autofree char *old_title = NULL, *old_unit = NULL, *title = NULL, *unit = NULL;
    g_autoptr(GError) error = NULL;
    if (!shape_from_name(o->export_name, &shape))
        return cli_fail(CLI_USAGE, "diff: --export=%s: expected flame, icicle or reversed",
                        o->export_name);
    g_autoptr(GPtrArray) before = stacks_of(paths[0], o->event, &old_title, &old_unit, &error);
    g_autoptr(GPtrArray) after =
        before == NULL ? NULL : stacks_of(paths[1], o->event, &title, &unit, &error);
    if (after == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    if (strcmp(old_unit, unit) != 0)
        return cli_fail(CLI_USAGE, "diff: %s counts %s, %s counts %s", paths[0], old_unit, paths[1],
                        unit);
    g_autofree char *text = flame_svg(after, before, shape, title, unit);
    return show_print(text) ? CLI_OK : cli_fail(CLI_HARNESS, "cannot write the output");
}

static int diff_checked(int argc, char **argv, const diff_options *o)
{
    g_autoptr(GError) error = NULL;
    bool has_threshold = o->threshold != NO_THRESHOLD;
    if (argc != 3)
        return cli_fail(CLI_USAGE, "diff: expected two files, OLD and NEW");
    if (has_threshold && !(o->threshold >= 0 && o->threshold <= MAX_THRESHOLD))
        return cli_fail(CLI_USAGE, "diff: --threshold=%g: expected a percentage of 0 to %g",
                        o->threshold, MAX_THRESHOLD);
    if (bench_compare_takes(argv[1]) || bench_compare_takes(argv[2]))
        return bench_compare_run(argv[1], argv[2], NULL, MAX(o->threshold, 0), o->json);
    if (result_compare_takes(argv[1]) && result_compare_takes(argv[2]))
        return result_compare_run(argv[1], argv[2], o->json);
    if (o->limit < 0)
        return cli_fail(CLI_USAGE, "diff: --limit=%d is below 0", o->limit);
    if (o->export_name != NULL)
        return draw(argv + 1, o);
    profile_diff_by by = o->lines ? PROFILE_DIFF_LINES : PROFILE_DIFF_FUNCTIONS;
    g_autoptr(profile_diff) diff = diff_files(argv + 1, o->event, by, &error);
    if (diff == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    bool is_written;
    if (o->json) {
        json_t *value = profile_diff_json(diff);
        is_written = show_print_json(value);
        json_decref(value);
    } else {
        g_autofree char *text = profile_diff_print(diff, (size_t)o->limit);
        is_written = show_print(text);
    }
    if (!is_written)
        return cli_fail(CLI_HARNESS, "cannot write the output");
    double growth = profile_diff_growth(diff);
    double threshold = has_threshold ? o->threshold : DEFAULT_THRESHOLD;
    if (growth > threshold)
        return cli_fail(CLI_SHORT, "%s grew by %.2f %%, more than %.2f %%", diff->unit, growth,
                        threshold);
    return CLI_OK;
}

int cmd_diff(int argc, char **argv)
{
    diff_options o = {.threshold = NO_THRESHOLD, .limit = DEFAULT_LIMIT};
    const GOptionEntry entries[] = {
        {"json", 0, 0, G_OPTION_ARG_NONE, &o.json, "print JSON", NULL},
        {"threshold", 0, 0, G_OPTION_ARG_DOUBLE, &o.threshold,
         "growth that is tolerated: of a profile's total (default 1), or of a benchmark's figure "
         "that regressed (default 0)",
         "PERCENT"},
        {"event", 0, 0, G_OPTION_ARG_STRING, &o.event,
         "callgrind: compare this event (default: the first); DHAT: bytes, blocks, peak or end",
         "NAME"},
        {"lines", 0, 0, G_OPTION_ARG_NONE, &o.lines,
         "by line of source, wherever it has moved, not by function", NULL},
        {"export", 0, 0, G_OPTION_ARG_STRING, &o.export_name,
         "callgrind: the new call stacks drawn (SVG to stdout), coloured by what changed: flame, "
         "icicle or reversed",
         "FORM"},
        {"limit", 0, 0, G_OPTION_ARG_INT, &o.limit, "rows to show, 0 for all (default 40)", "N"},
        G_OPTION_ENTRY_NULL};
    GOptionContext *context =
        g_option_context_new("OLD NEW - compare two profiles, gradings or benchmark results");
    g_option_context_add_main_entries(context, entries, NULL);
    g_autoptr(GError) error = NULL;
    int code = g_option_context_parse(context, &argc, &argv, &error)
                   ? diff_checked(argc, argv, &o)
                   : cli_fail_error(CLI_USAGE, &error);
    g_option_context_free(context);
    g_free(o.event);
    g_free(o.export_name);
    return code;
}
