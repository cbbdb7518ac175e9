"""objlab_reading.py -- reads the program through its debug information, for the printers and commands."""

import gdb


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


def plural(n, what):
    return f"{n} {what}" if n == 1 else f"{n} {what}s"


def registry_has(address):
    """registry.h's marks: True if the address lies in an arena of any heap."""
    leaf_bits = enumerator("REGISTRY_LEAF_BITS")
    pool = address >> enumerator("REGISTRY_POOL_BITS")
    if pool >> leaf_bits >> enumerator("REGISTRY_TOP_BITS"):
        return False
    leaf = gdb.parse_and_eval("registry_leaves")[pool >> leaf_bits]
    return int(leaf) != 0 and int(leaf[pool & ((1 << leaf_bits) - 1)]) != 0
