/* sample_report DIR WEB -- writes the pages that browser.mjs opens: sample.html, plain.html (no
 * chart bundle), hostile.html, and sample.json; and SARIF of the two records and an empty one. */
#include "reports/exhibit.h"
#include "reports/html.h"
#include "reports/sarif.h"
#include "reports/tests/sample_record.h"

#include <stdio.h>
#include <string.h>

static bool write_page(const record *r, const char *web, const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *html = html_render(r, web);
    return record_write_file(path, html, strlen(html), NULL);
}

/* The sample with an exhibit of each schema. */
static bool write_exhibits(const record *r, const char *web, const char *dir)
{
    static const char *const names[] = {"trace", "history", "python", "top", "bench", "profilers"};
    g_autoptr(GPtrArray) exhibits = g_ptr_array_new_with_free_func((GDestroyNotify)exhibit_free);
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path =
            g_strdup_printf("%s/tests/data/exhibits/%s.json", TEST_DIR, names[i]);
        exhibit *e = exhibit_read(path, NULL);
        if (e == NULL)
            return false;
        g_ptr_array_add(exhibits, e);
    }
    g_autofree char *path = g_build_filename(dir, "exhibits.html", NULL);
    g_autofree char *html = html_render_with(r, exhibits, web);
    return record_write_file(path, html, strlen(html), NULL);
}

static bool write_sarif(const record *r, const char *dir, const char *name)
{
    g_autofree char *path = g_build_filename(dir, name, NULL);
    g_autofree char *text = sarif_render(r);
    return record_write_file(path, text, strlen(text), NULL);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    g_autoptr(record) sample = sample_record_new(TEST_DIR "/tests/data");
    g_autoptr(record) hostile = hostile_record_new();
    g_autoptr(record) empty = record_new();
    g_autofree char *json = g_build_filename(argv[1], "sample.json", NULL);
    bool ok = write_page(sample, argv[2], argv[1], "sample.html") &&
              write_page(sample, NULL, argv[1], "plain.html") &&
              write_page(hostile, argv[2], argv[1], "hostile.html") &&
              write_exhibits(sample, argv[2], argv[1]) && record_write(sample, json, NULL) &&
              write_sarif(sample, argv[1], "sample.sarif") &&
              write_sarif(hostile, argv[1], "hostile.sarif") &&
              write_sarif(empty, argv[1], "empty.sarif");
    return ok ? 0 : 1;
}
