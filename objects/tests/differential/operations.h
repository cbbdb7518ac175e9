/*
 * operations.h -- what a line of a tape can ask for.
 *
 * Each operation has a name and the kinds of its arguments, one letter each:
 *
 *   s  a slot, 0..WORLD_SLOTS - 1          n  an attribute's name
 *   o  a slot, or -1 for none              c  a class
 *   i  an integer                          g  a generation, 0..2
 *   b  0 or 1                              *  slots, up to six more
 */
#ifndef OBJECTS_TESTS_DIFFERENTIAL_OPERATIONS_H
#define OBJECTS_TESTS_DIFFERENTIAL_OPERATIONS_H

#include "objects/tests/differential/world.h"

enum { OPERATION_MAX_ARGUMENTS = 8 };

/* Arguments as numbers: of slots, of names and of classes in their tables. */
typedef struct operation_arguments {
    int64_t at[OPERATION_MAX_ARGUMENTS];
    size_t n;
} operation_arguments;

typedef struct operation {
    const char *name, *signature;
    void (*run)(world *w, const operation_arguments *a);
} operation;

/* Ends with an operation without a name. */
extern const operation operations[];

/* Those of operations_collector.c. */
void operation_collect(world *w, const operation_arguments *a);
void operation_save_all(world *w, const operation_arguments *a);
void operation_garbage(world *w, const operation_arguments *a);
void operation_drop_garbage(world *w, const operation_arguments *a);
void operation_freeze(world *w, const operation_arguments *a);
void operation_unfreeze(world *w, const operation_arguments *a);
void operation_tracked(world *w, const operation_arguments *a);
void operation_finalized(world *w, const operation_arguments *a);
void operation_referents(world *w, const operation_arguments *a);
void operation_referrers(world *w, const operation_arguments *a);
void operation_objects(world *w, const operation_arguments *a);
void operation_stats(world *w, const operation_arguments *a);

/* Those of operations_values.c. */
void operation_append(world *w, const operation_arguments *a);
void operation_pop(world *w, const operation_arguments *a);
void operation_item(world *w, const operation_arguments *a);
void operation_set_item(world *w, const operation_arguments *a);
void operation_dict_set(world *w, const operation_arguments *a);
void operation_dict_get(world *w, const operation_arguments *a);
void operation_dict_unset(world *w, const operation_arguments *a);
void operation_length(world *w, const operation_arguments *a);
void operation_ref(world *w, const operation_arguments *a);
void operation_deref(world *w, const operation_arguments *a);
void operation_refs(world *w, const operation_arguments *a);
void operation_recover(world *w, const operation_arguments *a);

/* Those of operations_weak.c. */
void operation_weak(world *w, const operation_arguments *a);
void operation_weak_set(world *w, const operation_arguments *a);
void operation_weak_get(world *w, const operation_arguments *a);
void operation_weak_unset(world *w, const operation_arguments *a);
void operation_weak_pop(world *w, const operation_arguments *a);
void operation_weak_method(world *w, const operation_arguments *a);
void operation_finalize(world *w, const operation_arguments *a);
void operation_finalizer(world *w, const operation_arguments *a);
void operation_weak_has(world *w, const operation_arguments *a);
void operation_weak_show(world *w, const operation_arguments *a);
void operation_proxy(world *w, const operation_arguments *a);
void operation_proxy_get(world *w, const operation_arguments *a);
void operation_proxy_set(world *w, const operation_arguments *a);
void operation_proxy_unset(world *w, const operation_arguments *a);

/* True for a weak container or a proxy. */
bool operation_is_weak(value v);

/* What a slot holds, where a value is needed; 0 for nothing. */
value operation_operand(world *w, int64_t slot);

/* The object in a slot, if it is of a kind. */
object *operation_of_kind(world *w, int64_t slot, type_kind kind);

/* Tells a status; operation_finish(), if all went well, also a borrowed value, which goes into a
 * slot. */
void operation_status(world *w, status s);
void operation_finish(world *w, status s, value v, int64_t slot);

/* Puts a new object into a slot; NULL: no memory, which is told. */
void operation_put_new(world *w, int64_t slot, object *o);

/* The object in a slot; NULL, which is told, if there is none. */
object *operation_object(world *w, int64_t slot);

/* Reads a line, which is cut into words; *ret_operation NULL for a comment. False for no operation.
 */
bool operation_read(char *line, const operation **ret_operation,
                    operation_arguments *ret_arguments);

/* Runs one operation and writes its line. */
void operation_run(world *w, const operation *o, const operation_arguments *a);

#endif
