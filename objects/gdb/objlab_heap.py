"""objlab_heap.py -- heaps in gdb: arenas, pools and blocks, as heap.h draws them."""

import gdb

from objlab_reading import at, c_type, enum_text, hexadecimal, plural, registry_has


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


def block_addresses(block):
    """Of a list of free blocks; ends at a circle."""
    seen = {}
    while int(block) != 0 and int(block) not in seen:
        seen[int(block)] = None
        block = block["next"]
    return list(seen)


class Pool:
    """The header of a pool, and the blocks that it describes. Spares are counted as live there."""

    def __init__(self, header):
        geometry = Geometry()
        self.header = header
        self.address = int(header.address)
        self.arena = geometry.arena_of(self.address)
        self.index = (self.address - self.arena) // geometry.header
        self.start = self.arena + self.index * geometry.pool
        self.state = enum_text(gdb.Value(int(header["state"])).cast(c_type("heap_pool_state")), "HEAP_POOL_")
        self.n_blocks = int(header["n_blocks"])
        self.spares = [] if self.state == "free" else self.find_spares()
        self.n_live = 0 if self.state == "free" else int(header["n_live"]) - len(self.spares)

    def find_spares(self):
        """Free blocks of the pool that wait in the heap to be handed out next."""
        heap = at(self.arena, "heap_arena")["owner"]
        spares = block_addresses(heap["head"]["spares"][1 + int(self.header["size_class"])]["free"])
        return [block for block in spares if self.start <= block < int(self.header["end"])]

    def block_bytes(self):
        return (int(self.header["end"]) - self.start) // self.n_blocks if self.n_blocks else 0

    def text(self):
        if self.state == "free":
            return f"pool {self.index}, free"
        return (
            f"pool {self.index}, {self.state}, "
            f"{self.n_live} of {plural(self.n_blocks, 'block')} of {self.block_bytes()} bytes live"
            + (f", {len(self.spares)} spare" if self.spares else "")
        )

    def free_blocks(self):
        words = self.header["returned"]
        blocks = block_addresses(self.header["free"])
        for word in range(words.type.range()[1] + 1):
            bits = int(words[word])
            blocks += [self.start + (64 * word + i) * self.block_bytes() for i in range(64) if bits >> i & 1]
        return blocks


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
    elif block in pool.spares:
        state = "spare"
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
