"""One process of make python-bench: prints figures of one kind of object, "name value" a line.

usage: objlab-python mass_creation.py KIND N
"""

import gc
import random
import sys
import time


class Dict:
    def __init__(self, a, b, c, d):
        self.a = a
        self.b = b
        self.c = c
        self.d = d


class Slots:
    __slots__ = ("a", "b", "c", "d")
    __init__ = Dict.__init__


class SlotsWeakref:
    __slots__ = ("a", "b", "c", "d", "__weakref__")
    __init__ = Dict.__init__


def grown_list(a, b, c, d):
    """40 items by append: seven reallocs, all of them within the pools."""
    grown = []
    for _ in range(10):
        grown.append(a)
        grown.append(b)
        grown.append(c)
        grown.append(d)
    return grown


KINDS = {"dict": Dict, "slots": Slots, "slots_weakref": SlotsWeakref, "grown_list": grown_list}
BATCH = 1000


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * 4096


def create(make, objects):
    start = time.process_time_ns()
    for i in range(len(objects)):
        objects[i] = make(1, 2, 3, 4)
    return time.process_time_ns() - start


def destroy(objects, order):
    start = time.process_time_ns()
    for i in order:
        objects[i] = None
    return time.process_time_ns() - start


def main():
    make, n = KINDS[sys.argv[1]], int(sys.argv[2])
    gc.disable()
    objects = [None] * n
    shuffled = list(range(n))
    random.Random(1).shuffle(shuffled)

    resident = resident_bytes()
    figures = {"create": create(make, objects)}
    figures["bytes"] = resident_bytes() - resident
    figures["destroy"] = destroy(objects, range(n))
    create(make, objects)
    figures["destroy_random"] = destroy(objects, shuffled)

    few = [None] * BATCH
    figures["batch"] = 0
    for _ in range(n // BATCH):
        figures["batch"] += create(make, few) + destroy(few, range(BATCH))
    for name, total in figures.items():
        print(name, total / n)


main()
