#include "harness/profile/symbols.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>

struct symbols {
    Dwfl *dwfl;
    GHashTable *places; /* address -> symbols_place */
};

static void place_free(gpointer data)
{
    symbols_place *place = data;
    g_free(place->function);
    g_free(place->file);
    g_free(place->object);
    g_free(place);
}

symbols *symbols_new(const char *maps, size_t n_bytes)
{
    static const Dwfl_Callbacks callbacks = {.find_elf = dwfl_linux_proc_find_elf,
                                             .find_debuginfo = dwfl_standard_find_debuginfo};
    if (n_bytes == 0)
        return NULL;
    FILE *text = fmemopen((void *)(uintptr_t)maps, n_bytes, "r"); /* only read */
    if (text == NULL)
        return NULL;
    symbols *s = g_new0(symbols, 1);
    s->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, place_free);
    s->dwfl = dwfl_begin(&callbacks);
    if (s->dwfl != NULL)
        dwfl_report_begin(s->dwfl);
    bool is_reported = s->dwfl != NULL && dwfl_linux_proc_maps_report(s->dwfl, text) == 0 &&
                       dwfl_report_end(s->dwfl, NULL, NULL) == 0;
    (void)fclose(text); /* read only */
    if (!is_reported)
        g_clear_pointer(&s, symbols_free);
    return s;
}

void symbols_free(symbols *s)
{
    if (s == NULL)
        return;
    if (s->dwfl != NULL)
        dwfl_end(s->dwfl);
    g_hash_table_unref(s->places);
    g_free(s);
}

static symbols_place *look_up(const symbols *s, uint64_t address)
{
    symbols_place *place = g_new0(symbols_place, 1);
    Dwfl_Module *module = dwfl_addrmodule(s->dwfl, address);
    Dwarf_Addr begin = 0;
    const char *object = NULL, *name = NULL, *file = NULL;
    int line = 0;
    if (module != NULL) {
        object = dwfl_module_info(module, NULL, &begin, NULL, NULL, NULL, NULL, NULL);
        name = dwfl_module_addrname(module, address);
        Dwfl_Line *source = dwfl_module_getsrc(module, address);
        if (source != NULL)
            file = dwfl_lineinfo(source, NULL, &line, NULL, NULL, NULL);
    }
    place->function = name != NULL ? g_strdup(name)
                                   : g_strdup_printf("0x%" G_GINT64_MODIFIER "x", address - begin);
    place->file = g_strdup(file != NULL ? file : "");
    place->object = g_strdup(object != NULL ? object : "");
    place->line = line > 0 ? (uint32_t)line : 0;
    return place;
}

const symbols_place *symbols_find(symbols *s, uint64_t address)
{
    const symbols_place *known = g_hash_table_lookup(s->places, &address);
    if (known != NULL)
        return known;
    symbols_place *place = look_up(s, address);
    g_hash_table_insert(s->places, g_memdup2(&address, sizeof address), place);
    return place;
}
