#!/bin/bash
# fuzz.sh -- runs every libFuzzer target from its kept corpus.
#
# usage: scripts/fuzz.sh SECONDS JOBS [READER_SECONDS]
#   SECONDS: for each target; READER_SECONDS: for each reader of profiles, if those are to have more
# New inputs go to build/fuzz-corpus/, crashes to build/fuzz-crashes/.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=$1
jobs=$2
reader_seconds=${3:-$seconds}
scripts/build.sh fuzz "$jobs" fuzzers
list=build/fuzz/fuzzers.txt

fuzz_one()
{
    local name=$1 program=$2 corpus=$3 dict=$4 seconds=$5
    local work=build/fuzz-corpus/$name crashes=build/fuzz-crashes/$name log=build/fuzz-$name.log
    mkdir -p "$work" "$crashes"
    local arguments=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
        -artifact_prefix="$crashes/")
    [ -n "$dict" ] && arguments+=(-dict="$dict")
    if timeout $((seconds + 120)) "$program" "${arguments[@]}" "$work" "$corpus" >"$log" 2>&1; then
        echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
    else
        tail -n 40 "$log"
        echo "$name: FAILED, inputs kept in $crashes"
        return 1
    fi
}
export -f fuzz_one

total=$(wc -l <"$list")
[ "$total" -gt 0 ]
failed=0
# Tab-separated fields; the last may be empty.
mapfile -t lines <"$list"
running=0
for line in "${lines[@]}"; do
    IFS='|' read -r name program corpus dict <<<"${line//$'\t'/|}"
    own_seconds=$seconds
    [[ $program != */harness/profile/* ]] || own_seconds=$reader_seconds
    fuzz_one "$name" "$program" "$corpus" "${dict:-}" "$own_seconds" &
    running=$((running + 1))
    if [ "$running" -ge "$jobs" ]; then
        wait -n || failed=$((failed + 1))
        running=$((running - 1))
    fi
done
while [ "$running" -gt 0 ]; do
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
done
echo "fuzz: $((total - failed)) passed, $failed failed"
[ "$failed" -eq 0 ]
