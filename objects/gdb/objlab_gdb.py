"""objlab_gdb.py -- what the runtime's structs mean, for gdb.

usage: (gdb) source objects/gdb/objlab_gdb.py

  print o                a pointer to an object, name, type, weakref or dict says what is behind it
  print *o               the object with its attributes, by name
  objlab-heap HEAP       arenas, pools and how full they are; HEAP: any heap * expression
  objlab-block ADDRESS   which block of which pool an address lies in, and whether it is live

Everything is read from the debug information: sizes, offsets, enumerators. The printers only
read memory, and call nothing in the program: they work on a core file, too.
"""

import gdb

MAX_CHILDREN = 200  # of one struct; gdb's own `print elements` may cut earlier


# ---- reading the program ----


def c_type(name):
    return gdb.lookup_type(name)


def enumerator(name):
    """The number behind an enumerator."""
    return int(gdb.parse_and_eval(f"(int){name}"))


def enum_text(value, prefix):
    """LAYOUT_SLOTS -> "slots"."""
    text = str(value)
    return text[len(prefix) :].lower() if text.startswith(prefix) else text


def in_host_charset(text):
    """What gdb cannot print here is escaped."""
    return text.encode(gdb.host_charset(), "backslashreplace").decode(gdb.host_charset())


def name_text(name):
    """The text of a struct name."""
    start = name["text"].address.cast(c_type("char").pointer())
    text = start.string("utf-8", "backslashreplace", length=int(name["n_bytes"]))
    return in_host_charset(text)


def quoted(text):
    escapes = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
    return '"' + "".join(escapes.get(c, c if c.isprintable() else f"\\x{ord(c):02x}") for c in text) + '"'


def hexadecimal(value):
    return f"{int(value):#x}"


def type_name(type_struct):
    return name_text(type_struct["name"].dereference())


def at(address, typename):
    """The struct of a type at an address."""
    return gdb.Value(int(address)).cast(c_type(typename).pointer()).dereference()


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
    if is_weakref(obj):
        return weakref_text(at(address, "weakref"))
    if kind_of(obj) in LITERALS and is_builtin(obj):
        return literal_text(obj, MAX_DEPTH)
    return f"<{type_name(obj['type'])} at {hexadecimal(address)}>"


def kind_of(obj):
    return enum_text(obj["type"]["kind"], "KIND_")


def is_weakref(obj):
    return kind_of(obj) == "weakref"


def is_builtin(obj):
    """Not an instance of a subclass."""
    return int(obj["type"]["base"]) == 0


# ---- values of builtin kinds, as Python writes them ----

MAX_DEPTH = 3  # of containers in containers
LITERALS = ("float", "str", "tuple", "list", "dict", "method")


def payload(obj, typename):
    return at(int(obj.address) + int(obj["type"]["payload_offset"]), typename)


def item_text(word, depth):
    bits = int(word)
    if bits == 0 or bits & 1 or not registry_has(bits):
        return value_text(word)
    obj = at(bits, "object")
    if kind_of(obj) in LITERALS and is_builtin(obj):
        return literal_text(obj, depth - 1)
    return reference_text(bits)


def joined(items, n, depth):
    if depth <= 0:
        return "..."
    shown = [item_text(items[i], depth) for i in range(min(n, MAX_CHILDREN))]
    return ", ".join(shown + ["..."] * (n > MAX_CHILDREN))


def dict_text(obj, depth):
    table = payload(obj, "dict_payload")["table"]
    if int(table) == 0:
        return "{}"
    if depth <= 0:
        return "{...}"
    items = table["items"].address.cast(c_type("dict_item").pointer())
    pairs = [items[i] for i in range(int(table["n_items"])) if int(items[i]["key"]) != 0]
    return "{" + ", ".join(f"{item_text(p['key'], depth)}: {item_text(p['value'], depth)}" for p in pairs) + "}"


def str_text(obj):
    text = payload(obj, "str_payload")
    bytes_ = text["text"].string("utf-8", "backslashreplace", length=int(text["n_bytes"]))
    return quoted(in_host_charset(bytes_))


def literal_text(obj, depth):
    kind = kind_of(obj)
    if kind == "float":
        return str(float(payload(obj, "double")))
    if kind == "str":
        return str_text(obj)
    if kind == "dict":
        return dict_text(obj, depth)
    if kind == "method":
        method = payload(obj, "method_payload")
        return f"<method {name_text(method['function']['name'])} of {value_text(method['self'])}>"
    held = payload(obj, f"{kind}_payload")
    n = int(held["n"])
    inside = joined(held["items"], n, depth)
    if kind == "list":
        return f"[{inside}]"
    return f"({inside},)" if n == 1 else f"({inside})"


def weakref_text(ref):
    where = hexadecimal(ref.address)
    referent = int(ref["referent"])
    if referent == 0:
        return f"<weakref at {where}, dead>"
    return f"<weakref at {where} to {type_name(at(referent, 'object')['type'])} at {hexadecimal(referent)}>"


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


def plural(n, what):
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


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
        if is_weakref(obj):
            return WeakrefPrinter(at(obj.address, "weakref")).to_string()
        if kind_of(obj) in LITERALS and is_builtin(obj):
            return f"{kind_of(obj)}, refcount {int(obj['refcount'])}: {literal_text(obj, MAX_DEPTH)}"
        layout = enum_text(obj["type"]["layout"], "LAYOUT_")
        refs = n_weakrefs(obj)
        suffix = "" if refs == 0 else ", " + plural(refs, "weakref")
        return f"{type_name(obj['type'])}, {layout}, refcount {int(obj['refcount'])}{suffix}"

    def items(self):
        if is_weakref(self.val):
            return WeakrefPrinter(at(self.val.address, "weakref")).items()
        return attributes(self.val)


class WeakrefPrinter(WithChildren):
    def to_string(self):
        state = "dead" if int(self.val["referent"]) == 0 else "alive"
        return f"weakref, {state}, refcount {int(self.val['head']['refcount'])}"

    def items(self):
        if int(self.val["referent"]) != 0:
            yield "referent", self.val["referent"]
        if int(self.val["callback"]) != 0:
            yield "callback", self.val["callback"]["run"]
            yield "argument", self.val["callback"]["argument"]


class PoolPrinter(Printer):
    def to_string(self):
        return Pool(self.val).text()


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


# ---- heaps ----


class Geometry:
    """What heap.h fixes, as the debug information tells it: the headers of an arena fill one pool."""

    def __init__(self):
        n_classes_of = c_type("struct heap").fields()[0].type
        by_free = next(f for f in c_type("heap_state").fields() if f.name == "by_free").type
        self.header = c_type("heap_pool").sizeof
        self.n_headers = by_free.range()[1] + 1
        self.pool = self.n_headers * self.header
        self.arena = self.n_headers * self.pool
        self.n_classes = n_classes_of.range()[1] + 1

    def arena_of(self, address):
        return address - address % self.arena


class Pool:
    """The header of a pool, and the blocks that it describes."""

    def __init__(self, header):
        geometry = Geometry()
        self.header = header
        self.address = int(header.address)
        self.arena = geometry.arena_of(self.address)
        self.index = (self.address - self.arena) // geometry.header
        self.start = self.arena + self.index * geometry.pool
        self.state = enum_text(gdb.Value(int(header["state"])).cast(c_type("heap_pool_state")), "HEAP_POOL_")
        self.n_blocks = int(header["n_blocks"])
        self.n_live = 0 if self.state == "free" else int(header["n_live"])

    def block_bytes(self):
        return (int(self.header["end"]) - self.start) // self.n_blocks if self.n_blocks else 0

    def text(self):
        if self.state == "free":
            return f"pool {self.index}, free"
        return (
            f"pool {self.index}, {self.state}, "
            f"{self.n_live} of {plural(self.n_blocks, 'block')} of {self.block_bytes()} bytes live"
        )

    def free_blocks(self):
        """Addresses on the free list; stops when the list is damaged."""
        seen = set()
        block = self.header["free"]
        while int(block) != 0 and int(block) not in seen and len(seen) < self.n_blocks:
            seen.add(int(block))
            block = block["next"]
        return seen


class Arena:
    def __init__(self, header):
        self.header = header
        self.address = int(header.address)
        self.n_free = int(header["n_free"])

    def pools(self):
        """Those that were taken at least once."""
        first = self.header.address.cast(c_type("heap_pool").pointer())
        for i in range(1, int(self.header["n_taken"]) + 1):
            yield Pool(first[i])


def arenas(state):
    arena = state["first"]
    while int(arena) != 0:
        yield Arena(arena.dereference())
        arena = arena["next"]


class HeapCommand(gdb.Command):
    """objlab-heap HEAP -- arenas, pools and how full they are.

    HEAP is an expression for a heap *. Pools without a live block that serve no class are counted,
    not listed."""

    def __init__(self):
        super().__init__("objlab-heap", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("objlab-heap wants a heap, as in: objlab-heap rt->objects")
        state = at(gdb.parse_and_eval(argument), "heap_state")
        n_pools = Geometry().n_headers - 1
        n_live = n_bytes = 0
        lines = []
        for arena in arenas(state):
            in_use = n_pools - arena.n_free
            lines.append(f"arena {hexadecimal(arena.address)}: {in_use} of {n_pools} pools in use")
            for pool in arena.pools():
                if pool.state != "free":
                    lines.append(f"  {hexadecimal(pool.start)} {pool.text()}")
                    n_live += pool.n_live
                    n_bytes += pool.n_live * pool.block_bytes()
        print(
            f"heap {hexadecimal(state.address)}: {plural(int(state['n_arenas']), 'arena')}, "
            f"{plural(n_live, 'live block')} of {n_bytes} bytes, "
            f"{int(state['n_large'])} from malloc"
        )
        print("\n".join(lines), end="\n" if lines else "")


def registry_has(address):
    """registry.h's marks: True if the address lies in an arena of any heap."""
    leaf_bits = enumerator("REGISTRY_LEAF_BITS")
    pool = address >> enumerator("REGISTRY_POOL_BITS")
    if pool >> leaf_bits >> enumerator("REGISTRY_TOP_BITS"):
        return False
    leaf = gdb.parse_and_eval("registry_leaves")[pool >> leaf_bits]
    return int(leaf) != 0 and int(leaf[pool & ((1 << leaf_bits) - 1)]) != 0


def block_text(address):
    if not registry_has(address):
        return f"{hexadecimal(address)} is in no arena"
    geometry = Geometry()
    arena = at(geometry.arena_of(address), "heap_arena")
    index = address % geometry.arena // geometry.pool
    if index == 0:
        return f"{hexadecimal(address)} is in the headers of arena {hexadecimal(arena.address)}"
    if index > int(arena["n_taken"]):
        return f"{hexadecimal(address)} is in pool {index}, never used"
    pool = Pool(arena.address.cast(c_type("heap_pool").pointer())[index])
    if pool.state == "free":
        return f"{hexadecimal(address)} is in {pool.text()}"
    number, offset = divmod(address - pool.start, pool.block_bytes())
    block = address - offset
    if number >= pool.n_blocks:
        state = "behind the last block"
    elif block >= int(pool.header["virgin"]):
        state = "never handed out"
    elif block in pool.free_blocks():
        state = "free"
    else:
        state = "live"
    return f"{hexadecimal(address)} is at byte {offset} of block {number}, {state}; {pool.text()}"


class BlockCommand(gdb.Command):
    """objlab-block ADDRESS -- the block and the pool that an address lies in, live or free."""

    def __init__(self):
        super().__init__("objlab-block", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        if not argument:
            raise gdb.GdbError("objlab-block wants an address")
        print(block_text(int(gdb.parse_and_eval(argument))))


HeapCommand()
BlockCommand()
gdb.pretty_printers.append(find_printer)
