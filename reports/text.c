#include "reports/text.h"

#include <math.h>
#include <string.h>

/* Beyond it a number is written with an exponent. */
#define WHOLE_DIGITS 1e15

/* Characters that turn the direction of what follows, hide, or end a line where none is. */
static bool is_deceiving(gunichar c)
{
    return c == 0x061c || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe007f);
}

static bool is_control(gunichar c)
{
    return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/* The character at p, or U+FFFD for a byte that is none; *ret_next is what follows. */
static gunichar next_char(const char *p, const char **ret_next)
{
    gunichar c = g_utf8_get_char_validated(p, -1);
    if (c == (gunichar)-1 || c == (gunichar)-2) {
        *ret_next = p + 1;
        return 0xfffd;
    }
    *ret_next = g_utf8_next_char(p);
    return c;
}

char *text_for_terminal(const char *text)
{
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p != '\0';) {
        gunichar c = next_char(p, &p);
        if (c == '\n' || c == '\t' || c == '\r')
            g_string_append_c(out, ' ');
        else if (is_control(c))
            g_string_append_printf(out, "\\x%02x", c);
        else if (is_deceiving(c))
            g_string_append_printf(out, "<U+%04X>", c);
        else
            g_string_append_unichar(out, c);
    }
    return g_string_free(out, FALSE);
}

static bool is_xml_char(gunichar c)
{
    return c == '\t' || c == '\n' || c == '\r' ||
           (c >= 0x20 && c != 0xfffe && c != 0xffff && !(c >= 0xd800 && c <= 0xdfff));
}

void text_append_markup(GString *out, const char *text)
{
    for (const char *p = text; *p != '\0';) {
        gunichar c = next_char(p, &p);
        if (c == '&')
            g_string_append(out, "&amp;");
        else if (c == '<')
            g_string_append(out, "&lt;");
        else if (c == '>')
            g_string_append(out, "&gt;");
        else if (c == '"')
            g_string_append(out, "&quot;");
        else if (c == '\'')
            g_string_append(out, "&#39;");
        else if (is_deceiving(c))
            g_string_append_printf(out, "[U+%04X]", c);
        else
            g_string_append_unichar(out, is_xml_char(c) && !(c >= 0x7f && c <= 0x9f) ? c : 0xfffd);
    }
}

static size_t char_width(gunichar c)
{
    if (g_unichar_iszerowidth(c))
        return 0;
    return g_unichar_iswide(c) ? 2 : 1;
}

size_t text_width(const char *text)
{
    size_t width = 0;
    for (const char *p = text; *p != '\0';)
        width += char_width(next_char(p, &p));
    return width;
}

static void break_line(GString *out, size_t indent)
{
    g_string_append_printf(out, "\n%*s", (int)indent, "");
}

void text_append_wrapped(GString *out, const char *text, size_t column, size_t indent, size_t width)
{
    g_auto(GStrv) words = g_strsplit(text, " ", -1);
    size_t at = column;
    bool line_is_empty = true;
    for (char **w = words; *w != NULL; w++) {
        size_t n = text_width(*w);
        if (!line_is_empty && at + 1 + n > width) {
            break_line(out, indent);
            at = indent;
            line_is_empty = true;
        }
        if (!line_is_empty) {
            g_string_append_c(out, ' ');
            at++;
        }
        for (const char *p = *w; *p != '\0';) { /* a word longer than the line is cut */
            const char *next = NULL;
            size_t step = char_width(next_char(p, &next));
            if (at + step > width && at > indent) {
                break_line(out, indent);
                at = indent;
            }
            g_string_append_len(out, p, next - p);
            at += step;
            p = next;
        }
        line_is_empty = false;
    }
}

char *text_number(double x, int n_decimals)
{
    char format[16];
    char number[64];
    if (fabs(x) < WHOLE_DIGITS)
        (void)g_snprintf(format, sizeof format, "%%.%df", n_decimals);
    else
        (void)g_strlcpy(format, "%.3g", sizeof format);
    g_ascii_formatd(number, (gint)sizeof number, format, x);
    if (strchr(number, '.') != NULL && strchr(number, 'e') == NULL) {
        char *end = number + strlen(number);
        while (end[-1] == '0')
            *--end = '\0';
        if (end[-1] == '.')
            *--end = '\0';
    }
    return g_strdup(strcmp(number, "-0") == 0 ? "0" : number);
}

/* Digits of a whole number in groups of three. */
static char *group_digits(const char *digits, const char *separator)
{
    GString *out = g_string_new(NULL);
    size_t n = strlen(digits);
    for (size_t i = 0; i < n; i++) {
        if (i != 0 && (n - i) % 3 == 0 && digits[i - 1] != '-')
            g_string_append(out, separator);
        g_string_append_c(out, digits[i]);
    }
    return g_string_free(out, FALSE);
}

char *text_figure(double x, const char *separator)
{
    double size = fabs(x);
    if (size < 1)
        return text_number(x, 3);
    if (size < 10)
        return text_number(x, 2);
    if (size < 100)
        return text_number(x, 1);
    g_autofree char *digits = text_number(x, 0);
    if (size >= WHOLE_DIGITS)
        return g_steal_pointer(&digits);
    return group_digits(digits, separator);
}

char *text_bytes(double n_bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    size_t unit = 0;
    while (fabs(n_bytes) >= 1000 && unit + 1 < G_N_ELEMENTS(units)) {
        n_bytes /= 1000;
        unit++;
    }
    g_autofree char *number = text_figure(n_bytes, "");
    return g_strdup_printf("%s %s", number, units[unit]);
}

typedef struct label {
    const char *name, *text;
} label;

static const char *find_label(const label *labels, const char *name)
{
    for (; labels->name != NULL; labels++) {
        if (strcmp(name, labels->name) == 0)
            return labels->text;
    }
    return NULL;
}

char *text_unit_label(const char *unit)
{
    static const label labels[] = {
        {"ns", "time, ns"},     {"ticks", "time, ticks of the time stamp counter"},
        {"Ir", "instructions"}, {"bytes", "memory, bytes"},
        {NULL, NULL},
    };
    const char *text = find_label(labels, unit);
    return g_strdup(text != NULL ? text : unit);
}

char *text_figure_label(const char *name)
{
    static const label labels[] = {
        {"destroy_fifo", "destroy, in order"},
        {"destroy_lifo", "destroy, in reverse"},
        {"destroy_random", "destroy, at random"},
        {"bytes_per_object", "bytes an object"},
        {"collect_live", "collection, all live"},
        {"collect_garbage", "collection, all garbage"},
        {"pair", "alloc and free, a pair"},
        {"churn", "mixed alloc and free"},
        {"batch", "batch of 1000"},
        {NULL, NULL},
    };
    const char *text = find_label(labels, name);
    return text != NULL ? g_strdup(text) : g_strdelimit(g_strdup(name), "_", ' ');
}
