#include "harness/bench/subjects.h"

#include <string.h>

typedef struct catalogue_entry {
    const char *name;
    const char *worker;
    const char *library; /* to preload, or NULL */
    const char *package; /* of Debian, that brings it */
    unsigned groups;
    bool is_rival;
} catalogue_entry;

static const catalogue_entry catalogue[] = {
    {"objlab", "objlab-bench-objects", NULL, NULL, SUBJECTS_OBJECTS | SUBJECTS_ALLOCATORS, false},
    {"malloc", "objlab-bench-objects-malloc", NULL, NULL, SUBJECTS_OBJECTS, false},
    {"solution", "objlab-bench-solution", NULL, NULL, SUBJECTS_OBJECTS | SUBJECTS_ALLOCATORS,
     false},
    {"solution_malloc", "objlab-bench-solution-malloc", NULL, NULL, SUBJECTS_OBJECTS, false},
    {"cpython", "objlab-bench-cpython", NULL, "python3-dev", SUBJECTS_OBJECTS | SUBJECTS_ALLOCATORS,
     true},
    {"lua", "objlab-bench-lua", NULL, "liblua5.4-dev", SUBJECTS_OBJECTS, true},
    {"gobject", "objlab-bench-gobject", NULL, "libglib2.0-dev", SUBJECTS_OBJECTS, true},
    {"glibc", "objlab-bench-alloc", NULL, NULL, SUBJECTS_ALLOCATORS, true},
    {"jemalloc", "objlab-bench-alloc", "libjemalloc.so.2", "libjemalloc2", SUBJECTS_ALLOCATORS,
     true},
    {"tcmalloc", "objlab-bench-alloc", "libtcmalloc_minimal.so.4", "libtcmalloc-minimal4",
     SUBJECTS_ALLOCATORS, true},
    {"mimalloc", "objlab-bench-alloc", "libmimalloc.so.2", "libmimalloc2.0", SUBJECTS_ALLOCATORS,
     true},
};

static const char *const library_folders[] = {
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu",
#endif
    "/usr/local/lib",
    "/usr/lib64",
    "/usr/lib",
};

static char *accept_file(char *path, GFileTest test)
{
    if (path != NULL && g_file_test(path, test))
        return path;
    g_free(path);
    return NULL;
}

char *subjects_worker(const char *name)
{
    const char *libexec = g_getenv("OBJLAB_LIBEXEC");
    if (libexec != NULL)
        return accept_file(g_build_filename(libexec, name, NULL), G_FILE_TEST_IS_EXECUTABLE);
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    if (self == NULL)
        return NULL;
    g_autofree char *folder = g_path_get_dirname(self);
    const char *const places[] = {"../bench", "../libexec/objlab", "."};
    char *found = NULL;
    for (size_t i = 0; found == NULL && i < G_N_ELEMENTS(places); i++)
        found =
            accept_file(g_build_filename(folder, places[i], name, NULL), G_FILE_TEST_IS_EXECUTABLE);
    return found;
}

static char *find_library(const char *name)
{
    char *found = NULL;
    for (size_t i = 0; found == NULL && i < G_N_ELEMENTS(library_folders); i++)
        found = accept_file(g_build_filename(library_folders[i], name, NULL), G_FILE_TEST_EXISTS);
    return found;
}

static void subject_free(void *data)
{
    bench_subject *s = data;
    g_free(s->name);
    g_free(s->program);
    g_free(s->preload);
    g_free(s->absent);
    g_free(s);
}

static bench_subject *find_subject(const catalogue_entry *entry)
{
    bench_subject *s = g_new0(bench_subject, 1);
    s->name = g_strdup(entry->name);
    s->groups = entry->groups;
    s->is_rival = entry->is_rival;
    s->program = subjects_worker(entry->worker);
    if (s->program == NULL && entry->package != NULL)
        s->absent = g_strdup_printf("%s was not built: install %s and build again", entry->worker,
                                    entry->package);
    else if (s->program == NULL)
        s->absent = g_strdup_printf("the program %s is missing", entry->worker);
    if (s->program == NULL || entry->library == NULL)
        return s;
    s->preload = find_library(entry->library);
    if (s->preload == NULL) {
        g_clear_pointer(&s->program, g_free);
        s->absent =
            g_strdup_printf("%s is not installed (package %s)", entry->library, entry->package);
    }
    return s;
}

GPtrArray *subjects_find(unsigned groups, bool with_rivals)
{
    GPtrArray *subjects = g_ptr_array_new_with_free_func(subject_free);
    for (size_t i = 0; i < G_N_ELEMENTS(catalogue); i++) {
        if ((catalogue[i].groups & groups) != 0 && (with_rivals || !catalogue[i].is_rival))
            g_ptr_array_add(subjects, find_subject(&catalogue[i]));
    }
    return subjects;
}
