/* plan_drive.c -- operation tapes on each part of the submission: a fresh process a tape. */
#include "harness/judge/check.h"
#include "harness/judge/correctness.h"
#include "harness/judge/plan_steps.h"

#include <string.h>

/* A seed of its own for every tape: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, "Fast
 * Splittable Pseudorandom Number Generators", OOPSLA 2014). */
static uint64_t tape_seed(uint64_t seed, check_kind kind, unsigned n)
{
    uint64_t z = seed + ((uint64_t)kind * 1000 + n) * 0x9e3779b97f4a7c15U;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
}

bool plan_write_tape(session *s, check_kind kind, unsigned n, const char *relative, GError **error)
{
    g_autoptr(GBytes) tape =
        check_make_tape(kind, tape_seed(s->e->seed, kind, n), (size_t)s->r->n_operations);
    g_autofree char *path = evidence_path(s->e, relative);
    gsize n_bytes = 0;
    const char *bytes = g_bytes_get_data(tape, &n_bytes);
    return g_file_set_contents(path, bytes, (gssize)n_bytes, error) != FALSE;
}

static bool drive(session *s, GPtrArray *jobs, check_kind kind, unsigned n, GError **error)
{
    g_autofree char *name = correctness_job_name(kind, n);
    g_autofree char *tape = g_strconcat(name, ".tape", NULL);
    g_autofree char *answers = g_strconcat(name, ".txt", NULL);
    g_autofree char *program = g_strdup_printf("build/%s", check_driver(kind));
    if (!plan_write_tape(s, kind, n, tape, error))
        return false;
    jobs_item *j = session_job(s, name, session_run_limits(s));
    g_autofree char *folder = evidence_path(s->e, program);
    jobs_item_mount(j, folder, "/program", false);
    jobs_item_arguments(j, JOBS_ARGUMENTS("/program/program"));
    j->stdin_path = evidence_path(s->e, tape);
    j->answers_path = evidence_path(s->e, answers);
    g_ptr_array_add(jobs, j);
    return true;
}

bool plan_drive(session *s, GPtrArray *jobs, GError **error)
{
    if (!session_folder(s, "answers", error))
        return false;
    for (int kind = 0; kind <= (int)CHECK_WORKLOAD; kind++) {
        if (s->e->parts[correctness_part((check_kind)kind)].state != EVIDENCE_BUILT)
            continue;
        for (unsigned n = 1; n <= s->e->n_seeds; n++) {
            if (!drive(s, jobs, (check_kind)kind, n, error))
                return false;
        }
    }
    return true;
}
