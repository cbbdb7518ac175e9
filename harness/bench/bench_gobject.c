/*
 * bench_gobject -- the worker in which GLib's GObject is measured.
 *
 * A class with four 64-bit fields, which are its properties "a" to "d". The fields of a new object
 * are filled directly, as a constructor does; get and set go by name, through
 * g_object_get_property() and g_object_set_property(). Fixed fields: it stands beside the layout
 * slots.
 */
#include <glib-object.h>

#include "harness/bench/worker.h"

enum { N_ATTRIBUTES = 4 };

typedef struct measured {
    GObject parent;
    gint64 fields[N_ATTRIBUTES];
} measured;

typedef struct measured_class {
    GObjectClass parent;
} measured_class;

static const char *const names[N_ATTRIBUTES] = {"a", "b", "c", "d"};
static GType measured_type;

static void get_property(GObject *object, guint id, GValue *value, GParamSpec *spec)
{
    (void)spec;
    g_value_set_int64(value, ((measured *)(void *)object)->fields[id - 1]);
}

static void set_property(GObject *object, guint id, const GValue *value, GParamSpec *spec)
{
    (void)spec;
    ((measured *)(void *)object)->fields[id - 1] = g_value_get_int64(value);
}

static void init_class(void *class_of_measured, void *data)
{
    (void)data;
    GObjectClass *class = class_of_measured;
    class->get_property = get_property;
    class->set_property = set_property;
    for (guint a = 0; a < N_ATTRIBUTES; a++)
        g_object_class_install_property(
            class, a + 1,
            g_param_spec_int64(names[a], NULL, NULL, G_MININT64, G_MAXINT64, 0,
                               G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
}

static inline __attribute__((always_inline)) void *runtime_create(int layout, uint64_t i)
{
    (void)layout;
    measured *object = g_object_new(measured_type, NULL);
    for (int a = 0; a < N_ATTRIBUTES; a++)
        object->fields[a] = (gint64)i + a;
    return object;
}

static inline void runtime_destroy(void *object)
{
    g_object_unref(object);
}

static inline uint64_t runtime_get(void *object, int attribute)
{
    GValue value = G_VALUE_INIT;
    (void)g_value_init(&value, G_TYPE_INT64);
    g_object_get_property(object, names[attribute], &value);
    return (uint64_t)g_value_get_int64(&value);
}

static inline void runtime_set(void *object, int attribute, uint64_t number)
{
    GValue value = G_VALUE_INIT;
    (void)g_value_init(&value, G_TYPE_INT64);
    g_value_set_int64(&value, (gint64)number);
    g_object_set_property(object, names[attribute], &value);
}

/* The kernels call the functions above. */
#define OBJECT_BARE
#include "harness/bench/object_kernels.h"

static object_state timed_objects = {.layout = -1};
OBJECT_KERNEL(timed, create)
OBJECT_KERNEL(timed, create_warm)
OBJECT_KERNEL(timed, bytes)
OBJECT_KERNEL(timed, get)
OBJECT_KERNEL(timed, set)
OBJECT_KERNEL(timed, fifo)
OBJECT_KERNEL(timed, lifo)
OBJECT_KERNEL(timed, random)
OBJECT_KERNEL(timed, batch)

int main(int argc, char **argv)
{
    static const worker_step steps[] = {
        {"create", "slots", "ns", true, timed_create, 1},
        {"bytes_per_object", "slots", "bytes", false, timed_bytes, 1},
        {"get", "slots", "ns", false, timed_get, 1},
        {"set", "slots", "ns", false, timed_set, 1},
        {"destroy_fifo", "slots", "ns", false, timed_fifo, 1},
        {"create_warm", "slots", "ns", false, timed_create_warm, 1},
        {"destroy_lifo", "slots", "ns", false, timed_lifo, 1},
        {"destroy_random", "slots", "ns", false, timed_random, 1},
        {"batch", "slots", "ns", false, timed_batch, 1},
    };
    const GTypeInfo info = {.class_size = sizeof(measured_class),
                            .class_init = init_class,
                            .instance_size = sizeof(measured)};
    measured_type = g_type_register_static(G_TYPE_OBJECT, "Measured", &info, 0);
    g_object_unref(g_object_new(measured_type, NULL)); /* the class is made once, untimed */
    return worker_main(argc, argv, steps, G_N_ELEMENTS(steps));
}
