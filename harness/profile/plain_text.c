#include "harness/profile/plain_text.h"

static gboolean is_direction(gunichar c)
{
    return (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x061c;
}

char *plain_text(const char *text)
{
    g_autofree char *valid = g_utf8_make_valid(text, -1);
    GString *plain = g_string_new(NULL);
    for (const char *p = valid; *p != '\0'; p = g_utf8_next_char(p)) {
        gunichar c = g_utf8_get_char(p);
        if (c != '\n' && g_unichar_iscntrl(c))
            g_string_append_printf(plain, "\\x%02x", (unsigned)c);
        else if (is_direction(c))
            g_string_append_printf(plain, "\\u{%04x}", (unsigned)c);
        else
            g_string_append_unichar(plain, c);
    }
    return g_string_free(plain, FALSE);
}

char *plain_text_number(uint64_t value)
{
    g_autofree char *digits = g_strdup_printf("%" G_GUINT64_FORMAT, value);
    GString *number = g_string_new(digits);
    for (gssize at = (gssize)number->len - 3; at > 0; at -= 3)
        g_string_insert_c(number, at, ',');
    return g_string_free(number, FALSE);
}
