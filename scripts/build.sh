#!/bin/bash
# build.sh -- configures and builds one CMake preset; quiet unless something fails.
#
# usage: scripts/build.sh PRESET JOBS
set -euo pipefail
cd "$(dirname "$0")/.."

preset=$1
jobs=$2
mkdir -p build
log=build/$preset-configure.log
if [ ! -f "build/$preset/build.ninja" ]; then
    if ! cmake --preset "$preset" >"$log" 2>&1; then
        cat "$log" >&2
        exit 3
    fi
    grep -E '^-- objlab:' "$log" || [ $? -eq 1 ] # remarks of our own CMake files; none is fine
fi
if ! NINJA_STATUS="[%f/%t] " cmake --build --preset "$preset" -j "$jobs" >"build/$preset-build.log" 2>&1; then
    cat "build/$preset-build.log" >&2
    exit 3
fi
