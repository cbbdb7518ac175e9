/*
 * instrument_agent.c -- an instrumenting profiler: the program is built with
 * -finstrument-functions, and every call and return comes by here.
 *
 * Each thread has a stack of open calls and a tree of calling contexts of its own; recursion is a
 * path in the tree. A return that does not belong to the innermost call (longjmp, an exception)
 * closes all calls above. Trees are written at exit, also those of threads that are still running.
 */
#include "harness/profile/agent/agent.h"

#include <pthread.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_DEPTH  8192
#define N_BLOCK    4096
#define NO_PROFILE __attribute__((no_instrument_function))
#define SECOND_NS  1000000000UL

typedef struct node {
    void *function;
    struct node *parent, *first_child, *next;
    uint64_t calls, own_ns;
    uint64_t id; /* for writing; 0: not yet */
} node;

typedef struct open_call {
    node *node;
    uint64_t begin_ns, inner_ns; /* inner: spent in calls from it */
} open_call;

typedef struct thread_state {
    struct thread_state *next;
    node root;
    node *free_nodes;
    unsigned n_free;
    unsigned depth, n_too_deep;
    open_call calls[MAX_DEPTH];
} thread_state;

static int output = -1;
static thread_state *all_threads;
static pthread_mutex_t all_threads_lock = PTHREAD_MUTEX_INITIALIZER;
static __thread thread_state *own_state;
static __thread bool is_inside; /* no call from here is profiled */

void __cyg_profile_func_enter(void *function, void *site) NO_PROFILE;
void __cyg_profile_func_exit(void *function, void *site) NO_PROFILE;

NO_PROFILE static uint64_t now_ns(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

NO_PROFILE static void *map(size_t n_bytes)
{
    void *memory = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

NO_PROFILE static thread_state *thread_begin(void)
{
    thread_state *state = map(sizeof *state);
    if (state == NULL)
        return NULL;
    (void)pthread_mutex_lock(&all_threads_lock); /* a plain mutex of ours: cannot fail */
    state->next = all_threads;
    all_threads = state;
    (void)pthread_mutex_unlock(&all_threads_lock);
    own_state = state;
    return state;
}

/* The child for that function, found ones first next time; NULL without memory. */
NO_PROFILE static node *child_of(thread_state *state, node *parent, void *function)
{
    node **link = &parent->first_child;
    for (node *child = *link; child != NULL; link = &child->next, child = *link) {
        if (child->function != function)
            continue;
        *link = child->next;
        child->next = parent->first_child;
        parent->first_child = child;
        return child;
    }
    if (state->n_free == 0) {
        state->free_nodes = map(N_BLOCK * sizeof(node));
        if (state->free_nodes == NULL)
            return NULL;
        state->n_free = N_BLOCK;
    }
    node *child = state->free_nodes++;
    state->n_free--;
    child->function = function;
    child->parent = parent;
    child->next = parent->first_child;
    parent->first_child = child;
    return child;
}

void __cyg_profile_func_enter(void *function, void *site)
{
    (void)site; /* gcc's signature */
    if (output < 0 || is_inside)
        return;
    is_inside = true;
    thread_state *state = own_state != NULL ? own_state : thread_begin();
    if (state != NULL && state->depth < MAX_DEPTH) {
        node *parent = state->depth > 0 ? state->calls[state->depth - 1].node : &state->root;
        node *child = child_of(state, parent, function);
        if (child != NULL) {
            child->calls++;
            state->calls[state->depth++] = (open_call){child, now_ns(), 0};
        }
    } else if (state != NULL) {
        state->n_too_deep++; /* its time is the last frame's own */
    }
    is_inside = false;
}

NO_PROFILE static void close_call(thread_state *state, uint64_t now)
{
    open_call *call = &state->calls[--state->depth];
    uint64_t elapsed = now - call->begin_ns;
    call->node->own_ns += elapsed > call->inner_ns ? elapsed - call->inner_ns : 0;
    if (state->depth > 0)
        state->calls[state->depth - 1].inner_ns += elapsed;
}

void __cyg_profile_func_exit(void *function, void *site)
{
    (void)site; /* gcc's signature */
    thread_state *state = own_state;
    if (output < 0 || is_inside || state == NULL)
        return;
    if (state->n_too_deep > 0) {
        state->n_too_deep--;
        return;
    }
    uint64_t now = now_ns();
    unsigned depth = state->depth;
    while (depth > 0 && state->calls[depth - 1].node->function != function)
        depth--;
    while (depth > 0 && state->depth >= depth) /* those above were left by longjmp */
        close_call(state, now);
}

/* ---- the end ---- */

NO_PROFILE static void write_node(node *n, uint64_t id)
{
    char line[128] = "n ";
    n->id = id;
    char *p = agent_append(line + 2, id, 10);
    *p++ = ' ';
    p = agent_append(p, n->parent->id, 10);
    *p++ = ' ';
    p = agent_append(p, (uintptr_t)n->function, 16);
    *p++ = ' ';
    p = agent_append(p, n->calls, 10);
    *p++ = ' ';
    p = agent_append(p, n->own_ns, 10);
    *p++ = '\n';
    agent_write(output, line, (size_t)(p - line));
}

/* Parents before children, without recursion: trees are as deep as the program's stack. */
NO_PROFILE static uint64_t write_tree(node *root, uint64_t id)
{
    for (node *n = root->first_child; n != NULL;) {
        write_node(n, ++id);
        if (n->first_child != NULL) {
            n = n->first_child;
            continue;
        }
        while (n != root && n->next == NULL)
            n = n->parent;
        n = n == root ? NULL : n->next;
    }
    return id;
}

__attribute__((constructor)) NO_PROFILE static void begin(void)
{
    output = agent_open("instrument");
}

__attribute__((destructor)) NO_PROFILE static void end(void)
{
    if (output < 0)
        return;
    is_inside = true;
    agent_write_maps(output);
    uint64_t now = now_ns(), id = 0;
    (void)pthread_mutex_lock(&all_threads_lock); /* as in thread_begin() */
    for (thread_state *state = all_threads; state != NULL; state = state->next) {
        while (state->depth > 0) /* main, if exit() was called within it */
            close_call(state, now);
        id = write_tree(&state->root, id);
    }
    (void)pthread_mutex_unlock(&all_threads_lock);
    output = -1;
}
