#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_run.h"

#include <stdlib.h>
#include <string.h>

/* A switch of the kernel that keeps ordinary users from making namespaces. */
typedef struct kernel_switch {
    const char *path;
    const char *refusing; /* its value when it refuses */
    const char *remedy;
} kernel_switch;

static const kernel_switch switches[] = {
    {"/proc/sys/kernel/unprivileged_userns_clone", "0",
     "unprivileged user namespaces are off: sysctl kernel.unprivileged_userns_clone=1"},
    {"/proc/sys/user/max_user_namespaces", "0",
     "user namespaces are limited to none: sysctl user.max_user_namespaces=10000"},
    {"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
     "AppArmor restricts user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, "
     "or "
     "a profile for /usr/bin/bwrap that allows userns"},
};

static bool is_refusing(const kernel_switch *s)
{
    g_autofree char *value = NULL;
    if (!g_file_get_contents(s->path, &value, NULL, NULL))
        return false;
    return strcmp(g_strstrip(value), s->refusing) == 0;
}

/* What can be done about a kernel that refuses; where no switch explains it, a container does. */
static char *remedy(void)
{
    for (size_t i = 0; i < G_N_ELEMENTS(switches); i++) {
        if (is_refusing(&switches[i]))
            return g_strdup(switches[i].remedy);
    }
    return g_strdup("inside a container, allow it namespaces (docker run --privileged, or "
                    "--security-opt seccomp=unconfined --security-opt systempaths=unconfined)");
}

bool sandbox_probe(sandbox_tier tier, GError **error)
{
    static const char *const argv[] = {"/usr/bin/true", NULL};
    const sandbox_job job = {.argv = argv, .limits = {.wall_s = 20}, .cpu = -1};
    sandbox_result result;
    GError *why = NULL;
    bool fine = sandbox_run_in(&job, tier, &result, &why);
    if (fine && result.outcome == SANDBOX_EXITED && result.exit_status == EXIT_SUCCESS)
        return true;
    if (fine) {
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED,
                    "/usr/bin/true does not run in the sandbox: %s %s",
                    sandbox_outcome_name(result.outcome), result.detail);
        return false;
    }
    if (tier == SANDBOX_FULL && g_error_matches(why, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED)) {
        g_autofree char *todo = remedy();
        g_set_error(error, SANDBOX_ERROR, SANDBOX_ERROR_REFUSED,
                    "%s. Remedy: %s; or accept weaker protection with --sandbox=limits",
                    why->message, todo);
        g_error_free(why);
        return false;
    }
    g_propagate_error(error, why);
    return false;
}
