/* clock.h where the kernel grants nothing: what perf_event_open(2) answers is told as it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/measure/clock.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AS_EXPECTED = 0, OPENED = 1, NO_FILTER = 2, OTHER_WORDS = 3 };

/* From here on, perf_event_open fails with that error in this process. */
static bool refuse_perf(int error)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_perf_event_open, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog program = {sizeof code / sizeof code[0], code};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static int try_perf(int error, const char *words)
{
    clock_source clock = {.perf_fd = -7};
    const char *why = "";
    if (!refuse_perf(error))
        return NO_FILTER;
    if (clock_open(CLOCK_PERF, &clock, &why))
        return OPENED;
    return strstr(why, words) != NULL && clock.perf_fd == -7 /* untouched */ ? AS_EXPECTED
                                                                             : OTHER_WORDS;
}

static void each_refusal_has_its_words(void **state)
{
    (void)state;
    static const struct {
        int error;
        const char *words;
    } cases[] = {{EACCES, "no permission; sysctl kernel.perf_event_paranoid=2"},
                 {EPERM, "no permission"},
                 {ENOENT, "no core-cycle counter"},
                 {ENOSYS, "no perf_event_open"},
                 {EMFILE, "the kernel refuses"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pid_t child = fork();
        if (child == 0)
            _exit(try_perf(cases[i].error, cases[i].words));
        assert_true(child > 0);
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), AS_EXPECTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_refusal_has_its_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
