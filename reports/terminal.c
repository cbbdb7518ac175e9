#include "reports/terminal.h"

#include "reports/figures.h"
#include "reports/losses.h"
#include "reports/text.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    DEFAULT_WIDTH = 80,
    MAX_WIDTH = 110, /* longer lines are hard to read */
    N_ADVICE = 3,
    N_LOSSES = 12, /* the report has the rest */
    MARGIN = 2
};

typedef enum colour { PLAIN, BOLD, DIM, RED, GREEN, YELLOW, CYAN } colour;

typedef struct page {
    GString *out;
    unsigned width;
    bool colours, utf8;
} page;

/* By the environment, as setlocale() would read it, but without changing the process. */
static bool locale_is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            g_autofree char *upper = g_ascii_strup(value, -1);
            return strstr(upper, "UTF-8") != NULL || strstr(upper, "UTF8") != NULL;
        }
    }
    return false;
}

terminal_style terminal_style_for(int fd)
{
    terminal_style style = {.width = DEFAULT_WIDTH};
    struct winsize size;
    const char *columns = getenv("COLUMNS");
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    bool is_terminal = isatty(fd) == 1;
    if (is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col != 0)
        style.width = size.ws_col;
    else if (columns != NULL && strtoul(columns, NULL, 10) != 0)
        style.width = (unsigned)CLAMP(strtoul(columns, NULL, 10), TERMINAL_MIN_WIDTH, MAX_WIDTH);
    style.colours = is_terminal && (no_color == NULL || no_color[0] == '\0') && term != NULL &&
                    strcmp(term, "dumb") != 0;
    style.utf8 = locale_is_utf8();
    return style;
}

static void put_colour(page *to, colour c)
{
    static const char *const codes[] = {
        [PLAIN] = "0",  [BOLD] = "1",    [DIM] = "2",   [RED] = "31",
        [GREEN] = "32", [YELLOW] = "33", [CYAN] = "36",
    };
    if (to->colours)
        g_string_append_printf(to->out, "\x1b[%sm", codes[c]);
}

/* Our own text or text made safe, in a colour. */
static void put(page *to, colour c, const char *text)
{
    if (c != PLAIN)
        put_colour(to, c);
    g_string_append(to->out, text);
    if (c != PLAIN)
        put_colour(to, PLAIN);
}

static void put_blanks(page *to, size_t n)
{
    g_string_append_printf(to->out, "%*s", (int)n, "");
}

/* Text at the left or right of a field; longer text is cut. */
static void put_field(page *to, colour c, const char *text, size_t width, bool right)
{
    size_t n = text_width(text);
    g_autofree char *cut = NULL;
    if (n > width) {
        glong n_chars = (glong)width;
        do {
            g_free(cut);
            cut = g_utf8_substring(text, 0, MIN(n_chars, g_utf8_strlen(text, -1)));
            n = text_width(cut);
            n_chars--;
        } while (n > width);
    }
    if (right)
        put_blanks(to, width - n);
    put(to, c, cut != NULL ? cut : text);
    if (!right)
        put_blanks(to, width - n);
}

static colour verdict_colour(record_verdict v)
{
    switch (v) {
    case RECORD_RIGHT:
    case RECORD_GRADED:
        return GREEN;
    case RECORD_PARTIAL:
    case RECORD_VOID:
    case RECORD_HARNESS_FAULT:
        return YELLOW;
    default:
        return RED;
    }
}

static void put_heading(page *to, const char *text)
{
    g_string_append_c(to->out, '\n');
    put_blanks(to, MARGIN);
    put(to, BOLD, text);
    g_string_append_c(to->out, '\n');
}

/* A paragraph after what already stands on the line. */
static void put_wrapped(page *to, const char *text, size_t column)
{
    text_append_wrapped(to->out, text, column, column, to->width - 1);
    g_string_append_c(to->out, '\n');
}

static void put_note(page *to, const record *r)
{
    if (r->note[0] == '\0')
        return;
    g_autofree char *note = text_for_terminal(r->note);
    put_blanks(to, MARGIN);
    put_colour(to, YELLOW);
    g_string_append(to->out, "! ");
    text_append_wrapped(to->out, note, MARGIN + 2, MARGIN + 2, to->width - 1);
    put_colour(to, PLAIN);
    g_string_append(to->out, "\n\n");
}

static void put_head(page *to, const record *r)
{
    g_autofree char *name = text_for_terminal(r->submission_name);
    g_autofree char *score = text_number(r->score, 2);
    g_autofree char *max = text_number(r->max_score, 2);
    g_autofree char *points = g_strdup_printf("%s / %s", score, max);
    const char *verdict = record_verdict_name(r->verdict);
    size_t tail = strlen(points) + 2 + strlen(verdict);
    put_blanks(to, MARGIN);
    put_field(to, BOLD, name, to->width - 2 * MARGIN - tail - 1, false);
    g_string_append_c(to->out, ' ');
    put(to, BOLD, points);
    put_blanks(to, 2);
    put(to, verdict_colour(r->verdict), verdict);
    g_string_append(to->out, "\n\n");
}

/* A bar of width cells, filled to share; UTF-8 terminals show eighths. */
static void put_bar(page *to, double share, unsigned width, colour c)
{
    static const char *const eighths[] = {"",       "\u258f", "\u258e", "\u258d",
                                          "\u258c", "\u258b", "\u258a", "\u2589"};
    enum { EIGHTHS = 8 };
    unsigned filled = (unsigned)(share * width * EIGHTHS + 0.5);
    unsigned n_whole = filled / EIGHTHS;
    unsigned rest = to->utf8 ? filled % EIGHTHS : 0;
    put_colour(to, c);
    for (unsigned i = 0; i < n_whole; i++)
        g_string_append(to->out, to->utf8 ? "\u2588" : "#");
    g_string_append(to->out, eighths[rest]);
    put_colour(to, PLAIN);
    put_colour(to, DIM);
    for (unsigned i = n_whole + (rest != 0); i < width; i++)
        g_string_append(to->out, to->utf8 ? "\u00b7" : ".");
    put_colour(to, PLAIN);
}

static void put_part(page *to, const record_part *part, size_t title_width, unsigned bar_width)
{
    enum { POINTS = 7, MAX_POINTS = 4 };
    g_autofree char *title = text_for_terminal(part->title);
    g_autofree char *score = text_number(part->score, 2);
    g_autofree char *max = text_number(part->max_score, 2);
    colour c = verdict_colour(part->verdict);
    put_blanks(to, MARGIN);
    put_field(to, PLAIN, title, title_width, false);
    put_blanks(to, 1);
    if (bar_width != 0) {
        put_bar(to, part->max_score > 0 ? part->score / part->max_score : 0, bar_width, c);
        put_blanks(to, 1);
    }
    put_field(to, PLAIN, score, POINTS, true);
    g_string_append(to->out, " / ");
    put_field(to, PLAIN, max, MAX_POINTS, false);
    put_blanks(to, 2);
    put(to, c, record_verdict_name(part->verdict));
    g_string_append_c(to->out, '\n');
}

static void put_parts(page *to, const record *r)
{
    enum { FIXED = MARGIN + 1 + 1 + 7 + 3 + 4 + 2 + 14, MAX_BAR = 30, MIN_BAR = 8, MAX_TITLE = 26 };
    size_t title_width = 0;
    for (unsigned i = 0; i < r->parts->len; i++) {
        g_autofree char *title =
            text_for_terminal(((const record_part *)r->parts->pdata[i])->title);
        title_width = MAX(title_width, text_width(title));
    }
    size_t room = to->width > FIXED ? to->width - FIXED : 0;
    title_width = MIN(title_width, MIN((size_t)MAX_TITLE, room));
    size_t bar = MIN(room - title_width, (size_t)MAX_BAR);
    for (unsigned i = 0; i < r->parts->len; i++)
        put_part(to, r->parts->pdata[i], title_width, bar < MIN_BAR ? 0 : (unsigned)bar);
}

static char *place_of(const record_feedback *f)
{
    if (f->file == NULL)
        return g_strdup("");
    g_autofree char *file = text_for_terminal(f->file);
    return f->line != 0 ? g_strdup_printf("%s:%u", file, f->line) : g_steal_pointer(&file);
}

static void put_loss(page *to, const losses_item *item)
{
    enum { POINTS = 6, TEXT = MARGIN + POINTS + 2 };
    const record_feedback *f = item->feedback;
    g_autofree char *lost = text_number(f->points_lost, 2);
    g_autofree char *signed_lost =
        f->points_lost > 0 ? g_strdup_printf("-%s", lost) : g_strdup("note");
    g_autofree char *text = text_for_terminal(f->text);
    g_autofree char *part = text_for_terminal(item->part->title);
    g_autofree char *place = place_of(f);
    put_blanks(to, MARGIN);
    put_field(to, f->points_lost > 0 ? RED : DIM, signed_lost, POINTS, true);
    put_blanks(to, 2);
    put_wrapped(to, text, TEXT);
    put_blanks(to, TEXT);
    size_t room = to->width - 1 - TEXT;
    if (text_width(place) + 2 > room || place[0] == '\0') { /* the place alone, wrapped */
        put_wrapped(to, place[0] != '\0' ? place : part, TEXT);
        return;
    }
    put(to, CYAN, place);
    put_blanks(to, 2);
    put_field(to, DIM, part, MIN(text_width(part), room - text_width(place) - 2), false);
    g_string_append_c(to->out, '\n');
}

static void put_losses(page *to, const record *r)
{
    GArray *list = losses_list(r);
    if (list->len != 0)
        put_heading(to, "What cost points");
    for (unsigned i = 0; i < list->len && i < N_LOSSES; i++)
        put_loss(to, &g_array_index(list, losses_item, i));
    if (list->len > N_LOSSES) {
        g_autofree char *more =
            g_strdup_printf("... and %u more in the report.", list->len - N_LOSSES);
        put_blanks(to, MARGIN);
        put(to, DIM, more);
        g_string_append_c(to->out, '\n');
    }
    g_array_unref(list);
}

static void put_cell(page *to, const figures_cell *cell, size_t width)
{
    enum { RATIO = 7 };
    if (cell->mine == NULL) {
        put_field(to, DIM, "-", width - RATIO, true);
        put_blanks(to, RATIO);
        return;
    }
    g_autofree char *value = text_figure(cell->mine->median, "");
    put_field(to, PLAIN, value, width - RATIO, true);
    g_autofree char *ratio = NULL;
    if (cell->mine->ratio_to != NULL) {
        ratio = g_strdup_printf("%.2fx", cell->mine->ratio_median);
    }
    put_field(to, DIM, ratio != NULL ? ratio : "", RATIO, true);
}

/* A line for the unit where it changes. */
static void put_unit(page *to, const figures_table *table, unsigned i)
{
    const figures_row *row = table->rows->pdata[i];
    if (i != 0 && strcmp(((const figures_row *)table->rows->pdata[i - 1])->unit, row->unit) == 0)
        return;
    g_autofree char *label = text_unit_label(row->unit);
    g_autofree char *safe = text_for_terminal(label);
    put_blanks(to, MARGIN);
    put_field(to, DIM, safe, MIN(text_width(safe), to->width - 1 - MARGIN), false);
    g_string_append_c(to->out, '\n');
}

static void put_figures(page *to, const record *r)
{
    enum { LABEL = 24, MIN_LABEL = 14, CELL = 16, MIN_CELL = 14 };
    g_autoptr(figures_table) table = figures_table_new(r);
    size_t n = table->layouts->len;
    if (table->rows->len == 0)
        return;
    size_t cell = to->width >= MARGIN + LABEL + n * CELL ? CELL : MIN_CELL;
    size_t label = LABEL;
    while (n > 1 && to->width < MARGIN + MIN_LABEL + n * cell)
        n--; /* the report has every column */
    if (to->width < MARGIN + label + n * cell)
        label = MAX(to->width - MARGIN - n * cell, (size_t)MIN_LABEL);
    put_heading(to, "The layouts");
    put_blanks(to, MARGIN + label);
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = text_for_terminal(table->layouts->pdata[i]);
        put_field(to, BOLD, name[0] != '\0' ? name : "all", cell, true);
    }
    g_string_append_c(to->out, '\n');
    for (unsigned i = 0; i < table->rows->len; i++) {
        const figures_row *row = table->rows->pdata[i];
        g_autofree char *plain = text_figure_label(row->name);
        g_autofree char *safe = text_for_terminal(plain);
        put_unit(to, table, i);
        put_blanks(to, MARGIN + 2);
        put_field(to, PLAIN, safe, label - 2, false);
        for (unsigned k = 0; k < n; k++)
            put_cell(to, &row->cells[k], cell);
        g_string_append_c(to->out, '\n');
    }
    if (table->reference[0] != '\0') {
        g_autofree char *name = text_for_terminal(table->reference);
        g_autofree char *note =
            g_strdup_printf("1.5x: one and a half times the cost of the %s's.", name);
        put_blanks(to, MARGIN);
        put_colour(to, DIM);
        text_append_wrapped(to->out, note, MARGIN, MARGIN, to->width - 1);
        put_colour(to, PLAIN);
        g_string_append_c(to->out, '\n');
    }
}

static void put_advice(page *to, const record *r)
{
    GPtrArray *advice = losses_advice(r, N_ADVICE);
    put_heading(to, "What to do next");
    for (unsigned i = 0; i < advice->len; i++) {
        g_autofree char *safe = text_for_terminal(advice->pdata[i]);
        g_string_append_printf(to->out, "  %u. ", i + 1);
        put_wrapped(to, safe, MARGIN + 3);
    }
    g_ptr_array_unref(advice);
}

char *terminal_render(const record *r, const terminal_style *style)
{
    page to = {.out = g_string_new("\n"),
               .width = CLAMP(style->width, TERMINAL_MIN_WIDTH, MAX_WIDTH),
               .colours = style->colours,
               .utf8 = style->utf8};
    put_note(&to, r);
    put_head(&to, r);
    put_parts(&to, r);
    put_losses(&to, r);
    put_figures(&to, r);
    put_advice(&to, r);
    g_string_append_c(to.out, '\n');
    return g_string_free(to.out, FALSE);
}
