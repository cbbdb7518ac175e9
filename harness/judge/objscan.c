#include "harness/judge/objscan.h"

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* What a part's object defines for others; nothing else may be global. */
static const char *const pool_symbols[] = {"hw_pool_new",  "hw_pool_delete",    "hw_pool_alloc",
                                           "hw_pool_free", "hw_pool_get_stats", NULL};
static const char *const layouts_symbols[] = {
    "hw_class_new",     "hw_class_delete",        "hw_object_new",       "hw_object_incref",
    "hw_object_decref", "hw_object_refcount",     "hw_object_get",       "hw_object_set",
    "hw_object_unset",  "hw_object_n_attributes", "hw_object_attribute", "hw_weakref_new",
    "hw_weakref_get",   "hw_weakref_decref",      "hw_weakref_count",    NULL};
static const char *const workload_symbols[] = {"hw_workload_run", NULL};
static const char *const tests_symbols[] = {"hw_tests", NULL};
static const char *const no_symbols[] = {NULL};
_Static_assert(G_N_ELEMENTS(layouts_symbols) <= 32, "a bit for every symbol");

static const char *const *const allowed[SUBMISSION_N_PARTS] = {
    [SUBMISSION_POOL] = pool_symbols,         [SUBMISSION_LAYOUTS] = layouts_symbols,
    [SUBMISSION_WORKLOAD] = workload_symbols, [SUBMISSION_TESTS] = tests_symbols,
    [SUBMISSION_FINDINGS] = no_symbols,
};

/* Names that a part may not even refer to: the drivers' own, and gcov's, which forge coverage. */
static const char *const forbidden_uses[] = {"__gcov",  "__llvm_", "__real_",
                                             "__wrap_", "drive_",  "measure_"};

/* rol $3,%rdi; rol $13,%rdi; rol $61,%rdi; rol $51,%rdi */
static const uint8_t request_sequence[] = {0x48, 0xc1, 0xc7, 0x03, 0x48, 0xc1, 0xc7, 0x0d,
                                           0x48, 0xc1, 0xc7, 0x3d, 0x48, 0xc1, 0xc7, 0x33};

typedef struct object {
    const uint8_t *bytes;
    size_t n_bytes;
    Elf64_Ehdr header;
    const char *file; /* of the part, for messages */
    GPtrArray *findings;
    uint32_t defined; /* bit i: allowed[part][i] is there */
} object;

G_GNUC_PRINTF(2, 3)
static void find(object *o, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_ptr_array_add(o->findings, g_strdup_vprintf(format, args));
    va_end(args);
}

static bool inside(const object *o, uint64_t offset, uint64_t size)
{
    return offset <= o->n_bytes && size <= o->n_bytes - offset;
}

static bool section_at(const object *o, size_t index, Elf64_Shdr *ret_section)
{
    uint64_t offset = o->header.e_shoff + (uint64_t)index * sizeof(Elf64_Shdr);
    if (index >= o->header.e_shnum || !inside(o, offset, sizeof(Elf64_Shdr)))
        return false;
    memcpy(ret_section, o->bytes + offset, sizeof(*ret_section));
    return ret_section->sh_type == SHT_NOBITS ||
           inside(o, ret_section->sh_offset, ret_section->sh_size);
}

/* The string at an offset of a string table, or "" if it does not end inside the table. */
static const char *string_at(const object *o, const Elf64_Shdr *table, uint64_t offset)
{
    if (table->sh_type != SHT_STRTAB || offset >= table->sh_size)
        return "";
    const char *text = (const char *)o->bytes + table->sh_offset + offset;
    return memchr(text, '\0', table->sh_size - offset) != NULL ? text : "";
}

static bool read_header(object *o)
{
    if (o->n_bytes < sizeof(o->header))
        return false;
    memcpy(&o->header, o->bytes, sizeof(o->header));
    const Elf64_Ehdr *h = &o->header;
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
           h->e_ident[EI_DATA] == ELFDATA2LSB && h->e_type == ET_REL && h->e_machine == EM_X86_64 &&
           h->e_shentsize == sizeof(Elf64_Shdr) && h->e_shnum > 0 &&
           inside(o, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr));
}

static void scan_section(object *o, const Elf64_Shdr *section, const char *name)
{
    static const char *const starters[] = {".init", ".fini", ".ctors", ".dtors", ".preinit_array"};
    bool starts = section->sh_type == SHT_INIT_ARRAY || section->sh_type == SHT_FINI_ARRAY ||
                  section->sh_type == SHT_PREINIT_ARRAY;
    for (size_t i = 0; i < G_N_ELEMENTS(starters); i++)
        starts = starts || g_str_has_prefix(name, starters[i]);
    if (starts)
        find(o,
             "%s has code that runs before or after main (section %s): remove constructors "
             "and destructors",
             o->file, name);
    if ((section->sh_flags & SHF_EXECINSTR) != 0 && (section->sh_flags & SHF_WRITE) != 0)
        find(o, "%s has a section that is both code and writable (%s)", o->file, name);
    if (section->sh_type == SHT_NOBITS || section->sh_size < sizeof(request_sequence))
        return;
    if (memmem(o->bytes + section->sh_offset, section->sh_size, request_sequence,
               sizeof(request_sequence)) != NULL)
        find(o, "%s talks to valgrind (client request in section %s): a measured program may not",
             o->file, name);
}

static void scan_symbol(object *o, submission_part part, const Elf64_Sym *symbol, const char *name)
{
    unsigned binding = ELF64_ST_BIND(symbol->st_info);
    if (ELF64_ST_TYPE(symbol->st_info) == STT_GNU_IFUNC) {
        find(o, "%s has an indirect function (%s)", o->file, name);
        return;
    }
    if (binding == STB_LOCAL)
        return;
    if (symbol->st_shndx == SHN_UNDEF) {
        for (size_t i = 0; i < G_N_ELEMENTS(forbidden_uses); i++) {
            if (g_str_has_prefix(name, forbidden_uses[i]))
                find(o, "%s uses '%s', which is not a submission's to use", o->file, name);
        }
        return;
    }
    for (size_t i = 0; allowed[part][i] != NULL; i++) {
        if (strcmp(allowed[part][i], name) == 0) {
            o->defined |= 1U << i;
            return;
        }
    }
    find(o, "%s defines '%s', which is not in its contract: make it static", o->file, name);
}

static void scan_symbols(object *o, submission_part part, const Elf64_Shdr *table)
{
    Elf64_Shdr strings;
    if (table->sh_entsize != sizeof(Elf64_Sym) || !section_at(o, table->sh_link, &strings)) {
        find(o, "%s: its object has a damaged symbol table", o->file);
        return;
    }
    for (uint64_t i = 1; i < table->sh_size / sizeof(Elf64_Sym); i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, o->bytes + table->sh_offset + i * sizeof(symbol), sizeof(symbol));
        scan_symbol(o, part, &symbol, string_at(o, &strings, symbol.st_name));
    }
}

GPtrArray *objscan_object(submission_part part, const void *bytes, size_t n_bytes)
{
    object o = {.bytes = bytes,
                .n_bytes = n_bytes,
                .file = submission_part_file(part),
                .findings = g_ptr_array_new_with_free_func(g_free)};
    Elf64_Shdr names;
    if (!read_header(&o) || !section_at(&o, o.header.e_shstrndx, &names)) {
        find(&o, "%s: its object is not an x86-64 ELF object file", o.file);
        return o.findings;
    }
    for (size_t i = 0; i < o.header.e_shnum; i++) {
        Elf64_Shdr section;
        if (!section_at(&o, i, &section)) {
            find(&o, "%s: its object has a damaged section table", o.file);
            return o.findings;
        }
        scan_section(&o, &section, string_at(&o, &names, section.sh_name));
        if (section.sh_type == SHT_SYMTAB)
            scan_symbols(&o, part, &section);
    }
    for (size_t i = 0; allowed[part][i] != NULL; i++) {
        if ((o.defined & 1U << i) == 0)
            find(&o, "%s does not define %s", o.file, allowed[part][i]);
    }
    return o.findings;
}

GPtrArray *objscan_assembly(const char *text, size_t n_bytes)
{
    static const char *const directives[] = {".incbin", ".include"};
    GPtrArray *findings = g_ptr_array_new_with_free_func(g_free);
    for (size_t i = 0; i < G_N_ELEMENTS(directives); i++) {
        if (n_bytes > 0 && memmem(text, n_bytes, directives[i], strlen(directives[i])) != NULL)
            g_ptr_array_add(findings, g_strdup_printf("it embeds a file of the host (%s in "
                                                      "assembly)",
                                                      directives[i]));
    }
    return findings;
}
