/*
 * bench_lua -- the worker in which Lua's tables are measured through its C API, without
 * interpreting.
 *
 * An object is a table with four fields whose names are strings that exist already. C holds tables
 * by their key in one array, so each operation also takes the table from there, as every user of
 * the API must. Lua frees by collection only: its collector is stopped but in destroy_fifo, where N
 * references are dropped and one full collection frees them.
 */
#include <lauxlib.h>
#include <lua.h>

#include "harness/bench/worker.h"

#include <stdio.h>

enum { N_ATTRIBUTES = 4, HOLDER = 1, FIRST_NAME = 2 }; /* places on Lua's stack */

static lua_State *lua;

static inline void push_table(void *object)
{
    (void)lua_rawgeti(lua, HOLDER, (lua_Integer)(uintptr_t)object);
}

static inline __attribute__((always_inline)) void *runtime_create(int layout, uint64_t i)
{
    (void)layout;
    lua_createtable(lua, 0, N_ATTRIBUTES);
    for (int a = 0; a < N_ATTRIBUTES; a++) {
        lua_pushvalue(lua, FIRST_NAME + a);
        lua_pushinteger(lua, (lua_Integer)i + a);
        lua_rawset(lua, -3);
    }
    lua_rawseti(lua, HOLDER, (lua_Integer)i + 1);
    return (void *)(uintptr_t)(i + 1);
}

static inline void runtime_destroy(void *object)
{
    lua_pushnil(lua);
    lua_rawseti(lua, HOLDER, (lua_Integer)(uintptr_t)object);
}

static inline uint64_t runtime_get(void *object, int attribute)
{
    push_table(object);
    lua_pushvalue(lua, FIRST_NAME + attribute);
    (void)lua_rawget(lua, -2);
    uint64_t result = (uint64_t)lua_tointeger(lua, -1);
    lua_pop(lua, 2);
    return result;
}

static inline void runtime_set(void *object, int attribute, uint64_t value)
{
    push_table(object);
    lua_pushvalue(lua, FIRST_NAME + attribute);
    lua_pushinteger(lua, (lua_Integer)value);
    lua_rawset(lua, -3);
    lua_pop(lua, 1);
}

/* The kernels call the functions above. */
#define OBJECT_BARE
#include "harness/bench/object_kernels.h"

static object_state timed_objects = {.layout = -1};
OBJECT_KERNEL(timed, bytes)
OBJECT_KERNEL(timed, get)
OBJECT_KERNEL(timed, set)

/* The array that holds the tables is there, and what was dropped is gone, before the clock runs. */
static bool timed_create(worker *w)
{
    objects_drain(w, &timed_objects);
    lua_createtable(lua, (int)w->n, 0);
    lua_replace(lua, HOLDER);
    (void)lua_gc(lua, LUA_GCCOLLECT);
    return kernel_create(w, &timed_objects, w->step->which);
}

static bool timed_fifo(worker *w)
{
    if (!objects_fill(w, &timed_objects, w->step->which))
        return false;
    timed_objects.layout = -1;
    for (worker_pass p = worker_pass_start(w, WINDOW_ANY_FAULTS); worker_pass_next(&p);) {
        for (size_t i = p.first; i < p.last; i++)
            runtime_destroy(w->pointers[i]);
        if (p.last == w->n)
            (void)lua_gc(lua, LUA_GCCOLLECT);
    }
    return true;
}

static bool prepare(void)
{
    static const char *const names[N_ATTRIBUTES] = {"a", "b", "c", "d"};
    lua = luaL_newstate();
    if (lua == NULL)
        return false;
    (void)lua_gc(lua, LUA_GCSTOP);
    lua_newtable(lua);
    for (int a = 0; a < N_ATTRIBUTES; a++)
        (void)lua_pushstring(lua, names[a]);
    return true;
}

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
        {"create", "dict", "ns", true, timed_create, 0},
        {"bytes_per_object", "dict", "bytes", false, timed_bytes, 0},
        {"get", "dict", "ns", false, timed_get, 0},
        {"set", "dict", "ns", false, timed_set, 0},
        {"destroy_fifo", "dict", "ns", false, timed_fifo, 0},
    };
    if (!prepare()) {
        (void)puts("fail Lua cannot be initialised");
        return 2;
    }
    return worker_main(argc, argv, steps, sizeof steps / sizeof steps[0]);
}
