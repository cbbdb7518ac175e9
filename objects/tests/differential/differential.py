#!/usr/bin/env python3
"""differential.py -- the same tapes on the C runtime and on CPython: the transcripts must be the same.

usage: differential.py --runner build/dev/objects/run_tape [--replay DIR] [--operations N | --seconds S]
                       [--seed FIRST] [--length LINES] [--keep DIR]

Tapes are made from seeds FIRST, FIRST + 1, ... (generator.py). One whose transcripts differ is
shrunk to a few lines, shown with both transcripts, and kept in DIR; --replay runs the kept ones.
Exit code: 0 no difference, 1 differences, 2 wrong usage.

What is compared: every line, that is every value, every error with its message, every count, and
the order in which callbacks and finalizers run. Except that

  - objects that die in one collection may do so in any order, which nobody promises: what is told
    of each object keeps its order, and objects are sorted;
  - where CPython's message is a mere repr (KeyError) or differs from version to version (deleting
    an attribute), the kind of the error only;
  - where CPython's method passes a question on to its function, `function` is read as `method`;
  - tapes say themselves when the collector's counts are not compared: generator.py says why.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.dont_write_bytecode = True

from generator import make_tape

HERE = Path(__file__).resolve().parent
BATCH_LINES = 20000
TIME_LIMIT_S = 20


# ---- running ----

def transcripts(command, paths):
    """What a runner tells of each tape: a list of lines a path. A runner that crashes is started
    again behind the tape that it crashed at; that tape's transcript then ends with the crash."""
    told = {}
    rest = list(paths)
    while rest:
        try:
            run = subprocess.run([*command, *rest], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 text=True, errors="replace", timeout=TIME_LIMIT_S, check=False)
            output, code, error = run.stdout, run.returncode, run.stderr
        except subprocess.TimeoutExpired as e:
            output, code, error = (e.stdout or b"").decode(errors="replace"), "none", "timed out"
        current = rest[0]
        for line in output.splitlines():
            if line.startswith("== "):
                current = line[len("== "):]
                told[current] = []
            else:
                told.setdefault(current, []).append(line)
        if code == 0:
            break
        told.setdefault(current, []).append(f"runner ended with {code}: {error.strip()[-1000:]}")
        rest = rest[rest.index(current) + 1:]
    return told


def object_of(note):
    return note.split()[0]


def normalise(lines):
    """The transcript without what is not promised."""
    result = []
    notes = []
    for line in lines:
        if line.startswith("  "):
            notes.append(line)
            continue
        name = line.partition(":")[0]
        collects = name in ("collect", "drop_garbage", "left") or any(
            note.endswith("final 3") for note in notes)
        result += sorted(notes, key=object_of) if collects else notes
        notes = []
        line = re.sub(r" KeyError:.*", " KeyError", line)
        if name in ("unset", "proxy_unset"):
            line = re.sub(r" AttributeError:.*", " AttributeError", line)
        result.append(line.replace("'function' object", "'method' object"))
    return result + notes


class Runners:
    """The two programs."""

    def __init__(self, runner):
        self.ours = [runner]
        self.oracle = [sys.executable, str(HERE / "run_tape.py")]

    def differing(self, paths):
        """Those tapes whose transcripts differ."""
        ours = transcripts(self.ours, paths)
        oracle = transcripts(self.oracle, paths)
        return [p for p in paths if normalise(ours.get(p, [])) != normalise(oracle.get(p, []))]

    def explain(self, path):
        """The first lines that differ, and those before."""
        ours = normalise(transcripts(self.ours, [path]).get(path, []))
        oracle = normalise(transcripts(self.oracle, [path]).get(path, []))
        at = 0
        while at < min(len(ours), len(oracle)) and ours[at] == oracle[at]:
            at += 1
        return "\n".join([f"    {line}" for line in ours[max(0, at - 3):at]] +
                         [f"  c {line}" for line in ours[at:at + 4]] +
                         [f"  p {line}" for line in oracle[at:at + 4]])


# ---- shrinking ----

def shrink(runners, lines, folder):
    """Fewer lines that still differ: delta debugging (Zeller), the candidates of a round run in
    one process. The first line stays."""
    head, body = lines[0], lines[1:]
    n_chunks = 2
    while len(body) > 1:
        size = max(1, len(body) // n_chunks)
        starts = range(0, len(body), size)
        candidates = [body[:start] + body[start + size:] for start in starts]
        paths = []
        for i, candidate in enumerate(candidates):
            path = Path(folder, f"candidate{i}.tape")
            path.write_text("\n".join([head, *candidate]) + "\n", encoding="ascii")
            paths.append(str(path))
        failing = runners.differing(paths)
        if failing:
            body = candidates[paths.index(failing[0])]
            n_chunks = max(2, n_chunks - 1)
        elif size == 1:
            break
        else:
            n_chunks = min(len(body), 2 * n_chunks)
    return [head, *body]


def keep(runners, name, lines, options):
    """Shrinks a tape, shows it, and stores it."""
    with tempfile.TemporaryDirectory() as folder:
        lines = shrink(runners, lines, folder)
        path = Path(options.keep or folder, f"{name}.tape")
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        print(f"{name}: the transcripts differ (c: the C runtime, p: CPython)")
        print("\n".join(f"    | {line}" for line in lines))
        print(runners.explain(str(path)))
        if options.keep:
            print(f"    kept as {path}")


# ---- the programs ----

def replay(runners, folder):
    """Runs the kept tapes. Returns how many differ."""
    paths = sorted(str(p) for p in Path(folder).glob("*.tape"))
    if not paths:
        sys.exit(f"{folder}: no kept tapes there")
    failing = runners.differing(paths)
    for path in failing:
        print(f"{path}: the transcripts differ")
        print(runners.explain(path))
    print(f"differential: {len(paths)} kept tapes, {len(failing)} differ")
    return len(failing)


def search(runners, options):
    """Runs tapes made from seeds. Returns how many differ."""
    start = told = time.monotonic()
    n_operations = n_failed = 0
    seed = options.seed
    per_batch = max(1, BATCH_LINES // options.length)
    while n_failed < options.failures:
        if options.seconds and time.monotonic() - start >= options.seconds:
            break
        if not options.seconds and n_operations >= options.operations:
            break
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for number in range(seed, seed + per_batch):
                path = Path(folder, f"seed{number}-{options.length}.tape")
                path.write_text(make_tape(number, options.length), encoding="ascii")
                paths.append(str(path))
            for path in runners.differing(paths)[:options.failures - n_failed]:
                n_failed += 1
                lines = Path(path).read_text(encoding="ascii").splitlines()
                keep(runners, Path(path).stem, lines, options)
        seed += per_batch
        n_operations += per_batch * options.length
        if time.monotonic() - told >= 5:
            told = time.monotonic()
            print(f"differential: seeds {options.seed}..{seed - 1}, {n_operations} operations, "
                  f"{n_failed} tapes differ", flush=True)
    print(f"differential: seeds {options.seed}..{seed - 1} of {options.length} lines, {n_operations} operations, "
          f"{time.monotonic() - start:.0f} s, {n_failed} tapes differ")
    return n_failed


def main():
    parser = argparse.ArgumentParser(description="The C runtime against CPython.")
    parser.add_argument("--runner", required=True, help="the program run_tape")
    parser.add_argument("--replay", metavar="DIR", help="run the kept tapes of a folder first")
    parser.add_argument("--operations", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=1, help="of the first tape")
    parser.add_argument("--length", type=int, default=400, help="lines a tape")
    parser.add_argument("--keep", metavar="DIR", help="where tapes that differ are stored")
    parser.add_argument("--failures", type=int, default=5, help="stop after so many")
    options = parser.parse_args()
    if not os.access(options.runner, os.X_OK):
        parser.error(f"{options.runner}: no such program; build it first")
    runners = Runners(options.runner)
    n_failed = replay(runners, options.replay) if options.replay else 0
    if options.operations or options.seconds:
        n_failed += search(runners, options)
    return 1 if n_failed else 0


if __name__ == "__main__":
    sys.exit(main())
