#include "harness/python/defect.h"

#include <string.h>

static const struct {
    const char *text;
    defect_kind kind;
    uint64_t first, period;
} catalogue[] = {
    {"double-handout", DEFECT_DOUBLE_HANDOUT, 200000, 10},
    {"realloc-loses-byte", DEFECT_REALLOC_LOSES_BYTE, 9000, 10},
    {"pool-returned-in-use", DEFECT_POOL_RETURNED_IN_USE, 200000, 10000},
};

bool defect_from_name(const char *text, defect *ret_defect)
{
    for (size_t i = 0; i < sizeof(catalogue) / sizeof(catalogue[0]); i++) {
        if (strcmp(catalogue[i].text, text) == 0) {
            *ret_defect = (defect){.kind = catalogue[i].kind,
                                   .first = catalogue[i].first,
                                   .period = catalogue[i].period};
            return true;
        }
    }
    return false;
}

/* ---- which block was handed out last ---- */

static void **last_of(defect *d, size_t n_bytes)
{
    return n_bytes > HEAP_SMALL_MAX_BYTES ? NULL : &d->last[heap_size_class(n_bytes)];
}

static void remember(defect *d, void *block)
{
    if (block != NULL && heap_owns(block))
        d->last[heap_pool_of(block)->size_class] = block;
}

static void forget(defect *d, const void *block)
{
    if (block == NULL || !heap_owns(block))
        return;
    void **last = &d->last[heap_pool_of(block)->size_class];
    if (*last == block)
        *last = NULL;
}

/* ---- the defects ---- */

static bool is_due(defect *d)
{
    uint64_t n = d->n_calls++;
    return n >= d->first && (n - d->first) % d->period == 0;
}

static void zero_block(void *block, void *argument)
{
    (void)argument;
    memset(block, 0, mem_usable_bytes(block));
}

/* What is read where a pool's memory went back to the system and was mapped again. */
static void return_pool(const void *block)
{
    const heap_pool *pool = heap_pool_of(block);
    heap_pool_view view = {.start = (const void *)((uintptr_t)block & ~(HEAP_POOL_BYTES - 1)),
                           .size_class = pool->size_class,
                           .n_live = pool->n_live,
                           .n_blocks = pool->n_blocks};
    heap_walk_blocks(&view, zero_block, NULL);
}

static void *defect_malloc(void *context, size_t n_bytes)
{
    defect *d = context;
    void **last = last_of(d, n_bytes);
    if (d->kind != DEFECT_REALLOC_LOSES_BYTE && last != NULL && *last != NULL && is_due(d)) {
        if (d->kind == DEFECT_DOUBLE_HANDOUT)
            return *last;
        return_pool(*last);
    }
    void *block = d->sound.malloc(d->sound.ctx, n_bytes);
    remember(d, block);
    return block;
}

static void *defect_calloc(void *context, size_t n, size_t n_bytes)
{
    defect *d = context;
    void *block = d->sound.calloc(d->sound.ctx, n, n_bytes);
    remember(d, block);
    return block;
}

static void *defect_realloc(void *context, void *block, size_t n_bytes)
{
    defect *d = context;
    size_t kept_bytes = block == NULL ? 0 : mem_usable_bytes(block);
    if (kept_bytes > n_bytes)
        kept_bytes = n_bytes;
    forget(d, block);
    unsigned char *moved = d->sound.realloc(d->sound.ctx, block, n_bytes);
    if (moved == NULL) {
        remember(d, block);
        return NULL;
    }
    if (d->kind == DEFECT_REALLOC_LOSES_BYTE && kept_bytes > 0 && is_due(d))
        moved[kept_bytes - 1] ^= 0xff;
    remember(d, moved);
    return moved;
}

static void defect_free(void *context, void *block)
{
    defect *d = context;
    forget(d, block);
    d->sound.free(d->sound.ctx, block);
}

PyMemAllocatorEx defect_wrap(defect *d)
{
    return (PyMemAllocatorEx){.ctx = d,
                              .malloc = defect_malloc,
                              .calloc = defect_calloc,
                              .realloc = defect_realloc,
                              .free = defect_free};
}
