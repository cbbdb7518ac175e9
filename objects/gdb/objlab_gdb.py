"""objlab_gdb.py -- what the runtime's structs mean, for gdb.

usage: (gdb) source objects/gdb/objlab_gdb.py

  print o                a pointer to an object, name, type, weakref or dict says what is behind it
  print *o               the object with its attributes, by name
  objlab-heap HEAP       arenas, pools and how full they are; HEAP: any heap * expression
  objlab-block ADDRESS   which block of which pool an address lies in, and whether it is live

Everything is read from the debug information: sizes, offsets, enumerators. The printers only
read memory, and call nothing in the program: they work on a core file, too.
"""

import itertools
import os
import sys

import gdb

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import objlab_heap  # its commands
from objlab_reading import at, c_type, enum_text, enumerator, hexadecimal, in_host_charset
from objlab_reading import name_text, plural, quoted, registry_has, type_name

MAX_CHILDREN = 200  # of one struct; gdb's own `print elements` may cut earlier


# ---- values and objects ----


def value_text(word):
    """A value of value.h as its reader thinks of it."""
    bits = int(word) & 0xFFFFFFFFFFFFFFFF
    if bits == 0:
        return "unset"
    if bits & 1:
        return str((bits >> 1) - ((bits >> 63) << 63))
    return reference_text(bits)


def reference_text(address):
    """An object as others refer to it."""
    if not registry_has(address):
        return f"<no object at {hexadecimal(address)}>"
    obj = at(address, "object")
    if not is_live(obj):
        return f"<freed block at {hexadecimal(address)}>"
    if is_weakref(obj):
        return weakref_text(at(address, "weakref"))
    if is_literal(obj):
        return literal_text(obj, MAX_DEPTH)
    return f"<{type_name(obj['type'])} at {hexadecimal(address)}>"


def is_live(obj):
    """object.h: the flags of an object are never 0, those bytes of a free block are."""
    return int(obj["flags"]) & enumerator("OBJECT_LIVE") != 0


def kind_of(obj):
    return enum_text(obj["type"]["kind"], "KIND_")


def is_weakref(obj):
    return kind_of(obj) in ("weakref", "proxy")


def is_builtin(obj):
    """Not an instance of a subclass."""
    return int(obj["type"]["base"]) == 0


# ---- values of builtin kinds, as Python writes them ----

MAX_DEPTH = 3  # of containers in containers
WEAK_CONTAINERS = ("weak_key_dict", "weak_value_dict", "weak_set")
LITERALS = ("float", "str", "tuple", "list", "dict", "method") + WEAK_CONTAINERS


def is_literal(obj):
    return kind_of(obj) in LITERALS and is_builtin(obj)


def payload(obj, typename):
    return at(int(obj.address) + int(obj["type"]["payload_offset"]), typename)


def item_text(word, depth):
    bits = int(word)
    if bits == 0 or bits & 1 or not registry_has(bits):
        return value_text(word)
    obj = at(bits, "object")
    if is_live(obj) and is_literal(obj):
        return literal_text(obj, depth - 1)
    return reference_text(bits)


def joined(texts):
    """As many as can be read at once."""
    shown = list(itertools.islice(texts, MAX_CHILDREN + 1))
    return ", ".join(shown[:MAX_CHILDREN] + ["..."] * (len(shown) > MAX_CHILDREN))


def items_text(items, n, depth):
    return joined(item_text(items[i], depth) for i in range(n)) if depth > 0 else "..."


def dict_text(obj, depth):
    table = payload(obj, "dict_payload")["table"]
    if int(table) == 0:
        return "{}"
    if depth <= 0:
        return "{...}"
    items = table["items"].address.cast(c_type("dict_item").pointer())
    pairs = (items[i] for i in range(int(table["n_items"])) if int(items[i]["key"]) != 0)
    return "{" + joined(f"{item_text(p['key'], depth)}: {item_text(p['value'], depth)}" for p in pairs) + "}"


def weak_container_text(obj, depth):
    data = int(payload(obj, "weak_payload")["data"])
    inside = dict_text(at(data, "object"), depth) if data != 0 else "{}"
    return f"{type_name(obj['type'])}({inside})"


def str_text(obj):
    text = payload(obj, "str_payload")
    n_bytes = int(text["n_bytes"])
    start = text["text"].string("utf-8", "backslashreplace", length=min(n_bytes, MAX_CHILDREN))
    return quoted(in_host_charset(start)) + ("..." if n_bytes > MAX_CHILDREN else "")


def literal_text(obj, depth):
    kind = kind_of(obj)
    if kind == "float":
        return str(float(payload(obj, "double")))
    if kind == "str":
        return str_text(obj)
    if kind == "dict":
        return dict_text(obj, depth)
    if kind in WEAK_CONTAINERS:
        return weak_container_text(obj, depth)
    if kind == "method":
        method = payload(obj, "method_payload")
        return f"<method {name_text(method['function']['name'])} of {value_text(method['self'])}>"
    held = payload(obj, f"{kind}_payload")
    n = int(held["n"])
    inside = items_text(held["items"], n, depth)
    if kind == "list":
        return f"[{inside}]"
    return f"({inside},)" if n == 1 else f"({inside})"


def weakref_text(ref):
    what = f"{kind_of(ref['head'])} at {hexadecimal(ref.address)}"
    referent = int(ref["referent"])
    if referent == 0:
        return f"<{what}, dead>"
    return f"<{what} to {type_name(at(referent, 'object')['type'])} at {hexadecimal(referent)}>"


def inline_values(obj):
    """Pointer to the values in an instance itself."""
    start = int(obj.address) + int(obj["type"]["values_offset"])
    return gdb.Value(start).cast(c_type("value").pointer())


def dict_items(table):
    """(name, value) of each entry that is set, in the order of insertion."""
    entries = table["entries"].address.cast(c_type("dict_entry").pointer())
    for i in range(int(table["n_entries"])):
        if int(entries[i]["name"]) != 0:
            yield name_text(entries[i]["name"]), entries[i]["value"]


def dict_backed_attributes(obj):
    """Of LAYOUT_DICT: as type.h draws the word `attributes`."""
    word = int(at(obj.address, "object_words")["attributes"])
    if word & 15 == 0:
        yield from dict_items(at(word, "dict"))
        return
    keys, values = obj["type"]["keys"], inline_values(obj)
    for i in range(word >> enumerator("OBJECT_COUNT_SHIFT") & 15):
        shift = enumerator("OBJECT_ORDER_SHIFT") + i * enumerator("OBJECT_INDEX_BITS")
        index = word >> shift & 15
        yield name_text(keys[index]), values[index]


def attributes(obj):
    """(name, value) of each attribute that is set, as object_attribute() gives them."""
    struct = obj["type"]
    if enum_text(struct["layout"], "LAYOUT_") == "dict":
        yield from dict_backed_attributes(obj)
        return
    values = inline_values(obj)
    for i in range(int(struct["n_inline"])):
        if int(values[i]) != 0:
            yield name_text(struct["keys"][i]), values[i]


def n_weakrefs(obj):
    if enum_text(obj["type"]["layout"], "LAYOUT_") == "slots":
        return 0
    n = 0
    ref = at(obj.address, "object_words")["weakrefs"]
    while int(ref) != 0:
        n += 1
        ref = ref["next"]
    return n


# ---- printers ----


class Printer:
    """One struct: a line, and maybe named children."""

    def __init__(self, val):
        self.val = val


class WithChildren(Printer):
    def items(self):
        raise NotImplementedError

    def children(self):
        for i, item in enumerate(self.items()):
            if i == MAX_CHILDREN:
                return
            yield item


class ValuePrinter(Printer):
    def to_string(self):
        return value_text(self.val)


class NamePrinter(Printer):
    def to_string(self):
        return quoted(name_text(self.val))


class DictPrinter(WithChildren):
    def to_string(self):
        return f"dict, {int(self.val['n_set'])} set, room for {int(self.val['capacity'])}"

    def items(self):
        return dict_items(self.val)


class TypePrinter(WithChildren):
    def to_string(self):
        layout = enum_text(self.val["layout"], "LAYOUT_")
        base = self.val["base"]
        derived = "" if int(base) == 0 else f", base {type_name(base)}"
        return f"type {type_name(self.val)}, {layout}{derived}"

    def items(self):
        for i in range(int(self.val["n_keys"])):
            yield f"key {i}", self.val["keys"][i]


class ObjectPrinter(WithChildren):
    def to_string(self):
        obj = self.val
        if not is_live(obj):
            return "freed block"
        if is_weakref(obj):
            return WeakrefPrinter(at(obj.address, "weakref")).to_string()
        if is_literal(obj):
            return f"{kind_of(obj)}, refcount {int(obj['refcount'])}: {literal_text(obj, MAX_DEPTH)}"
        layout = enum_text(obj["type"]["layout"], "LAYOUT_")
        refs = n_weakrefs(obj)
        suffix = "" if refs == 0 else ", " + plural(refs, "weakref")
        inherited = f": {literal_text(obj, MAX_DEPTH)}" if kind_of(obj) in LITERALS else ""
        return f"{type_name(obj['type'])}, {layout}, refcount {int(obj['refcount'])}{suffix}{inherited}"

    def items(self):
        if not is_live(self.val) or is_literal(self.val):
            return ()
        if is_weakref(self.val):
            return WeakrefPrinter(at(self.val.address, "weakref")).items()
        return attributes(self.val)


class WeakrefPrinter(WithChildren):
    def to_string(self):
        state = "dead" if int(self.val["referent"]) == 0 else "alive"
        kind = kind_of(self.val["head"])
        return f"{kind}, {state}, refcount {int(self.val['head']['refcount'])}"

    def items(self):
        if int(self.val["referent"]) != 0:
            yield "referent", self.val["referent"]
        if int(self.val["callback"]) != 0:
            yield "callback", self.val["callback"]["run"]
            yield "argument", self.val["callback"]["argument"]
            if int(self.val["callback"]["held"]) != 0:
                yield "held", self.val["callback"]["held"]


class PoolPrinter(Printer):
    def to_string(self):
        if not registry_has(int(self.val.address)):
            return "pool of no arena: spare blocks, or the end of a list"
        return objlab_heap.Pool(self.val).text()


class PointerPrinter(Printer):
    """A pointer: the address, and what is there. Never an error: locals may not be set yet."""

    def to_string(self):
        address = int(self.val)
        if address == 0:
            return "NULL"
        struct = self.val.type.strip_typedefs().target().strip_typedefs().tag
        try:
            if struct in ("object", "weakref"):
                return reference_text(address)
            what = PRINTERS[struct](self.val.dereference()).to_string()
        except gdb.error:
            what = "unreadable"
        return f"{hexadecimal(address)} {what if struct == 'name' else f'<{what}>'}"


PRINTERS = {
    "dict": DictPrinter,
    "heap_pool": PoolPrinter,
    "name": NamePrinter,
    "object": ObjectPrinter,
    "type": TypePrinter,
    "weakref": WeakrefPrinter,
}


def find_printer(val):
    """`value` is an integer to the compiler, known by the name of its typedef only."""
    if val.type.unqualified().name == "value" and val.type.strip_typedefs().code == gdb.TYPE_CODE_INT:
        return ValuePrinter(val)
    bare = val.type.strip_typedefs()
    if bare.code == gdb.TYPE_CODE_STRUCT and bare.tag in PRINTERS:
        return PRINTERS[bare.tag](val)
    if bare.code == gdb.TYPE_CODE_PTR:
        target = bare.target().strip_typedefs()
        if target.code == gdb.TYPE_CODE_STRUCT and target.tag in PRINTERS:
            return PointerPrinter(val)
    return None


gdb.pretty_printers.append(find_printer)
