/* sample_report DIR WEB -- writes the pages that browser.mjs opens: sample.html, plain.html (no
 * chart bundle), hostile.html, and sample.json; and SARIF of the two records and an empty one. */
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
              record_write(sample, json, NULL) && write_sarif(sample, argv[1], "sample.sarif") &&
              write_sarif(hostile, argv[1], "hostile.sarif") &&
              write_sarif(empty, argv[1], "empty.sarif");
    return ok ? 0 : 1;
}
