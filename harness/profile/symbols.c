#include "harness/profile/symbols.h"

#include <dwarf.h>
#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES 4096

struct symbols {
    Dwfl *dwfl;
    GHashTable *places;  /* address -> symbols_place */
    GHashTable *modules; /* of Dwfl_Module: those whose names are known */
    GHashTable *names;   /* address of a function -> its best name, libdwfl's */
    GStringChunk *strings;
};

/* Of the C++ runtime, whose header is for C++ only. Source: Itanium C++ ABI, section 3.4. */
/* NOLINTNEXTLINE: its name is not ours to choose */
char *__cxa_demangle(const char *name, char *buffer, size_t *length, int *status);

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
    s->places = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    s->modules = g_hash_table_new(NULL, NULL);
    s->names = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    s->strings = g_string_chunk_new(CHUNK_BYTES);
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
    g_hash_table_unref(s->modules);
    g_hash_table_unref(s->names);
    g_string_chunk_free(s->strings);
    g_free(s);
}

static const char *intern(symbols *s, const char *text)
{
    return g_string_chunk_insert_const(s->strings, text != NULL ? text : "");
}

/*
 * Where the function without a symbol begins that is at an address of an object: what its sorted
 * table of unwind information says; the address itself if there is none.
 *
 * Source: Linux Standard Base 5.0, Core, "Exception Frames", .eh_frame_hdr; in the encodings that
 * linkers write: a table of pairs of 32 bits, relative to the section.
 */
static GElf_Addr unwind_begin(Elf *elf, GElf_Addr address)
{
    static const unsigned char head[] = {1, DW_EH_PE_pcrel | DW_EH_PE_sdata4, DW_EH_PE_udata4,
                                         DW_EH_PE_datarel | DW_EH_PE_sdata4};
    enum { TABLE = 12, PAIR = 8 };
    GElf_Phdr segment = {.p_type = PT_NULL};
    size_t n_segments = 0;
    if (elf_getphdrnum(elf, &n_segments) != 0)
        return address;
    for (size_t i = 0; i < n_segments && segment.p_type != PT_GNU_EH_FRAME; i++)
        (void)gelf_getphdr(elf, (int)i, &segment); /* one that fails changes nothing */
    const Elf_Data *data =
        segment.p_type == PT_GNU_EH_FRAME
            ? elf_getdata_rawchunk(elf, (int64_t)segment.p_offset, segment.p_filesz, ELF_T_BYTE)
            : NULL;
    if (data == NULL || data->d_size < TABLE || memcmp(data->d_buf, head, sizeof head) != 0)
        return address;
    const char *table = (const char *)data->d_buf + TABLE;
    uint32_t n_entries;
    memcpy(&n_entries, table - sizeof n_entries, sizeof n_entries);
    size_t begin = 0, end = MIN(n_entries, (data->d_size - TABLE) / PAIR);
    GElf_Addr found = address;
    while (begin < end) { /* the last one that is not above the address */
        size_t middle = begin + (end - begin) / 2;
        int32_t offset;
        memcpy(&offset, table + PAIR * middle, sizeof offset);
        GElf_Addr place = segment.p_vaddr + (GElf_Addr)(GElf_Sxword)offset;
        if (place > address) {
            end = middle;
        } else {
            found = place;
            begin = middle + 1;
        }
    }
    return found;
}

/* True if there is unwind information for an address. */
static bool is_unwound(Dwfl_Module *module, Dwarf_Addr address)
{
    Dwarf_Addr bias;
    Dwarf_CFI *cfi = dwfl_module_eh_cfi(module, &bias);
    Dwarf_Frame *frame;
    if (cfi == NULL || dwarf_cfi_addrframe(cfi, address - bias, &frame) != 0)
        return false;
    free(frame); /* as its documentation says */
    return true;
}

/* Of several names of one function the shortest, versions apart: malloc, not __libc_malloc, as
 * callgrind's files have it. */
static bool is_better_name(const char *name, const char *than)
{
    size_t n = strcspn(name, "@"), n_than = strcspn(than, "@");
    return n != n_than ? n < n_than : strcmp(name, than) < 0;
}

static void read_names(symbols *s, Dwfl_Module *module)
{
    if (!g_hash_table_add(s->modules, module))
        return;
    int n = dwfl_module_getsymtab(module);
    for (int i = 1; i < n; i++) {
        GElf_Sym symbol;
        GElf_Addr address;
        GElf_Word section;
        const char *name =
            dwfl_module_getsym_info(module, i, &symbol, &address, &section, NULL, NULL);
        if (name == NULL || name[0] == '\0' || section == SHN_UNDEF ||
            GELF_ST_TYPE(symbol.st_info) != STT_FUNC)
            continue;
        const char *known = g_hash_table_lookup(s->names, &address);
        if (known == NULL || is_better_name(name, known))
            g_hash_table_insert(s->names, g_memdup2(&address, sizeof address),
                                (gpointer)(uintptr_t)name); /* only read */
    }
}

/* The name of the function that begins at an address; name: one that it has. */
static const char *best_name(symbols *s, Dwfl_Module *module, GElf_Addr begin, const char *name)
{
    read_names(s, module);
    const char *best = g_hash_table_lookup(s->names, &begin);
    if (best == NULL)
        best = name;
    char *readable = g_str_has_prefix(best, "_Z") ? __cxa_demangle(best, NULL, NULL, NULL) : NULL;
    const char *interned = intern(s, readable != NULL ? readable : best);
    free(readable); /* from malloc() */
    return interned;
}

static const char *source_of(symbols *s, Dwfl_Module *module, Dwarf_Addr address,
                             uint32_t *ret_line)
{
    Dwfl_Line *source = dwfl_module_getsrc(module, address);
    int line = 0;
    const char *file = source != NULL ? dwfl_lineinfo(source, NULL, &line, NULL, NULL, NULL) : NULL;
    *ret_line = line > 0 ? (uint32_t)line : 0;
    return intern(s, file);
}

static void look_up(symbols *s, Dwarf_Addr address, symbols_place *place)
{
    Dwfl_Module *module = dwfl_addrmodule(s->dwfl, address);
    place->function_file = place->file = place->object = intern(s, NULL);
    Dwarf_Addr begin = address, bias = 0;
    const char *name = NULL;
    if (module != NULL) {
        GElf_Off offset = 0;
        GElf_Sym symbol;
        place->object =
            intern(s, dwfl_module_info(module, NULL, NULL, NULL, NULL, NULL, NULL, NULL));
        name = dwfl_module_addrinfo(module, address, &offset, &symbol, NULL, NULL, NULL);
        Elf *elf = dwfl_module_getelf(module, &bias);
        if (name != NULL)
            begin = address - offset;
        else if (elf != NULL && is_unwound(module, address))
            begin = unwind_begin(elf, address - bias) + bias;
        place->file = source_of(s, module, address, &place->line);
        place->function_file = source_of(s, module, begin, &place->function_line);
    }
    if (name != NULL) {
        place->function = best_name(s, module, begin, name);
        return;
    }
    g_autofree char *number = g_strdup_printf("0x%016" G_GINT64_MODIFIER "x", begin - bias);
    place->function = intern(s, number);
}

const symbols_place *symbols_find(symbols *s, uint64_t address)
{
    const symbols_place *known = g_hash_table_lookup(s->places, &address);
    if (known != NULL)
        return known;
    symbols_place *place = g_new0(symbols_place, 1);
    look_up(s, address, place);
    g_hash_table_insert(s->places, g_memdup2(&address, sizeof address), place);
    return place;
}
