#include "harness/judge/submission.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

G_DEFINE_QUARK(objlab - submission - error, submission_error)

static const struct {
    const char *name;
    const char *file;
} parts[SUBMISSION_N_PARTS] = {
    [SUBMISSION_POOL] = {"pool", "pool.c"},
    [SUBMISSION_LAYOUTS] = {"layouts", "layouts.c"},
    [SUBMISSION_WORKLOAD] = {"workload", "workload.c"},
    [SUBMISSION_TESTS] = {"tests", "tests.c"},
    [SUBMISSION_FINDINGS] = {"findings", "findings.ini"},
};

const char *submission_part_name(submission_part part)
{
    return parts[part].name;
}

const char *submission_part_file(submission_part part)
{
    return parts[part].file;
}

void submission_free(submission *s)
{
    if (s == NULL)
        return;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        g_clear_pointer(&s->files[i].bytes, g_bytes_unref);
        g_free(s->files[i].problem);
    }
    g_free(s->name);
    g_free(s->sha256);
    g_clear_pointer(&s->remarks, g_ptr_array_unref);
    g_free(s);
}

/* A file name made fit to be shown: valid UTF-8, control characters as \ooo. */
static char *shown(const char *name)
{
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    g_autoptr(GString) text = g_string_new(NULL);
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (g_unichar_iscntrl(c) || g_unichar_type(c) == G_UNICODE_FORMAT)
            g_string_append_c(text, '?');
        else
            g_string_append_unichar(text, c);
    }
    return g_strndup(text->str, 200);
}

static const char *kind_of(mode_t mode)
{
    if (S_ISLNK(mode))
        return "a symbolic link";
    if (S_ISDIR(mode))
        return "a folder";
    if (S_ISFIFO(mode))
        return "a FIFO";
    return "a device or a socket";
}

/* Reads an open plain file up to the cap; NULL with *ret_problem if it cannot be taken. */
static GBytes *read_capped(int fd, const char *file, char **ret_problem)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    guint8 buffer[16384];
    ssize_t n = 0;
    while ((n = read(fd, buffer, sizeof(buffer))) > 0) {
        g_byte_array_append(bytes, buffer, (guint)n);
        if (bytes->len > SUBMISSION_MAX_FILE_BYTES) {
            *ret_problem = g_strdup_printf("%s is larger than %zu KiB", file,
                                           SUBMISSION_MAX_FILE_BYTES / 1024);
            return NULL;
        }
    }
    if (n < 0) {
        *ret_problem = g_strdup_printf("%s cannot be read: %s", file, g_strerror(errno));
        return NULL;
    }
    if (bytes->len > 0 && memchr(bytes->data, '\0', bytes->len) != NULL) {
        *ret_problem = g_strdup_printf("%s is not a text file", file);
        return NULL;
    }
    return g_bytes_new(bytes->data, bytes->len);
}

static void take_file(int folder, const char *file, submission_file *ret_file)
{
    struct stat st;
    if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return;
    ret_file->present = true;
    /* O_NONBLOCK: opening a FIFO that replaces the file just now must not wait */
    int fd = openat(folder, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && S_ISREG(st.st_mode)) {
        ret_file->problem = g_strdup_printf("%s cannot be opened: %s", file, g_strerror(errno));
        return;
    }
    if (fd < 0 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        ret_file->problem =
            g_strdup_printf("%s is %s: hand in a plain file", file, kind_of(st.st_mode));
    } else {
        ret_file->bytes = read_capped(fd, file, &ret_file->problem);
    }
    if (fd >= 0)
        (void)close(fd); /* only read from */
}

static bool is_part_file(const char *name)
{
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        if (strcmp(parts[i].file, name) == 0)
            return true;
    }
    return false;
}

static int compare_remarks(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names what else is in the folder; a README is expected and not worth a remark. */
static void remark_others(DIR *folder, submission *s)
{
    int n_entries = 0;
    const struct dirent *entry = NULL;
    while ((entry = readdir(folder)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (++n_entries > SUBMISSION_MAX_ENTRIES) {
            g_ptr_array_add(s->remarks, g_strdup("the folder has more entries than are looked at"));
            break;
        }
        if (is_part_file(entry->d_name) || g_str_has_prefix(entry->d_name, "README") ||
            s->remarks->len >= 20)
            continue;
        g_autofree char *name = shown(entry->d_name);
        g_ptr_array_add(s->remarks,
                        g_strdup_printf("%s is no part of a submission: ignored", name));
    }
    g_ptr_array_sort(s->remarks, compare_remarks);
}

static void hash_parts(submission *s)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        if (s->files[i].bytes == NULL)
            continue;
        gsize n_bytes = 0;
        const guchar *data = g_bytes_get_data(s->files[i].bytes, &n_bytes);
        g_autofree char *head = g_strdup_printf("%s %zu\n", parts[i].file, n_bytes);
        g_checksum_update(sum, (const guchar *)head, -1);
        if (n_bytes > 0)
            g_checksum_update(sum, data, (gssize)n_bytes);
    }
    s->sha256 = g_strdup(g_checksum_get_string(sum));
}

static char *name_of(const char *folder)
{
    g_autofree char *real = g_canonicalize_filename(folder, NULL);
    g_autofree char *base = g_path_get_basename(real);
    return shown(base);
}

submission *submission_read(const char *folder, GError **error)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        g_set_error(error, SUBMISSION_ERROR, SUBMISSION_ERROR_UNREADABLE, "%s: %s", folder,
                    errno == ENOENT ? "no such folder" : g_strerror(errno));
        if (fd >= 0)
            (void)close(fd); /* only read from */
        return NULL;
    }
    g_autoptr(submission) s = g_new0(submission, 1);
    s->name = name_of(folder);
    s->remarks = g_ptr_array_new_with_free_func(g_free);
    int n_present = 0;
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        take_file(fd, parts[i].file, &s->files[i]);
        n_present += s->files[i].present;
    }
    remark_others(dir, s);
    (void)closedir(dir); /* only read from */
    if (n_present == 0) {
        g_set_error(error, SUBMISSION_ERROR, SUBMISSION_ERROR_UNREADABLE,
                    "%s: no part in it: expected some of pool.c, layouts.c, workload.c, tests.c, "
                    "findings.ini",
                    folder);
        return NULL;
    }
    hash_parts(s);
    return g_steal_pointer(&s);
}

bool submission_copy(const submission *s, const char *folder, GError **error)
{
    for (int i = 0; i < SUBMISSION_N_PARTS; i++) {
        if (s->files[i].bytes == NULL)
            continue;
        gsize n_bytes = 0;
        const char *data = g_bytes_get_data(s->files[i].bytes, &n_bytes);
        g_autofree char *path = g_build_filename(folder, parts[i].file, NULL);
        if (!g_file_set_contents_full(path, data != NULL ? data : "", (gssize)n_bytes,
                                      G_FILE_SET_CONTENTS_CONSISTENT, 0644, error))
            return false;
    }
    return true;
}
