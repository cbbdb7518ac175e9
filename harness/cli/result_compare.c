#include "harness/cli/result_compare.h"

#include "harness/cli/show_profile.h"
#include "harness/measure/machine.h"
#include "reports/record_diff.h"

bool result_compare_takes(const char *path)
{
    g_autofree char *text = NULL;
    gsize n_bytes = 0;
    if (!g_file_get_contents(path, &text, &n_bytes, NULL))
        return false;
    json_t *root = json_loadb(text, n_bytes, JSON_REJECT_DUPLICATES, NULL);
    const char *schema = json_string_value(json_object_get(root, "schema"));
    bool is_result = g_strcmp0(schema, "objlab/result") == 0;
    json_decref(root);
    return is_result;
}

int result_compare_run(const char *before, const char *after, bool json)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(record) old_record = record_read(before, &error);
    g_autoptr(record) new_record = old_record == NULL ? NULL : record_read(after, &error);
    if (new_record == NULL)
        return cli_fail_error(CLI_USAGE, &error);
    g_autoptr(record_diff) diff = record_diff_new(old_record, new_record);
    g_autofree char *difference =
        machine_fingerprint_difference(&old_record->fingerprint, &new_record->fingerprint);
    bool is_written;
    if (json) {
        json_t *value = record_diff_to_json(diff, difference);
        is_written = show_print_json(value);
        json_decref(value);
    } else {
        g_autofree char *text = record_diff_to_table(diff, difference);
        is_written = show_print(text);
    }
    if (!is_written)
        return cli_fail(CLI_HARNESS, "cannot write the output");
    if (record_diff_gain(diff) < 0)
        return cli_fail(CLI_SHORT, "the score fell by %.2f points", -record_diff_gain(diff));
    return CLI_OK;
}
