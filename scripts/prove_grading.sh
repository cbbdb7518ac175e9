#!/bin/bash
# prove_grading.sh -- grades one submission again and again, first with the other processor as it
# is, then with it under memory traffic, and compares the scores.
#
# usage: prove_grading.sh OBJLAB SUBMISSION [TRIES]     TRIES: gradings of each kind (200)
#
# Compared are the score, each part's score and verdict, and every counted figure (instructions,
# bytes). Exit 1 if any differs. A quick grading takes about 20 s, so 200 of each kind take two
# hours; fewer TRIES say what they say, and the count is printed.
set -euo pipefail
cd "$(dirname "$0")/.."

objlab=$1
submission=$2
tries=${3:-200}
work=$(mktemp -d)
load=
trap '[ -z "$load" ] || kill "$load" 2>/dev/null || :; rm -rf "$work"' EXIT

case $tries in
'' | *[!0-9]* | 0)
    echo "prove_grading: TRIES: '$tries' is no count of gradings" >&2
    exit 2
    ;;
esac

# One line that two gradings share if they are identical: score, then a digest of the rest.
identity()
{
    python3 - "$1" <<'PYTHON'
import hashlib, json, sys
r = json.load(open(sys.argv[1]))
rest = [[p["name"], p["score"], p["verdict"]] for p in r["parts"]]
rest += [[f["name"], f["layout"], f["subject"], f["median"]] for f in r["measurements"] if f["unit"] in ("Ir", "bytes")]
print(r["score"], len(rest), hashlib.sha256(json.dumps(rest).encode()).hexdigest()[:16])
PYTHON
}

# Grades $tries times; a line each goes to $work/$1.
grade_all()
{
    local kind=$1 i begin=$SECONDS
    for ((i = 1; i <= tries; i++)); do
        "$objlab" grade "$submission" --quick --out "$work/out" >"$work/log" 2>&1 || [ $? -eq 1 ] || {
            cat "$work/log" >&2
            exit 3
        }
        identity "$work/out/result.json" >>"$work/$kind"
        echo "$kind: $i of $tries, about $(((SECONDS - begin) * (tries - i) / i)) s left" >&2
    done
    echo "$tries gradings of $submission, other processor $kind, $((SECONDS - begin)) s:" \
        "$(cut -d' ' -f1 "$work/$kind" | sort -u | wc -l) score ($(cut -d' ' -f1 "$work/$kind" | sort -u | paste -sd' '))," \
        "$(cut -d' ' -f2- "$work/$kind" | sort -u | wc -l) set of part scores and counts"
}

grade_all "as it is"
taskset -c 0 dd if=/dev/zero of=/dev/null bs=64M 2>/dev/null &
load=$!
grade_all "under memory traffic"
n_different=$(cat "$work/as it is" "$work/under memory traffic" | sort -u | wc -l)
if [ "$n_different" -ne 1 ]; then
    echo "the gradings differ: BROKEN"
    sort "$work/as it is" "$work/under memory traffic" | uniq -c
    exit 1
fi
echo "all $((2 * tries)) gradings are identical: held"
