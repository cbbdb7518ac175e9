"""generator.py -- seeded random tapes for run_tape.c and run_tape.py.

A tape is made for one of two purposes, which its second line says:

  counts 1   what the collector counts is compared. Such a tape does without what makes CPython
             count something that the runtime does not have: `order` (it gives an instance a
             __dict__ object, which is counted), and tuples in tuples (whether the outer one is
             still tracked depends on which of the two a collection looks at first). Nor are
             finalizers asked to take garbage apart, or callbacks to free weak references: CPython
             does not count the former and counts the latter.
  counts 0   everything else may happen; counts are not told.
"""
import random

N_SLOTS = 16
CLASSES = ("Node", "Leaf", "Final", "Equal", "Slots", "SlotsRef", "SlotsSub", "SlotsFinal", "List",
           "ListFinal", "Dict")
FINAL = ("Final", "SlotsFinal", "ListFinal")
NARROW = tuple("abcdeghi")
WIDE = tuple("abcdeghijklmnopqrstuvwxyz")
INSTANCES = frozenset(CLASSES)
LISTS = frozenset(("list", "List", "ListFinal"))
DICTS = frozenset(("dict", "Dict"))
TUPLES = frozenset(("tuple",))
REFERABLE = INSTANCES - {"Slots"}
ANYTHING = frozenset()

WEIGHTS = {
    "new": 16, "int": 3, "float": 2, "str": 3, "tuple": 5, "list": 4, "dict": 4, "copy": 4,
    "drop": 16, "show": 3, "is": 1, "equal": 3, "hash": 2, "set": 22, "get": 10, "unset": 5,
    "mode": 5, "bind": 3, "call": 1, "append": 10, "pop": 5, "item": 4, "set_item": 4,
    "dict_set": 10, "dict_get": 4, "dict_unset": 4, "length": 2, "ref": 10, "deref": 4, "refs": 2,
    "recover": 2, "collect": 5, "tracked": 3, "finalized": 1, "referents": 2, "referrers": 2,
    "objects": 1, "stats": 1,
}
UNCOUNTED = {
    "order": 6, "weak": 3, "weak_set": 10, "weak_get": 3, "weak_unset": 3, "weak_has": 3,
    "weak_pop": 2, "weak_method": 2, "finalize": 4, "finalizer": 3, "weak_show": 4, "proxy": 3, "proxy_get": 3, "proxy_set": 2, "proxy_unset": 1,
}
RARE = {"save_all": 1, "garbage": 1, "drop_garbage": 1, "freeze": 0.7, "unfreeze": 0.7}


class Generator:
    """Makes one tape. It remembers, roughly, what is in each slot, so that most operations suit."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counts = self.random.random() < 0.6
        self.names = WIDE if self.random.random() < 0.25 else NARROW
        self.is_listed = self.random.random() < 0.5
        self.weights = dict(WEIGHTS)
        if not self.counts:
            self.weights.update(UNCOUNTED)
        if self.random.random() < 0.3:
            self.weights.update(RARE)
        self.kinds = [None] * N_SLOTS
        self.n_labels = 0
        self.finals = []

    def slot(self, wanted=ANYTHING):
        """A slot; usually one that holds something of a wanted kind."""
        if self.random.random() < 0.9:
            good = [i for i, k in enumerate(self.kinds) if k in wanted]
            if not wanted:
                good = [i for i, k in enumerate(self.kinds) if k is not None]
            if good:
                return self.random.choice(good)
        return self.random.randrange(N_SLOTS)

    def target(self):
        """A slot to put something into; rather an empty one."""
        empty = [i for i, k in enumerate(self.kinds) if k is None]
        if empty and self.random.random() < 0.6:
            return self.random.choice(empty)
        return self.random.randrange(N_SLOTS)

    def name(self):
        return "none" if self.random.random() < 0.03 else self.random.choice(self.names)

    def index(self):
        return self.random.choice((0, 0, 0, -1, -1, 1, 2, -2, 3, 9, -9))

    def into(self, kind):
        slot = self.target()
        self.kinds[slot] = kind
        return slot

    # Each of these returns the arguments of the operation of its name.

    def new(self):
        kind = self.random.choice(CLASSES)
        self.n_labels += 1
        if kind in FINAL:
            self.finals.append(self.n_labels)
        return self.into(kind), kind, self.n_labels

    def int(self):
        return self.into("int"), self.random.randrange(-2, 6)

    def float(self):
        return self.into("float"), self.random.randrange(-4, 16)

    def str(self):
        return self.into("str"), self.random.randrange(8)

    def tuple(self):
        n = self.random.choice((0, 1, 1, 2, 2, 3))
        items = [self.slot() for _ in range(n)]
        if self.counts:
            items = [i for i in items if self.kinds[i] not in (None, "tuple", "unknown")]
        return (self.into("tuple"), *items)

    def list(self):
        return (self.into("list"),)

    def dict(self):
        return (self.into("dict"),)

    def copy(self):
        slot = self.slot()
        return slot, self.into(self.kinds[slot])

    def drop(self):
        slot = self.slot()
        self.kinds[slot] = None
        return (slot,)

    def show(self):
        return (self.slot(),)

    length = tracked = finalized = referents = referrers = show

    def two(self):
        return self.slot(), self.slot()

    equal = hash = two
    locals()["is"] = two

    def set(self):
        return self.slot(INSTANCES), self.name(), self.slot()

    def get(self):
        return self.slot(INSTANCES), self.name(), self.into("unknown")

    def unset(self):
        return self.slot(INSTANCES), self.name()

    def order(self):
        return (self.slot(INSTANCES),)

    def mode(self):
        return self.slot(FINAL), self.random.choice((0, 1, 1, 1, 2, 3, 4))

    def bind(self):
        return self.slot(INSTANCES), self.into("method"), int(self.random.random() < 0.9)

    def call(self):
        return (self.slot({"method"}),)

    def append(self):
        return self.slot(LISTS), self.slot()

    def pop(self):
        return self.slot(LISTS), self.index(), self.into("unknown")

    item = pop

    def set_item(self):
        return self.slot(LISTS), self.index(), self.slot()

    def dict_set(self):
        return self.slot(DICTS), self.slot(), self.slot()

    def dict_get(self):
        return self.slot(DICTS), self.slot(), self.into("unknown")

    def dict_unset(self):
        return self.slot(DICTS), self.slot()

    def ref(self):
        has_callback = self.random.random() < 0.6
        number = self.random.randrange(1, 1000) if has_callback else 0
        drops = self.random.randrange(N_SLOTS) if self.random.random() < 0.15 else -1
        return self.slot(REFERABLE), self.into("weakref"), number, drops

    def deref(self):
        return self.slot({"weakref"}), self.into("unknown")

    def refs(self):
        return (self.slot(REFERABLE),)

    def recover(self):
        label = self.random.choice(self.finals) if self.finals else 0
        return label, self.into("unknown")

    def collect(self):
        return (self.random.choice((0, 0, 0, 1, 1, 2, 2)),)

    objects = stats = collect

    def save_all(self):
        return (int(self.random.random() < 0.3),)

    def weak(self):
        return self.into("weak"), self.random.randrange(3)

    def weak_set(self):
        return self.slot({"weak"}), self.slot(REFERABLE), self.slot(REFERABLE)

    def weak_get(self):
        return self.slot({"weak"}), self.slot(REFERABLE), self.into("unknown")

    def weak_unset(self):
        return self.slot({"weak"}), self.slot(REFERABLE)

    weak_has = weak_unset
    weak_pop = weak_get

    def weak_method(self):
        return self.slot({"method"}), self.into("method")

    def finalize(self):
        return self.slot(REFERABLE), self.random.randrange(1000)

    def finalizer(self):
        return self.random.randrange(8), self.random.randrange(4)

    def weak_show(self):
        return (self.slot({"weak"}),)

    def proxy(self):
        number = self.random.randrange(1, 1000) if self.random.random() < 0.5 else 0
        return self.slot(REFERABLE), self.into("proxy"), number

    def proxy_get(self):
        return self.slot({"proxy"}), self.name(), self.into("unknown")

    def proxy_set(self):
        return self.slot({"proxy"}), self.name(), self.random.randrange(9)

    def proxy_unset(self):
        return self.slot({"proxy"}), self.name()

    def nothing(self):
        return ()

    garbage = drop_garbage = freeze = unfreeze = nothing

    def lines(self, length):
        head = "collector listed" if self.is_listed else "collector disabled"
        yield head + (" wide" if self.names is WIDE else "")
        yield f"counts {int(self.counts)}"
        operations = list(self.weights)
        weights = list(self.weights.values())
        for name in self.random.choices(operations, weights, k=length - 1):
            arguments = getattr(self, name)()
            yield " ".join([name, *map(str, arguments)])


def make_tape(seed, length):
    """The text of the tape of a seed: a line that says how the collector is, and `length` more."""
    return "\n".join(Generator(seed).lines(length)) + "\n"
