#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "harness/tests/callgrind_testing.h"

#include <string.h>

callgrind_profile *testing_parse(const char *text)
{
    GError *error = NULL;
    callgrind_profile *profile = callgrind_parse(text, strlen(text), "test", &error);
    if (profile == NULL)
        fail_msg("%s", error->message);
    return profile;
}

const callgrind_function *testing_function(const callgrind_profile *p, const char *name)
{
    const callgrind_function *f = callgrind_find(p, name);
    if (f == NULL)
        fail_msg("no function %s", name);
    return f;
}

const callgrind_call *testing_call(const callgrind_profile *p, const char *caller,
                                   const char *callee)
{
    const callgrind_call *found = NULL;
    for (size_t i = 0; i < p->n_calls; i++) {
        if (strcmp(p->functions[p->calls[i].caller].name, caller) == 0 &&
            strcmp(p->functions[p->calls[i].callee].name, callee) == 0) {
            assert_null(found);
            found = &p->calls[i];
        }
    }
    return found;
}

uint64_t testing_line_cost(const callgrind_profile *p, const char *file, uint32_t line)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < p->n_lines; i++) {
        if (p->lines[i].line == line && strcmp(p->files[p->lines[i].file], file) == 0)
            cost += callgrind_line_self(p, &p->lines[i])[0];
    }
    return cost;
}

void assert_clean(const callgrind_profile *p)
{
    for (unsigned i = 0; i < p->warnings->len; i++)
        print_message("%s\n", (const char *)g_ptr_array_index(p->warnings, i));
    assert_int_equal(p->warnings->len, 0);
    assert_true(p->complete);
}

void assert_warns(const callgrind_profile *p, const char *part)
{
    for (unsigned i = 0; i < p->warnings->len; i++) {
        if (strstr(g_ptr_array_index(p->warnings, i), part) != NULL)
            return;
    }
    fail_msg("no warning with \"%s\"", part);
}
