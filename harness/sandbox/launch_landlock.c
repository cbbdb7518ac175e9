#include "harness/sandbox/launch_landlock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Rights and fields that came after version 1, linux/landlock.h of kernel 6.12. */
#define RIGHT_REFER     (UINT64_C(1) << 13) /* version 2 */
#define RIGHT_TRUNCATE  (UINT64_C(1) << 14) /* version 3 */
#define RIGHT_IOCTL_DEV (UINT64_C(1) << 15) /* version 5 */
#define SCOPE_ALL       UINT64_C(3)         /* version 6: abstract sockets, signals */

#define RIGHTS_VERSION_1 ((UINT64_C(1) << 13) - 1)
#define RIGHTS_READ                                                                                \
    ((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                        \
                LANDLOCK_ACCESS_FS_READ_DIR))
/* What can be granted on a file rather than a folder. */
#define RIGHTS_OF_FILES                                                                            \
    ((uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE |                        \
                LANDLOCK_ACCESS_FS_WRITE_FILE) |                                                   \
     RIGHT_TRUNCATE | RIGHT_IOCTL_DEV)

typedef struct ruleset {
    uint64_t fs, net, scoped;
} ruleset;

static const char *const system_readable[] = {"/usr",
                                              "/bin",
                                              "/sbin",
                                              "/lib",
                                              "/lib64",
                                              "/lib32",
                                              "/etc/ld.so.cache",
                                              "/etc/ld.so.conf",
                                              "/etc/ld.so.conf.d",
                                              "/etc/alternatives",
                                              "/etc/lcovrc",
                                              "/proc"};
static const char *const system_writable[] = {"/dev/null", "/dev/zero", "/dev/full", "/dev/random",
                                              "/dev/urandom"};

static uint64_t rights_of_version(long version)
{
    uint64_t rights = RIGHTS_VERSION_1;
    if (version >= 2)
        rights |= RIGHT_REFER;
    if (version >= 3)
        rights |= RIGHT_TRUNCATE;
    if (version >= 5)
        rights |= RIGHT_IOCTL_DEV;
    return rights;
}

/* A path that is not there is not granted, which is no error. */
static int grant(int rules, const char *path, uint64_t rights)
{
    struct stat st;
    struct landlock_path_beneath_attr rule = {.allowed_access = rights,
                                              .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0)
        return errno == ENOENT ? 0 : -1;
    int bad = fstat(rule.parent_fd, &st);
    if (bad == 0 && !S_ISDIR(st.st_mode))
        rule.allowed_access &= RIGHTS_OF_FILES;
    if (bad == 0)
        bad = (int)syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    int error = errno;
    (void)close(rule.parent_fd); /* only a name */
    errno = error;
    return bad;
}

static int grant_all(int rules, const char *const *paths, size_t n, uint64_t rights)
{
    for (size_t i = 0; i < n; i++) {
        if (grant(rules, paths[i], rights) != 0)
            return -1;
    }
    return 0;
}

int launch_landlock(const launch_paths *paths)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return 0;
    uint64_t all = rights_of_version(version);
    ruleset handled = {.fs = all, .net = 0, .scoped = version >= 6 ? SCOPE_ALL : 0};
    size_t n_bytes = version >= 6 ? sizeof handled : sizeof handled.fs;
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, n_bytes, 0);
    if (rules < 0)
        return -1;
    const size_t n_system_readable = sizeof system_readable / sizeof system_readable[0];
    const size_t n_system_writable = sizeof system_writable / sizeof system_writable[0];
    if (grant_all(rules, system_readable, n_system_readable, RIGHTS_READ) != 0 ||
        grant_all(rules, system_writable, n_system_writable, all) != 0 ||
        grant_all(rules, paths->readable, paths->n_readable, RIGHTS_READ) != 0 ||
        grant_all(rules, paths->writable, paths->n_writable, all) != 0)
        return -1;
    return (int)syscall(SYS_landlock_restrict_self, rules, 0); /* exec closes the descriptor */
}
