#include "harness/judge/measured.h"

#include "harness/judge/submission.h"
#include "harness/profile/callgrind.h"
#include "harness/profile/massif.h"

#include <string.h>

#define MAX_PROFILE ((size_t)256 << 20)

void measured_free(measured *m)
{
    if (m == NULL)
        return;
    for (guint i = 0; i < m->functions->len; i++)
        g_free(g_array_index(m->functions, measured_function, i).name);
    g_array_unref(m->functions);
    cost_free(m->bytes);
    g_free(m);
}

/* "keys_cell.part.0'2" is keys_cell to whoever wrote it. */
static char *plain_name(const char *name)
{
    return g_strndup(name, strcspn(name, ".'@"));
}

static bool is_in_a_part(const char *path)
{
    const char *base = strrchr(path, '/');
    base = base != NULL ? base + 1 : path;
    for (int i = 0; i < SUBMISSION_FINDINGS; i++) {
        if (strcmp(base, submission_part_file((submission_part)i)) == 0)
            return true;
    }
    return false;
}

static void read_calls(measured *m, const callgrind_profile *profile)
{
    int ir = callgrind_event(profile, "Ir");
    for (size_t i = 0; ir >= 0 && i < profile->n_functions; i++) {
        const callgrind_function *f = &profile->functions[i];
        measured_function function = {plain_name(f->name), (double)f->self[ir],
                                      is_in_a_part(f->file)};
        g_array_append_val(m->functions, function);
        if (strcmp(f->name, "hw_object_get") == 0)
            m->calls_of_get = (double)f->calls;
    }
}

bool measured_is_hottest(const measured *m, const char *name, double tolerance)
{
    double most = 0;
    double most_own = 0;
    for (guint i = 0; i < m->functions->len; i++) {
        const measured_function *f = &g_array_index(m->functions, measured_function, i);
        most = MAX(most, f->self_ir);
        most_own = f->is_own ? MAX(most_own, f->self_ir) : most_own;
    }
    for (guint i = 0; i < m->functions->len; i++) {
        const measured_function *f = &g_array_index(m->functions, measured_function, i);
        if (strcmp(f->name, name) == 0 &&
            f->self_ir >= (f->is_own ? most_own : most) * (1 - tolerance))
            return true;
    }
    return false;
}

static GBytes *profile_of(const evidence *e, const char *job, const char *name)
{
    g_autofree char *file = g_build_filename(job, name, NULL);
    if (!evidence_job_succeeded(evidence_find_job(e, job)))
        return NULL;
    return evidence_file(e, file, MAX_PROFILE);
}

measured *measured_read(const evidence *e)
{
    measured *m = g_new0(measured, 1);
    m->functions = g_array_new(FALSE, FALSE, sizeof(measured_function));
    m->calls_of_get = -1;
    m->peak_heap_bytes = -1;
    m->bytes = cost_bytes(e);
    gsize n_bytes = 0;
    g_autoptr(GBytes) calls = profile_of(e, "valgrind/calls", "callgrind.out");
    const char *text = calls != NULL ? g_bytes_get_data(calls, &n_bytes) : NULL;
    g_autoptr(callgrind_profile) profile =
        text != NULL ? callgrind_parse(text, n_bytes, "callgrind.out", NULL) : NULL;
    if (profile != NULL)
        read_calls(m, profile);
    g_autoptr(GBytes) heap = profile_of(e, "valgrind/massif-dict", "massif.out");
    text = heap != NULL ? g_bytes_get_data(heap, &n_bytes) : NULL;
    g_autoptr(massif_profile) snapshots =
        text != NULL ? massif_parse(text, n_bytes, "massif.out", NULL) : NULL;
    if (snapshots != NULL && snapshots->n_snapshots > 0)
        m->peak_heap_bytes = (double)snapshots->snapshots[snapshots->peak].heap_bytes;
    return m;
}

double measured_bytes(const measured *m, const char *layout)
{
    for (guint i = 0; i < m->bytes->items->len; i++) {
        const cost_item *item = g_ptr_array_index(m->bytes->items, i);
        if (strcmp(item->layout, layout) == 0)
            return item->mine;
    }
    return -1;
}
