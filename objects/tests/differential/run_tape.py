#!/usr/bin/env python3
"""run_tape.py -- runs textual tapes on CPython's own objects and prints what happens, line by line
as run_tape.c does on the C runtime. CPython is the oracle.

usage: run_tape.py TAPE...

The collector runs only when a tape asks for it. Everything that the interpreter itself consists of
is frozen, so that a collection sees the tape's objects only; callbacks, names and this program's
own tables live outside of the tape's objects and are not told of.
"""
import gc
import sys
import weakref

N_SLOTS = 16
NARROW_NAMES = ("a", "b", "c", "d", "e", "g", "h", "i")
MAX_TUPLE_DEPTH = 4
SLOTS = ("a", "b", "c", "f", "label")
SHOWN_ITEMS, SHOWN_DEPTH, SHOWN_BYTES = 6, 2, 12


class World:
    """What a tape works on."""

    def __init__(self, classes=(), is_wide=False):
        self.classes = classes
        self.is_wide = is_wide
        self.by_name = {c.__name__: c for c in classes}
        self.slots = [None] * N_SLOTS
        self.rescued = {}
        self.callbacks = []
        self.finalizers = [None] * 8
        self.counts = True
        self.is_done = False
        self.notes = []
        self.stats = gc.get_stats()


world = World()


# ---- the classes: as in world.c ----

def tell(self):
    return self.label


def finalize(self):
    mode = 0 if world.is_done else getattr(self, "f", 0)
    world.notes.append(f"  {type(self).__name__}#{label_of(self)} final {mode}")
    if mode == 1:
        world.rescued[self.label] = self
    elif mode == 2:
        if hasattr(self, "a"):
            del self.a
    elif mode == 3:
        n = gc.collect(2)
        if world.counts:
            world.notes.append(f"  {type(self).__name__}#{label_of(self)} collected {n}")
    elif mode == 4:
        world.rescued[self.label] = weakref.ref(self, Callback(self, -self.label, -1))


def equal_by_label(self, other):
    return type(other) is type(self) and label_of(self) % 4 == label_of(other) % 4


def hash_by_label(self):
    return label_of(self) % 4


def expect_keys(classes):
    """Makes the classes with a dict remember all names, the narrow ones first: each new instance
    takes room from its class's keys, and one that finds none is given a dict object."""
    for c in classes:
        if "__slots__" not in vars(c):
            o = c()
            for name in ("label", "f", *NARROW_NAMES, *"jklmnopqrstuvwxyz", "none"):
                setattr(o, name, 0)
            del o
    world.notes.clear()


def make_classes():
    """The classes, made anew for each tape: CPython's remember which attributes there were."""
    final = {"tell": tell, "__del__": finalize}
    equal = {"tell": tell, "__eq__": equal_by_label, "__hash__": hash_by_label}
    node = type("Node", (), {"tell": tell})
    slots_ref = type("SlotsRef", (), {"tell": tell, "__slots__": (*SLOTS, "__weakref__")})
    classes = (
        node,
        type("Leaf", (node,), {}),
        type("Final", (), final),
        type("Equal", (), equal),
        type("Slots", (), {"tell": tell, "__slots__": SLOTS}),
        slots_ref,
        type("SlotsSub", (slots_ref,), {"__slots__": ("d", "e")}),
        type("SlotsFinal", (slots_ref,), {**final, "__slots__": ()}),
        type("List", (list,), {"tell": tell}),
        type("ListFinal", (list,), final),
        type("Dict", (dict,), {"tell": tell}),
    )
    if world.is_wide:
        expect_keys(classes)
    return classes


METHOD = type(World().__init__)
ATOMIC = (int, float, str)
PROXIES = (weakref.ProxyType, weakref.CallableProxyType)
CONTAINERS = (weakref.WeakKeyDictionary, weakref.WeakValueDictionary, weakref.WeakSet)
WEAK = PROXIES + CONTAINERS  # asked for by type(): a proxy says that it is of its referent's class
BUILTIN = (list, dict, tuple, METHOD, weakref.ref)


def is_instance(o):
    return type(o) in world.classes


def is_known(o):
    return is_instance(o) or type(o) in BUILTIN


class Callback:
    """Of a weak reference. Kept by the world, so that none is ever garbage."""

    def __init__(self, o, number, drops):
        self.referent = f"{type(o).__name__}#{label_of(o)}"
        self.number = number
        self.drops = drops
        world.callbacks.append(self)

    def __call__(self, r):
        state = "dead" if type(r) in PROXIES or r() is None else "alive"
        world.notes.append(f"  {self.referent} callback {self.number} {state}")
        if self.drops >= 0:
            world.slots[self.drops] = None


# ---- showing values ----

def label_of(o):
    return getattr(o, "label", 0)


def show_items(items, depth):
    shown = [show(v, depth + 1) for v in items[:SHOWN_ITEMS]]
    if len(items) > SHOWN_ITEMS:
        shown.append(f"{len(items) - SHOWN_ITEMS} more")
    return ", ".join(shown)


def show_pairs(o, depth):
    shown = []
    for key, v in o.items():
        if len(shown) == SHOWN_ITEMS:
            shown.append(f"{len(o) - SHOWN_ITEMS} more")
            break
        shown.append(f"{show(key, depth + 1)}: {show(v, depth + 1)}")
    return ", ".join(shown)


def show_contents(o, depth):
    if isinstance(o, tuple):
        return f"({show_items(o, depth)})"
    if isinstance(o, list):
        return f"[{show_items(o, depth)}]"
    if isinstance(o, dict):
        return f"{{{show_pairs(o, depth)}}}"
    if isinstance(o, weakref.ref):
        return f"ref {show(o(), SHOWN_DEPTH)}"
    if isinstance(o, METHOD):
        return f"method {o.__name__} of {show(o.__self__, SHOWN_DEPTH)}"
    return ""


def show(v, depth=0):
    if v is None:
        return "nothing"
    if type(v) in WEAK:
        return "weak"
    if isinstance(v, int):
        return str(v)
    if isinstance(v, float):
        return f"{v:.4f}"
    if isinstance(v, str):
        return f"'{v[:SHOWN_BYTES]}'{len(v)}"
    kind = type(v)
    name = f"{kind.__name__}#{label_of(v)}" if is_instance(v) else ""
    if depth < SHOWN_DEPTH:
        return name + show_contents(v, depth)
    return name or {weakref.ref: "weakref.ReferenceType"}.get(kind, kind.__name__)


# ---- the operations: as in operations.c ----

class Refused(Exception):
    """The operation does not suit what is in the slot; its text is the result."""


def held(slot):
    o = world.slots[slot]
    if o is None or type(o) in WEAK or isinstance(o, int):
        raise Refused("no object")
    return o


def of_kind(slot, kind):
    o = world.slots[slot]
    if type(o) in WEAK or not isinstance(o, kind):
        raise Refused("wrong kind")
    return o


def operand(slot):
    v = world.slots[slot]
    return 0 if v is None or type(v) in WEAK else v


def finish(v, slot):
    """Tells a value and puts it into a slot. The caller holds no reference when this returns."""
    text = show(v)
    world.slots[slot] = v
    return f"ok {text}"


def put(slot, v):
    text = show(v)
    world.slots[slot] = v
    return text


def count(n):
    return str(n) if world.counts else "uncounted"


def yes_or_no(b):
    return ("yes" if b else "no") if world.counts else "uncounted"


def run_new(slot, cls, label):
    o = world.by_name[cls]()
    o.label = label
    return put(slot, o)


def run_int(slot, i):
    world.slots[slot] = i


def run_float(slot, i):
    return put(slot, i / 4)


def run_str(slot, i):
    return put(slot, f"s{i}" * (80 if i % 4 == 3 else 1))


def tuple_depth(v):
    return 1 + max(map(tuple_depth, v), default=0) if isinstance(v, tuple) else 0


def run_tuple(slot, *items):
    if any(tuple_depth(operand(i)) == MAX_TUPLE_DEPTH for i in items):
        raise Refused("not asked")
    if world.counts and any(isinstance(operand(i), tuple) for i in items):
        raise Refused("not asked")
    return put(slot, tuple([operand(i) for i in items]))


def run_list(slot):
    return put(slot, [])


def run_dict(slot):
    return put(slot, {})


def run_copy(slot, to):
    world.slots[to] = world.slots[slot]


def run_drop(slot):
    world.slots[slot] = None


def run_show(slot):
    return show(world.slots[slot])


def run_is(a, b):
    for slot in (a, b):
        if type(world.slots[slot]) in WEAK:
            return "not asked"
        if world.slots[slot] is None or isinstance(world.slots[slot], ATOMIC + (tuple,)):
            return "not asked"
    return "same" if world.slots[a] is world.slots[b] else "different"


def is_equal(a, b):
    try:
        return a == b
    except RecursionError:
        return False


def run_equal(a, b):
    return "equal" if is_equal(operand(a), operand(b)) else "different"


def run_hash(a, b):
    left, right = hash(operand(a)), hash(operand(b))
    if not is_equal(operand(a), operand(b)):
        return "ok"
    return "ok equal" if left == right else "ok equal, hashed differently"


def is_beyond(o, name, v):
    """What the two do differently on purpose: operations.c says why."""
    if not world.is_wide and name not in NARROW_NAMES:
        return True
    if isinstance(v, ATOMIC):
        return False
    is_sub_slot = hasattr(type(o), "__slots__") and name not in SLOTS
    return name not in NARROW_NAMES or is_sub_slot or (
        world.counts and isinstance(o, (list, dict)))


def run_set(slot, name, v):
    o = held(slot)
    v = world.slots[v]
    if v is None or type(v) in PROXIES:
        v = 0
    if is_beyond(o, name, v):
        raise Refused("not asked")
    setattr(o, name, v)
    return "ok"


def run_get(slot, name, to):
    return finish(getattr(held(slot), name), to)


def unset(o, name):
    """As delattr(), which makes even a missing attribute one of the class's keys."""
    if not hasattr(o, name):
        raise AttributeError(name)
    delattr(o, name)


def run_unset(slot, name):
    unset(held(slot), name)
    return "ok"


def run_mode(slot, mode):
    o = held(slot)
    if world.counts and mode == 2:
        raise Refused("not asked")
    setattr(o, "f", mode)
    return "ok"


def run_order(slot):
    o = held(slot)
    if world.counts:
        raise Refused("not asked")
    if hasattr(o, "__dict__"):
        names = list(vars(o))
    else:
        keys = [k for c in reversed(type(o).__mro__) for k in getattr(c, "__slots__", ())]
        names = [k for k in keys if k != "__weakref__" and hasattr(o, k)]
    return " ".join([str(len(names))] + names)


def run_bind(slot, to, known):
    return finish(getattr(held(slot), "tell" if known else "missing"), to)


def run_call(slot):
    return f"ok {show(of_kind(slot, METHOD)())}"


def run_append(slot, v):
    of_kind(slot, list).append(operand(v))
    return "ok"


def run_pop(slot, i, to):
    return finish(of_kind(slot, list).pop(i), to)


def run_item(slot, i, to):
    return finish(of_kind(slot, list)[i], to)


def run_set_item(slot, i, v):
    of_kind(slot, list)[i] = operand(v)
    return "ok"


def run_dict_set(slot, key, v):
    of_kind(slot, dict)[operand(key)] = operand(v)
    return "ok"


def run_dict_get(slot, key, to):
    return finish(of_kind(slot, dict)[operand(key)], to)


def run_dict_unset(slot, key):
    del of_kind(slot, dict)[operand(key)]
    return "ok"


def run_length(slot):
    o = held(slot)
    return str(len(o)) if isinstance(o, (list, dict, tuple, str)) else "none"


def run_ref(slot, to, number, drops):
    o = held(slot)
    if isinstance(o, (weakref.ref, METHOD)):
        return "not asked"
    if world.counts:
        drops = -1
    return finish(weakref.ref(o, Callback(o, number, drops) if number else None), to)


def run_deref(slot, to):
    o = of_kind(slot, weakref.ref)()
    text = show(o)
    if o is not None:
        world.slots[to] = o
    return text


def name_of_ref(r):
    if type(r) in PROXIES:
        return "proxy"
    if r.__callback__ is None:
        return 0
    return r.__callback__.number if type(r.__callback__) is Callback else "container"


def run_refs(slot):
    refs = weakref.getweakrefs(held(slot))
    numbers = [str(name_of_ref(r)) for r in refs]
    return " ".join([str(weakref.getweakrefcount(held(slot)))] + numbers)


def run_recover(label, to):
    if label not in world.rescued:
        return "nobody"
    text = show(world.rescued[label])
    world.slots[to] = world.rescued.pop(label)
    return text


# ---- weak containers and proxies: as in operations_weak.c ----

def container_for(slot, *others):
    if isinstance(others[0] if others else None, METHOD):
        raise Refused("not asked")
    o = world.slots[slot]
    if type(o) not in CONTAINERS:
        raise Refused("wrong kind")
    if type(o) is weakref.WeakValueDictionary and any(isinstance(v, METHOD) for v in others):
        raise Refused("not asked")
    return o


def proxy_in(slot):
    if type(world.slots[slot]) not in PROXIES:
        raise Refused("wrong kind")
    return world.slots[slot]


def run_weak(slot, kind):
    if world.counts:
        raise Refused("not asked")
    return put(slot, CONTAINERS[kind % 3]())


def run_weak_set(slot, key, v):
    o = container_for(slot, operand(key), operand(v))
    if type(o) is weakref.WeakSet:
        o.add(operand(key))
    else:
        o[operand(key)] = operand(v)
    return "ok"


def run_weak_get(slot, key, to):
    o = container_for(slot, operand(key))
    if type(o) is weakref.WeakSet:
        raise Refused("not asked")
    return finish(o[operand(key)], to)


def run_weak_unset(slot, key):
    o = container_for(slot, operand(key))
    if type(o) is weakref.WeakSet:
        o.remove(operand(key))
    else:
        del o[operand(key)]
    return "ok"


def run_weak_pop(slot, key, to):
    o = container_for(slot, operand(key))
    if type(o) is not weakref.WeakSet:
        return finish(o.pop(operand(key)), to)
    o.discard(operand(key))
    return "ok"


def run_weak_has(slot, key):
    o = container_for(slot, operand(key))
    try:
        hash(operand(key))
    except TypeError:
        return "not asked"
    return "yes" if operand(key) in o else "no"


def run_weak_show(slot):
    o = container_for(slot)
    shown = [str(len(o))]
    if type(o) is not weakref.WeakSet:
        for key, v in o.items():
            shown += [show(key), show(v)]
    return " ".join(shown)


def run_weak_method(slot, to):
    method = of_kind(slot, METHOD)
    if world.counts:
        raise Refused("not asked")
    one, other = weakref.WeakMethod(method), weakref.WeakMethod(method)
    return finish(one(), to) + (" equal" if one == other else " different")


def run_finalize(slot, number):
    o = held(slot)
    if world.counts or isinstance(o, (weakref.ref, METHOD)):
        raise Refused("not asked")
    f = weakref.finalize(o, world.notes.append, f"  {type(o).__name__}#{label_of(o)} finalized {number}")
    world.finalizers[number % 8] = f
    return "ok"


def run_finalizer(number, what):
    f = world.finalizers[number % 8]
    if f is None:
        return "none"
    text = ("alive" if f.alive else "dead") + (" atexit" if f.atexit else "")
    if what % 4 == 2:
        f()
    elif what % 4 == 3:
        f.atexit = False
    else:
        found = f.detach() if what % 4 == 1 else f.peek()
        text += f" {show(found and found[0])}"
    return text


def run_proxy(slot, to, number):
    o = held(slot)
    if world.counts or isinstance(o, (weakref.ref, METHOD)):
        raise Refused("not asked")
    world.slots[to] = weakref.proxy(o, Callback(o, number, -1) if number else None)
    return "ok"


def run_proxy_get(slot, name, to):
    return finish(getattr(proxy_in(slot), name), to)


def run_proxy_set(slot, name, i):
    p = proxy_in(slot)
    if name not in NARROW_NAMES:
        raise Refused("not asked")
    setattr(p, name, i)
    return "ok"


def run_proxy_unset(slot, name):
    unset(proxy_in(slot), name)
    return "ok"


def run_counts(on):
    world.counts = on != 0


def run_collect(generation):
    return count(gc.collect(generation))


def run_save_all(on):
    gc.set_debug(gc.DEBUG_SAVEALL if on else 0)


def run_garbage():
    return count(len(gc.garbage))


def run_drop_garbage():
    gc.garbage.clear()


def run_freeze():
    gc.freeze()


def run_unfreeze():
    gc.unfreeze()


def run_tracked(slot):
    return yes_or_no(gc.is_tracked(held(slot)))


def run_finalized(slot):
    return "yes" if gc.is_finalized(held(slot)) else "no"


def run_referents(slot):
    o = held(slot)
    own = o.__dict__ if is_instance(o) and isinstance(o, (list, dict)) else None
    return count(len([r for r in gc.get_referents(o) if is_known(r) and r is not own]))


def run_referrers(slot):
    o = held(slot)
    if isinstance(o, ATOMIC) or (isinstance(o, tuple) and not o):
        return "not asked"
    own = (world.slots, world.rescued, gc.garbage)
    found = [r for r in gc.get_referrers(o) if is_known(r)]
    return count(len([r for r in found if not any(r is mine for mine in own)]))


def run_objects(generation):
    alive = {}
    for o in gc.get_objects(generation):
        if is_instance(o):
            alive[type(o)] = alive.get(type(o), 0) + 1
    return " ".join(f"{c.__name__} {alive[c]}" for c in world.classes if c in alive)


def run_stats(generation):
    now, then = gc.get_stats()[generation], world.stats[generation]
    collected = now["collected"] - then["collected"]
    return f"{now['collections'] - then['collections']} {count(collected)}"


OPERATIONS = {name[len("run_"):]: f for name, f in globals().items() if name.startswith("run_")}


def run_operation(name, arguments):
    try:
        return OPERATIONS[name](*arguments)
    except Refused as e:
        return str(e)
    except Exception as e:  # whatever CPython raises is the expected result
        return f"{type(e).__name__}: {e}"


# ---- a tape ----

def number_or_text(text):
    try:
        return int(text)
    except ValueError:
        return text


def drop_everything():
    for i in range(N_SLOTS):
        world.slots[i] = None
    world.rescued.clear()
    world.finalizers = [None] * 8
    gc.set_debug(0)
    gc.garbage.clear()
    gc.unfreeze()
    gc.collect()


def write_line(out, line):
    out.extend(world.notes)
    world.notes.clear()
    out.append(line)


def run_tape(path):
    global world
    with open(path, encoding="ascii") as tape:
        head, *lines = tape.read().splitlines()
    world = World(is_wide="wide" in head)
    classes = make_classes()
    gc.collect()
    gc.freeze()
    world = World(classes, world.is_wide)
    out = [f"== {path}"]
    for line in lines:
        name, *arguments = line.split() or ["#"]
        if name.startswith("#"):
            continue
        result = run_operation(name, [number_or_text(a) for a in arguments])
        write_line(out, f"{name}: {result}" if result else f"{name}:")
    out.append("the end")
    world.is_done = True
    drop_everything()
    drop_everything()
    left = sum(is_instance(o) for o in gc.get_objects())
    write_line(out, f"left: {left or 'nothing'}")
    sys.stdout.write("\n".join(out) + "\n")


def main():
    gc.disable()
    for path in sys.argv[1:]:
        run_tape(path)


if __name__ == "__main__":
    main()
