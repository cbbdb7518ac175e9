#!/bin/bash
# build.sh -- configures and builds one CMake preset; quiet unless something fails. A tree is
# configured again once something optional has come that it was configured without.
#
# usage: scripts/build.sh PRESET JOBS [TARGET]     TARGET: what to build; else everything
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
jobs=$2
target=${3:-all}
mkdir -p build
log=build/$preset-configure.log
found=build/$preset/optional.txt

# What of the optional parts there is, one a line.
optional()
{
    local module program
    for module in python3-embed lua5.4 gobject-2.0; do
        pkg-config --exists "$module" && echo "$module"
    done
    for program in node npm chromium gdb; do
        command -v "$program"
    done
    return 0 # the last one may be absent
}

if [ ! -f "build/$preset/build.ninja" ] || [ "$(optional)" != "$(cat "$found" 2>/dev/null)" ]; then
    if ! cmake --preset "$preset" >"$log" 2>&1; then
        cat "$log" >&2
        exit 3
    fi
    grep -E '^-- objlab:' "$log" || [ $? -eq 1 ] # remarks of our own CMake files; none is fine
    optional >"$found"
fi
if ! NINJA_STATUS="[%f/%t] " cmake --build --preset "$preset" --target "$target" -j "$jobs" >"build/$preset-build.log" 2>&1; then
    cat "build/$preset-build.log" >&2
    exit 3
fi
