/* objlab show -- profiles and other valgrind files as tables, whatever their format. */
#include "harness/cli/commands.h"
#include "harness/cli/show_profile.h"

static int show_files(char **paths, const show_options *o)
{
    int code = CLI_OK;
    size_t n_paths = g_strv_length(paths);
    json_t *values = json_array();
    bool is_written = true;
    for (size_t i = 0; i < n_paths && is_written; i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GString) text = g_string_new(NULL);
        json_t *value = NULL;
        if (n_paths > 1 && !o->json)
            g_string_append_printf(text, "%s:\n", paths[i]);
        if (!show_profile(paths[i], o, text, &value, &error)) {
            code = cli_fail_error(CLI_USAGE, &error);
            continue;
        }
        if (value != NULL)
            (void)json_array_append_new(values, value); /* fails only without memory */
        is_written = show_print(text->str);
    }
    if (o->json && json_array_size(values) > 0)
        is_written = show_print_json(n_paths == 1 ? json_array_get(values, 0) : values);
    json_decref(values);
    return is_written ? code : cli_fail(CLI_HARNESS, "cannot write the output");
}

static int export_files(char **paths, const show_options *o)
{
    g_autoptr(GError) error = NULL;
    if (paths[1] != NULL)
        return cli_fail(CLI_USAGE, "show: --export takes one file");
    return show_export(paths[0], o, &error) ? CLI_OK : cli_fail_error(CLI_USAGE, &error);
}

int cmd_show(int argc, char **argv)
{
    show_options o;
    show_options_init(&o);
    GOptionContext *context = g_option_context_new("FILE... - show profiles");
    show_options_add(context, &o);
    g_autoptr(GError) error = NULL;
    int code;
    if (!g_option_context_parse(context, &argc, &argv, &error))
        code = cli_fail_error(CLI_USAGE, &error);
    else if (argc < 2)
        code = cli_fail(CLI_USAGE, "show: no file given; see objlab show --help");
    else
        code = show_options_check(&o, "show");
    if (code == CLI_OK)
        code = o.export_name != NULL ? export_files(argv + 1, &o) : show_files(argv + 1, &o);
    g_option_context_free(context);
    show_options_clear(&o);
    return code;
}
