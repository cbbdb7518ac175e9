#include "harness/judge/rubric.h"

#include "harness/judge/ini.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *name;
    const char *title;
} parts[RUBRIC_N_PARTS] = {
    [RUBRIC_POOL] = {"pool", "Pool allocator"},
    [RUBRIC_LAYOUTS] = {"layouts", "Three layouts"},
    [RUBRIC_WEAKREFS] = {"weakrefs", "Weak references"},
    [RUBRIC_WORKLOAD] = {"workload", "Workload"},
    [RUBRIC_MEMORY] = {"memory", "Memory safety"},
    [RUBRIC_SPACE] = {"space", "Space"},
    [RUBRIC_SPEED] = {"speed", "Speed"},
    [RUBRIC_TESTS] = {"tests", "Tests"},
    [RUBRIC_FINDINGS] = {"findings", "Findings"},
    [RUBRIC_LINT] = {"lint", "Lint and format"},
};

/* A number of the rubric: where it stands, its range, what it is when the key is absent. */
typedef struct number_key {
    const char *group, *key;
    size_t offset;
    double low, high, otherwise;
    bool whole;
} number_key;

#define AT(member) offsetof(rubric, member)
static const number_key number_keys[] = {
    {"rubric", "pass_points", AT(pass_points), 0, 10000, 0, false},
    {"memory", "per_error", AT(memory_per_error), 0, 10000, 2, false},
    {"space", "full_ratio", AT(space_full_ratio), 1, 1000, 1.1, false},
    {"space", "zero_ratio", AT(space_zero_ratio), 1, 1000, 3, false},
    {"speed", "full_ratio", AT(speed_full_ratio), 1, 1000, 1.25, false},
    {"speed", "zero_ratio", AT(speed_zero_ratio), 1, 1000, 8, false},
    {"tests", "coverage_share", AT(tests_coverage_share), 0, 1, 0.3, false},
    {"tests", "full_coverage", AT(tests_full_coverage), 1, 100, 85, false},
    {"findings", "tolerance", AT(findings_tolerance), 0, 10, 0.1, false},
    {"lint", "per_finding", AT(lint_per_finding), 0, 10000, 0.25, false},
    {"limits", "cpu_s", AT(cpu_s), 0.1, 3600, 5, false},
    {"limits", "wall_s", AT(wall_s), 0.1, 3600, 10, false},
    {"limits", "memory_mib", AT(memory_mib), 16, 65536, 512, false},
    {"limits", "output_mib", AT(output_mib), 1, 4096, 32, false},
    {"limits", "slowdown", AT(slowdown), 1, 1000, 4, false},
    {"measure", "seeds", AT(n_seeds), 1, 100, 3, true},
    {"measure", "operations", AT(n_operations), 100, 1000000, 4000, true},
    {"measure", "objects", AT(n_objects), 100, 10000000, 2000, true},
};
#undef AT

const char *rubric_part_name(rubric_part part)
{
    return parts[part].name;
}

const char *rubric_part_title(rubric_part part)
{
    return parts[part].title;
}

void rubric_free(rubric *r)
{
    if (r == NULL)
        return;
    g_free(r->name);
    g_free(r->title);
    g_free(r);
}

double rubric_max_score(const rubric *r)
{
    double sum = 0;
    for (int i = 0; i < RUBRIC_N_PARTS; i++)
        sum += r->points[i];
    return sum;
}

static double *number_at(rubric *r, const number_key *key)
{
    return (double *)(void *)((char *)r + key->offset);
}

static int part_of(const char *group)
{
    for (int i = 0; i < RUBRIC_N_PARTS; i++) {
        if (strcmp(parts[i].name, group) == 0)
            return i;
    }
    return -1;
}

static bool group_is_known(const char *group)
{
    static const char *const others[] = {"rubric", "limits", "measure", NULL};
    return part_of(group) >= 0 || g_strv_contains(others, group);
}

static bool read_number(rubric *r, const ini *file, const ini_entry *entry, const number_key *key,
                        GError **error)
{
    double number = 0;
    if (!ini_number(file, entry, key->low, key->high, &number, error))
        return false;
    if (key->whole && number != floor(number)) {
        ini_complain(file, entry->line, error, "%s = %s: expected a whole number", entry->key,
                     entry->value);
        return false;
    }
    *number_at(r, key) = number;
    return true;
}

static bool read_entry(rubric *r, const ini *file, const ini_entry *entry, GError **error)
{
    int part = part_of(entry->group);
    if (!group_is_known(entry->group)) {
        ini_complain(file, entry->line, error,
                     "unknown group [%s]: expected rubric, limits, measure or a part (pool, "
                     "layouts, weakrefs, workload, memory, space, speed, tests, findings, lint)",
                     entry->group);
        return false;
    }
    if (entry->key == NULL)
        return true;
    if (part >= 0 && strcmp(entry->key, "points") == 0) {
        r->graded[part] = true;
        return ini_number(file, entry, 0, 10000, &r->points[part], error);
    }
    if (strcmp(entry->group, "rubric") == 0 && strcmp(entry->key, "title") == 0) {
        g_free(r->title);
        r->title = g_strdup(entry->value);
        return true;
    }
    GString *known = g_string_new(part >= 0 ? "points" : "");
    for (size_t i = 0; i < G_N_ELEMENTS(number_keys); i++) {
        const number_key *key = &number_keys[i];
        if (strcmp(key->group, entry->group) != 0)
            continue;
        if (strcmp(key->key, entry->key) == 0) {
            g_string_free(known, TRUE);
            return read_number(r, file, entry, key, error);
        }
        g_string_append_printf(known, "%s%s", known->len > 0 ? ", " : "", key->key);
    }
    ini_complain(file, entry->line, error, "unknown key '%s' in [%s]: expected %s", entry->key,
                 entry->group, known->str);
    g_string_free(known, TRUE);
    return false;
}

static bool ratios_are_ordered(const ini *file, const char *group, double full, double zero,
                               GError **error)
{
    if (full < zero)
        return true;
    const ini_entry *entry = ini_find(file, group, "zero_ratio");
    if (entry == NULL)
        entry = ini_find(file, group, "full_ratio");
    ini_complain(file, entry != NULL ? entry->line : 0, error,
                 "[%s]: zero_ratio (%g) must be greater than full_ratio (%g)", group, zero, full);
    return false;
}

static bool check_whole(const rubric *r, const ini *file, GError **error)
{
    if (ini_find(file, "rubric", NULL) == NULL) {
        ini_complain(file, 0, error, "no group [rubric]: is this a rubric?");
        return false;
    }
    bool any = false;
    for (int i = 0; i < RUBRIC_N_PARTS; i++) {
        const ini_entry *group = ini_find(file, parts[i].name, NULL);
        if (group != NULL && !r->graded[i]) {
            ini_complain(file, group->line, error, "[%s] has no points: expected points = NUMBER",
                         parts[i].name);
            return false;
        }
        any = any || r->points[i] > 0;
    }
    if (!any) {
        ini_complain(file, 0, error, "no part has points: expected at least one, such as [pool]");
        return false;
    }
    if (r->pass_points > rubric_max_score(r)) {
        const ini_entry *pass = ini_find(file, "rubric", "pass_points");
        ini_complain(file, pass->line, error,
                     "pass_points = %s is more than the %g points there are", pass->value,
                     rubric_max_score(r));
        return false;
    }
    return ratios_are_ordered(file, "space", r->space_full_ratio, r->space_zero_ratio, error) &&
           ratios_are_ordered(file, "speed", r->speed_full_ratio, r->speed_zero_ratio, error);
}

static rubric *from_ini(const ini *file, GError **error)
{
    g_autoptr(rubric) r = g_new0(rubric, 1);
    r->name = g_path_get_basename(file->name);
    r->title = g_strdup("");
    for (size_t i = 0; i < G_N_ELEMENTS(number_keys); i++)
        *number_at(r, &number_keys[i]) = number_keys[i].otherwise;
    for (guint i = 0; i < file->entries->len; i++) {
        if (!read_entry(r, file, g_ptr_array_index(file->entries, i), error))
            return NULL;
    }
    if (!check_whole(r, file, error))
        return NULL;
    return g_steal_pointer(&r);
}

rubric *rubric_parse(const char *text, size_t n_bytes, const char *name, GError **error)
{
    g_autoptr(ini) file = ini_parse(text, n_bytes, name, error);
    return file != NULL ? from_ini(file, error) : NULL;
}

rubric *rubric_read(const char *path, GError **error)
{
    g_autoptr(ini) file = ini_read(path, error);
    return file != NULL ? from_ini(file, error) : NULL;
}
