#include "harness/profile/exports.h"

#include "harness/profile/flame.h"
#include "harness/profile/stacks.h"

#include <gio/gio.h>
#include <jansson.h>
#include <string.h>

const char exports_format_names[] = "folded, speedscope, pprof, flame, icicle or reversed";

bool exports_format_from_name(const char *name, exports_format *ret_format)
{
    static const char *const names[] = {"folded", "speedscope", "pprof",
                                        "flame",  "icicle",     "reversed"};
    for (int i = 0; i < EXPORTS_N_FORMATS; i++) {
        if (strcmp(names[i], name) == 0) {
            *ret_format = (exports_format)i;
            return true;
        }
    }
    return false;
}

/* Numbers for strings, from 0 in the order of their coming. */
typedef struct numbering {
    GHashTable *numbers; /* string -> number + 1 */
    GPtrArray *strings;  /* of char *, owned */
} numbering;

static void numbering_init(numbering *n)
{
    n->strings = g_ptr_array_new_with_free_func(g_free);
    n->numbers = g_hash_table_new(g_str_hash, g_str_equal);
}

static void numbering_clear(numbering *n)
{
    g_hash_table_unref(n->numbers);
    g_ptr_array_unref(n->strings);
}

static size_t number_of(numbering *n, const char *string)
{
    size_t found = GPOINTER_TO_SIZE(g_hash_table_lookup(n->numbers, string));
    if (found > 0)
        return found - 1;
    char *copy = g_strdup(string);
    g_ptr_array_add(n->strings, copy);
    g_hash_table_insert(n->numbers, copy, GSIZE_TO_POINTER((size_t)n->strings->len));
    return n->strings->len - 1;
}

/* ---- speedscope ---- */

static void set(json_t *object, const char *key, json_t *value)
{
    (void)json_object_set_new(object, key, value); /* fails only without memory */
}

static json_t *count_value(uint64_t count)
{
    return count <= INT64_MAX ? json_integer((json_int_t)count) : json_real((double)count);
}

static json_t *frames_json(const numbering *frames)
{
    json_t *array = json_array();
    for (unsigned i = 0; i < frames->strings->len; i++) {
        g_autofree char *valid = g_utf8_make_valid(g_ptr_array_index(frames->strings, i), -1);
        (void)json_array_append_new(array, json_pack("{s:s}", "name", valid)); /* as set() */
    }
    return array;
}

static GBytes *write_speedscope(const callgrind_profile *profile, size_t event,
                                const GPtrArray *stacks)
{
    numbering frames;
    numbering_init(&frames);
    json_t *samples = json_array(), *weights = json_array();
    for (unsigned i = 0; i < stacks->len; i++) {
        const stacks_entry *entry = g_ptr_array_index(stacks, i);
        g_auto(GStrv) names = g_strsplit(entry->frames, ";", -1);
        json_t *sample = json_array();
        for (char **name = names; *name != NULL; name++)
            (void)json_array_append_new(sample,
                                        json_integer((json_int_t)number_of(&frames, *name)));
        (void)json_array_append_new(samples, sample); /* as set() */
        (void)json_array_append_new(weights, count_value(entry->cost));
    }
    g_autofree char *command = g_utf8_make_valid(profile->command, -1);
    json_t *one = json_object();
    set(one, "type", json_string("sampled"));
    set(one, "name", json_sprintf("%s (%s)", command, profile->events[event]));
    set(one, "unit", json_string("none"));
    set(one, "startValue", json_integer(0));
    set(one, "endValue", count_value(profile->totals[event]));
    set(one, "samples", samples);
    set(one, "weights", weights);
    json_t *root = json_object();
    set(root, "$schema", json_string("https://www.speedscope.app/file-format-schema.json"));
    set(root, "exporter", json_string("objlab"));
    set(root, "name", json_string(command));
    set(root, "activeProfileIndex", json_integer(0));
    set(root, "shared", json_pack("{s:o}", "frames", frames_json(&frames)));
    set(root, "profiles", json_pack("[o]", one));
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    numbering_clear(&frames);
    return g_bytes_new_with_free_func(text, strlen(text), free, text);
}

/* ---- pprof: protocol buffers by hand, five kinds of message ---- */

enum { WIRE_VARINT = 0, WIRE_BYTES = 2 };

static void append_varint(GByteArray *out, uint64_t value)
{
    do {
        guint8 byte = (guint8)(value & 0x7f);
        value >>= 7;
        byte |= value != 0 ? 0x80 : 0;
        g_byte_array_append(out, &byte, 1);
    } while (value != 0);
}

static void append_number(GByteArray *out, unsigned field, uint64_t value)
{
    append_varint(out, field << 3 | WIRE_VARINT);
    append_varint(out, value);
}

static void append_bytes(GByteArray *out, unsigned field, const void *bytes, size_t n_bytes)
{
    append_varint(out, field << 3 | WIRE_BYTES);
    append_varint(out, n_bytes);
    g_byte_array_append(out, bytes, (guint)n_bytes);
}

static void append_message(GByteArray *out, unsigned field, GByteArray *message)
{
    append_bytes(out, field, message->data, message->len);
    g_byte_array_unref(message);
}

/* Fields of the messages, as profile.proto numbers them. */
enum {
    PROFILE_SAMPLE_TYPE = 1,
    PROFILE_SAMPLE = 2,
    PROFILE_LOCATION = 4,
    PROFILE_FUNCTION = 5,
    PROFILE_STRING_TABLE = 6,
    VALUE_TYPE_TYPE = 1,
    VALUE_TYPE_UNIT = 2,
    SAMPLE_LOCATION_ID = 1,
    SAMPLE_VALUE = 2,
    LOCATION_ID = 1,
    LOCATION_LINE = 4,
    LINE_FUNCTION_ID = 1,
    FUNCTION_ID = 1,
    FUNCTION_NAME = 2
};

/* Locations are functions: their ids are the numbers of their names, from 1; in pprof the innermost
 * comes first. */
static GByteArray *sample_message(numbering *functions, const stacks_entry *entry)
{
    GByteArray *ids = g_byte_array_new(), *values = g_byte_array_new();
    g_auto(GStrv) names = g_strsplit(entry->frames, ";", -1);
    for (guint i = g_strv_length(names); i-- > 0;)
        append_varint(ids, number_of(functions, names[i]) + 1);
    append_varint(values, entry->cost);
    GByteArray *message = g_byte_array_new();
    append_message(message, SAMPLE_LOCATION_ID, ids);
    append_message(message, SAMPLE_VALUE, values);
    return message;
}

static GByteArray *value_type_message(numbering *strings, const char *type, const char *unit)
{
    GByteArray *message = g_byte_array_new();
    append_number(message, VALUE_TYPE_TYPE, number_of(strings, type));
    append_number(message, VALUE_TYPE_UNIT, number_of(strings, unit));
    return message;
}

static void append_function(GByteArray *out, numbering *strings, const char *name, uint64_t id)
{
    GByteArray *function = g_byte_array_new();
    append_number(function, FUNCTION_ID, id);
    g_autofree char *valid = g_utf8_make_valid(name, -1);
    append_number(function, FUNCTION_NAME, number_of(strings, valid));
    GByteArray *line = g_byte_array_new(), *location = g_byte_array_new();
    append_number(line, LINE_FUNCTION_ID, id);
    append_number(location, LOCATION_ID, id);
    append_message(location, LOCATION_LINE, line);
    append_message(out, PROFILE_LOCATION, location);
    append_message(out, PROFILE_FUNCTION, function);
}

static GBytes *compress(GByteArray *plain)
{
    g_autoptr(GZlibCompressor) zip = g_zlib_compressor_new(G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
    g_autoptr(GBytes) bytes = g_byte_array_free_to_bytes(plain);
    g_autoptr(GInputStream) memory = g_memory_input_stream_new_from_bytes(bytes);
    g_autoptr(GInputStream) zipped = g_converter_input_stream_new(memory, G_CONVERTER(zip));
    GByteArray *out = g_byte_array_new();
    guint8 buffer[4096];
    for (;;) {
        gssize n = g_input_stream_read(zipped, buffer, sizeof buffer, NULL, NULL);
        if (n <= 0) /* from memory to memory nothing fails */
            break;
        g_byte_array_append(out, buffer, (guint)n);
    }
    return g_byte_array_free_to_bytes(out);
}

static GBytes *write_pprof(const callgrind_profile *profile, size_t event, const GPtrArray *stacks)
{
    numbering strings, functions;
    numbering_init(&strings);
    numbering_init(&functions);
    (void)number_of(&strings, ""); /* string 0 is the empty one */
    GByteArray *out = g_byte_array_new();
    append_message(out, PROFILE_SAMPLE_TYPE,
                   value_type_message(&strings, profile->events[event], "count"));
    for (unsigned i = 0; i < stacks->len; i++)
        append_message(out, PROFILE_SAMPLE,
                       sample_message(&functions, g_ptr_array_index(stacks, i)));
    for (unsigned i = 0; i < functions.strings->len; i++)
        append_function(out, &strings, g_ptr_array_index(functions.strings, i), (uint64_t)i + 1);
    for (unsigned i = 0; i < strings.strings->len; i++) {
        const char *string = g_ptr_array_index(strings.strings, i);
        append_bytes(out, PROFILE_STRING_TABLE, string, strlen(string));
    }
    numbering_clear(&strings);
    numbering_clear(&functions);
    return compress(out);
}

static flame_shape shape_of(exports_format format)
{
    if (format == EXPORTS_ICICLE)
        return FLAME_ICICLE;
    return format == EXPORTS_REVERSED ? FLAME_REVERSED : FLAME_UP;
}

GBytes *exports_write(const callgrind_profile *profile, size_t event, exports_format format)
{
    g_autoptr(GPtrArray) stacks = stacks_from_callgrind(profile, event);
    if (format == EXPORTS_SPEEDSCOPE)
        return write_speedscope(profile, event, stacks);
    if (format == EXPORTS_PPROF)
        return write_pprof(profile, event, stacks);
    char *text = format == EXPORTS_FOLDED ? stacks_folded(stacks)
                                          : flame_svg(stacks, NULL, shape_of(format),
                                                      profile->command, profile->events[event]);
    return g_bytes_new_take(text, strlen(text));
}
