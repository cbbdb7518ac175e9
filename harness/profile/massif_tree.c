#include "harness/profile/massif_tree.h"

#include "harness/profile/scan.h"

#define MAX_DEPTH  4096
#define FIRST_BITS 10

/* Labels repeat from snapshot to snapshot: each is taken apart once. */
typedef struct label {
    const char *text; /* a copy: those in the file are far apart; NULL: free slot */
    size_t n_bytes;
    uint64_t hash;
    const massif_place *place;
} label;

/* A node whose children are still coming: they are pending[first_child ..]. */
typedef struct open_node {
    size_t node; /* index in pending */
    uint64_t n_announced;
} open_node;

struct massif_tree {
    store *store;
    const char *nothing; /* interned "" */
    label *labels;       /* open addressing */
    unsigned bits;
    size_t n_labels;
    massif_node *pending; /* complete nodes wait here for their parent */
    size_t n_pending, pending_capacity;
    open_node open[MAX_DEPTH + 1]; /* the path from the root to the last line */
    size_t n_open;
    size_t n_missing;
};

massif_tree *massif_tree_new(store *s)
{
    massif_tree *t = g_new0(massif_tree, 1);
    t->store = s;
    t->nothing = store_intern(s, "", 0);
    t->bits = FIRST_BITS;
    t->labels = g_new0(label, (size_t)1 << t->bits);
    return t;
}

void massif_tree_free(massif_tree *t)
{
    if (t == NULL)
        return;
    g_free(t->pending);
    g_free(t->labels);
    g_free(t);
}

/* ---- labels ---- */

/* "(file.c:12)" or "(in /lib/x.so)": [p, end) is what stands between the parentheses. */
static void read_location(const massif_tree *t, const char *p, const char *end, massif_place *place)
{
    if (end - p > 3 && memcmp(p, "in ", 3) == 0) {
        place->object = store_intern(t->store, p + 3, (size_t)(end - p - 3));
        return;
    }
    const char *colon = memrchr(p, ':', (size_t)(end - p));
    uint64_t line;
    if (colon != NULL && colon + 1 < end && scan_number(colon + 1, &line) == end &&
        line <= UINT32_MAX) {
        place->line = (uint32_t)line;
        end = colon;
    }
    place->file = store_intern(t->store, p, (size_t)(end - p));
}

/* The " (" of the location that ends a label, or NULL: the last one, since names hold parentheses,
 * colons and '#' of their own; but an object's path may hold some too. */
static const char *find_location(const char *begin, const char *end)
{
    if (end == begin || end[-1] != ')')
        return NULL;
    const char *object = memmem(begin, (size_t)(end - begin), " (in /", strlen(" (in /"));
    if (object != NULL)
        return object;
    for (const char *p = end - 2; p > begin; p--) {
        if (p[-1] == ' ' && p[0] == '(')
            return p - 1;
    }
    return NULL;
}

/* "0x109226: main (m.c:6)"; anything else is a label as a whole. */
static const massif_place *read_label(const massif_tree *t, const char *p, const char *end)
{
    massif_place *place = store_alloc(t->store, sizeof *place);
    place->file = place->object = t->nothing;
    const char *begin = p;
    const char *behind = p;
    if (end - p > 2 && p[0] == '0' && p[1] == 'x')
        behind = scan_number(p, &place->address);
    if (behind > p + 2 && end - behind > 2 && behind[0] == ':' && behind[1] == ' ') {
        begin = behind + 2;
        const char *open = find_location(begin, end);
        if (open != NULL) {
            read_location(t, open + 2, end - 1, place);
            end = open;
        }
    } else {
        place->address = 0;
    }
    place->function = store_intern(t->store, begin, (size_t)(end - begin));
    return place;
}

static void grow_labels(massif_tree *t)
{
    label *old = t->labels;
    size_t n_old = (size_t)1 << t->bits;
    t->bits++;
    t->labels = g_new0(label, (size_t)1 << t->bits);
    size_t mask = ((size_t)1 << t->bits) - 1;
    for (size_t i = 0; i < n_old; i++) {
        if (old[i].text == NULL)
            continue;
        size_t at = old[i].hash & mask;
        while (t->labels[at].text != NULL)
            at = (at + 1) & mask;
        t->labels[at] = old[i];
    }
    g_free(old);
}

/*
 * Of a label, its length, its beginning with the address and its end with the line: they tell
 * labels apart but for a few, which are compared.
 */
static uint64_t label_hash(const char *p, size_t n_bytes)
{
    uint64_t words[3];
    if (n_bytes < sizeof words)
        return store_hash(p, n_bytes);
    memcpy(words, p, 2 * sizeof(uint64_t));
    memcpy(&words[2], p + n_bytes - sizeof(uint64_t), sizeof(uint64_t));
    uint64_t hash = (words[0] ^ n_bytes) * 0x9E3779B97F4A7C15U;
    hash = (hash ^ (hash >> 32) ^ words[1]) * 0x9FB21C651E98DF25U;
    hash = (hash ^ (hash >> 32) ^ words[2]) * 0xD6E8FEB86659FD93U;
    return hash ^ (hash >> 32);
}

static const massif_place *find_label(massif_tree *t, const char *p, const char *end)
{
    if (2 * t->n_labels >= (size_t)1 << t->bits)
        grow_labels(t);
    size_t n_bytes = (size_t)(end - p);
    uint64_t hash = label_hash(p, n_bytes);
    size_t mask = ((size_t)1 << t->bits) - 1;
    size_t at = hash & mask;
    for (; t->labels[at].text != NULL; at = (at + 1) & mask) {
        const label *known = &t->labels[at];
        if (known->hash == hash && known->n_bytes == n_bytes &&
            memcmp(known->text, p, n_bytes) == 0)
            return known->place;
    }
    const massif_place *place = read_label(t, p, end);
    char *copy = store_alloc(t->store, n_bytes);
    if (n_bytes > 0)
        memcpy(copy, p, n_bytes);
    t->labels[at] = (label){copy, n_bytes, hash, place};
    t->n_labels++;
    return place;
}

/* ---- nodes ---- */

/* Completes the deepest open node: its children leave pending for an array of their own. */
static void close_node(massif_tree *t)
{
    open_node last = t->open[--t->n_open];
    size_t n_children = t->n_pending - last.node - 1;
    if (last.n_announced > n_children)
        t->n_missing += last.n_announced - n_children;
    if (n_children == 0)
        return;
    massif_node *children = store_alloc(t->store, n_children * sizeof *children);
    memcpy(children, &t->pending[last.node + 1], n_children * sizeof *children);
    massif_node *node = &t->pending[last.node];
    node->children = children;
    node->n_children = n_children;
    t->n_pending = last.node + 1;
}

static void append_node(massif_tree *t, const massif_place *place, uint64_t bytes)
{
    if (t->n_pending == t->pending_capacity) {
        t->pending_capacity = MAX((size_t)256, 2 * t->pending_capacity);
        t->pending = g_renew(massif_node, t->pending, t->pending_capacity);
    }
    t->pending[t->n_pending++] = (massif_node){.bytes = bytes, .place = place};
}

/* Eight at a time: how many there are is as good as random. There is something else at the end. */
static const char *skip_spaces(const char *p)
{
    uint64_t word;
    for (;; p += sizeof word) {
        memcpy(&word, p, sizeof word);
        word ^= 0x2020202020202020U;
        if (word != 0)
            return p + __builtin_ctzll(word) / 8;
    }
}

const char *massif_tree_line(massif_tree *t, const char *p, const char *end, const char **ret_place)
{
    const char *begin = p;
    p = skip_spaces(p);
    size_t depth = (size_t)(p - begin);
    *ret_place = p;
    if (p == end || *p != 'n')
        return "a line of the heap tree, 'n0: bytes ...'";
    if (depth > t->n_open || depth > MAX_DEPTH || (depth == 0 && t->n_pending > 0))
        return "a node no deeper than a child of the one above";
    uint64_t n_announced, bytes;
    const char *behind = scan_number(p + 1, &n_announced);
    *ret_place = behind;
    if (behind == p + 1 || end - behind < 2 || behind[0] != ':' || behind[1] != ' ')
        return "'nCOUNT: ' before the bytes";
    p = behind + 2;
    behind = scan_number(p, &bytes);
    *ret_place = behind;
    if (behind == p || behind > end || (behind < end && *behind != ' '))
        return "a number of bytes";
    while (t->n_open > depth)
        close_node(t);
    const massif_place *place = find_label(t, behind < end ? behind + 1 : end, end);
    t->open[t->n_open++] = (open_node){t->n_pending, n_announced};
    append_node(t, place, bytes);
    return NULL;
}

const massif_node *massif_tree_finish(massif_tree *t, size_t *ret_n_missing)
{
    while (t->n_open > 0)
        close_node(t);
    *ret_n_missing = t->n_missing;
    t->n_missing = 0;
    if (t->n_pending == 0)
        return NULL;
    massif_node *root = store_alloc(t->store, sizeof *root);
    *root = t->pending[0];
    t->n_pending = 0;
    return root;
}
