#!/bin/bash
# python_tests.sh -- CPython's own tests with its objects in our pools, and with seeded defects.
#
# usage: scripts/python_tests.sh HOST JSON JOBS [--no-defects] [MODULE...]
#
# HOST is objlab-python. Each module of Debian's testsuite runs three times: on the python3 that HOST
# embeds (pymalloc), on the pool, and on the pool under CPython's debug hooks; after each run on the pool
# the heap is checked. Then each seeded defect runs three modules, which must fail: the defects strike
# when the interpreter has started and the module's tests run.
# Exit status: 1 if a module fails on the pool, or runs fewer tests there, and passes on python3, or if
# a defect goes unnoticed; 2 for wrong usage; 3 where Python or its testsuite is not there.
set -euo pipefail

limit_s=${OBJLAB_PYTHON_LIMIT:-300} # seconds of one run of one module, however slow the build of HOST is
hang_s=30   # of one module with a defect: a broken heap may also end in a circle
all_modules=(
    test_weakref test_gc test_descr test_dict test_list test_set test_class test_generators test_json test_re
    test_sqlite3 test_array test_ast test_asyncgen test_bisect test_bytes test_call test_collections
    test_compile test_complex test_context test_contextlib test_copy test_coroutines test_csv test_ctypes
    test_dataclasses test_datetime test_decimal test_defaultdict test_deque test_enum test_exceptions
    test_finalization test_float test_fork1 test_format test_fractions test_fstring test_funcattrs
    test_functools test_genexps test_grammar test_hashlib test_heapq test_inspect test_int test_isinstance
    test_iter test_itertools test_listcomps test_long test_marshal test_math test_memoryio test_memoryview
    test_metaclass test_ordered_dict test_pickle test_property test_pyexpat test_queue test_slice test_sort
    test_string test_struct test_subclassinit test_super test_syntax test_thread test_threading test_tuple
    test_typing test_unicode test_userdict test_userlist test_weakset test_xml_etree test_xml_etree_c test_zlib
)
defects=(double-handout realloc-loses-byte pool-returned-in-use)
defect_modules=(test_descr test_set test_json)

stop()
{
    echo "python_tests: $2" >&2
    exit "$1"
}

# run_module COLUMN MODULE TEST_LIMIT_S PYTHON: runs the module's tests; sets verdict, n_tests and seconds.
# A module that takes longer than its limit is ended by regrtest, which shows where it was and fails.
run_module()
{
    local column=$1 module=$2 test_limit_s=$3 python=$4 start status=0 place
    place=$work/run.$module.$column
    mkdir -p "$place"
    start=${EPOCHREALTIME/./}
    { # the braces take what bash says of a crash
        (cd "$place" && exec timeout --kill-after=5 "$limit_s" "$python" -m test --timeout "$test_limit_s" \
            --junit-xml "$place/results.xml" --tempdir "$place" "$module") >"$place/log" 2>&1 </dev/null
    } 2>/dev/null || status=$?
    seconds=$(((${EPOCHREALTIME/./} - start) / 1000)) # in ms so far
    seconds=$((seconds / 1000)).$(printf %03d $((seconds % 1000)))
    n_tests=$(sed -nE '1s/^<testsuites tests="([0-9]+)".*/\1/p' "$place/results.xml" 2>/dev/null || true)
    n_tests=${n_tests:-0}
    case $status in
    0) verdict=passed ;;
    124 | 137) verdict=timeout ;;
    *) verdict=failed ;;
    esac
    if [ "$verdict" = failed ] && [ "$status" -gt 128 ]; then
        verdict=crashed # by a signal
    elif [ "$verdict" = failed ] && grep -q '^Timeout (.*)!$' "$place/log"; then
        verdict=hung
    fi
    if [ "$verdict" = passed ] && [ "$n_tests" -eq 0 ]; then
        verdict=skipped # the module refused to run here
    fi
}

# One row of the table: a module in its three columns, and the same as JSON.
one_module()
{
    local module=$1 column row json="" worst=same stock_verdict="" stock_tests=0
    row=$(printf '%-20s' "$module")
    for column in python3 pool hooks; do
        case $column in
        python3) run_module "$column" "$module" "$limit_s" "$stock" ;;
        pool) OBJLAB_PYTHON_CHECK=1 run_module "$column" "$module" "$limit_s" "$host" ;;
        hooks) OBJLAB_PYTHON_CHECK=1 OBJLAB_PYTHON_HOOKS=1 run_module "$column" "$module" "$limit_s" "$host" ;;
        esac
        if [ "$column" = python3 ]; then
            stock_verdict=$verdict stock_tests=$n_tests
        elif [ "$verdict" = passed ] && [ "$n_tests" -lt "$stock_tests" ]; then
            verdict=fewer
        fi
        [ "$stock_verdict" != passed ] || [ "$verdict" = passed ] || worst=worse
        row+=$(printf '  %-8s %5d %8.2f' "$verdict" "$n_tests" "$seconds")
        json+=$(printf ', "%s": {"verdict": "%s", "tests": %d, "seconds": %s}' "$column" "$verdict" "$n_tests" "$seconds")
    done
    [ "$worst" = same ] || row+='  <--'
    printf '%s\n' "$row"
    printf '{"module": "%s"%s}\n' "$module" "$json" >"$work/module.$module"
    printf '%s %s\n' "$worst" "$stock_verdict" >"$work/word.$module"
}

# A module with a seeded defect. That the module had started is told by regrtest's line of progress.
one_defect()
{
    local defect=$1 module=$2 noticed=false remark="  <-- not noticed"
    PYTHONHASHSEED=0 OBJLAB_PYTHON_DEFECT=$defect run_module "$defect" "$module" "$hang_s" "$host"
    if grep -qE "^[0-9:]+ .*\[1/1\] $module" "$work/run.$module.$defect/log"; then
        case $verdict in crashed | failed | hung) noticed=true remark="" ;; esac
    fi
    printf '%-22s %-14s %-8s %8.2f%s\n' "$defect" "$module" "$verdict" "$seconds" "$remark"
    printf '{"defect": "%s", "module": "%s", "verdict": "%s", "noticed": %s, "seconds": %s}\n' \
        "$defect" "$module" "$verdict" "$noticed" "$seconds" >"$work/defect.$defect.$module"
}

# What xargs starts: a process for each row.
if [ "${1:-}" = --row ]; then
    : "${work:?}" "${host:?}" "${stock:?}"
    if [ $# -eq 2 ]; then
        one_module "$2"
    else
        one_defect "$2" "$3"
    fi
    exit 0
fi

json_list()
{
    cat "$@" | sed '$!s/$/,/; s/^/    /'
}

# ---- arguments, and what must be there ----

[ $# -ge 3 ] || stop 2 "usage: python_tests.sh HOST JSON JOBS [--no-defects] [MODULE...]"
host=$1 out=$2 jobs=$3
shift 3
with_defects=yes
if [ "${1:-}" = --no-defects ]; then
    with_defects=no
    shift
fi
modules=("$@")
[ $# -gt 0 ] || modules=("${all_modules[@]}")
[ -x "$host" ] || stop 3 "$host is not built: it needs the Debian package python3-dev"
host=$(realpath "$host")
describe='import sys, sysconfig as c; print(sys.version.replace("\n", " "))'
where='import sysconfig as c; print(c.get_config_var("BINDIR") + "/python" + c.get_config_var("VERSION"))'
version=$(env -u OBJLAB_PYTHON_DEFECT "$host" -c "$describe") || stop 3 "$host does not run"
stock=$(env -u OBJLAB_PYTHON_DEFECT "$host" -c "$where")
[ -x "$stock" ] || stop 3 "$stock, the Python that $host embeds, is not installed"
[ "$("$stock" -c "$describe")" = "$version" ] ||
    stop 3 "$stock is not the Python $version that $host embeds"
"$stock" -c 'import test.libregrtest, test.test_gc' 2>/dev/null ||
    stop 3 "no testsuite: it needs the Debian package lib$(basename "$stock")-testsuite"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ulimit -c 0
export work host stock
present=() absent=()
for module in "${modules[@]}"; do
    if "$stock" -c "import importlib.util, sys; sys.exit(importlib.util.find_spec('test.$module') is None)"; then
        present+=("$module")
    else
        absent+=("$module")
    fi
done
[ ${#present[@]} -gt 0 ] || stop 3 "none of the modules is in the testsuite: ${absent[*]}"

# ---- the runs ----

echo "Python $version; ${#present[@]} modules; each: verdict, tests, seconds"
printf '%-20s  %-23s  %-23s  %-23s\n' module "python3 (pymalloc)" pool "pool + debug hooks"
printf '%s\n' "${present[@]}" | xargs -P "$jobs" -n 1 "$0" --row
for module in "${absent[@]}"; do
    printf '%-20s  not in this testsuite\n' "$module"
    printf '{"module": "%s", "absent": true}\n' "$module" >"$work/module.$module"
done
n_worse=$(cat "$work"/word.* | grep -c '^worse' || true)
n_stock=$(cat "$work"/word.* | grep -c ' passed$' || true)
n_unnoticed=0
if [ $with_defects = yes ]; then
    printf '\n%-22s %-14s %-8s %8s\n' "seeded defect" module verdict seconds
    for defect in "${defects[@]}"; do
        printf "$defect %s\n" "${defect_modules[@]}"
    done | xargs -P "$jobs" -L 1 "$0" --row
    n_unnoticed=$(cat "$work"/defect.* | grep -c '"noticed": false' || true)
fi

# ---- the record: complete, or not there ----

{
    printf '{\n  "schema": "objlab/python-tests",\n  "version": 1,\n  "python": "%s",\n  "modules": [\n' "$version"
    json_list "${modules[@]/#/$work/module.}"
    printf '  ],\n  "defects": [\n'
    [ $with_defects = no ] || json_list "$work"/defect.*
    printf '  ],\n  "summary": {"passed_on_python3": %d, "worse_on_pool": %d, "defects_unnoticed": %d}\n}\n' \
        "$n_stock" "$n_worse" "$n_unnoticed"
} >"$work/record"
mkdir -p "$(dirname "$out")"
cp "$work/record" "$out.$$"
mv "$out.$$" "$out"

echo
echo "$n_stock modules pass on python3; $((n_stock - n_worse)) of them on the pool too, with and without debug hooks"
[ $with_defects = no ] || echo "seeded defects: $n_unnoticed of $((${#defects[@]} * ${#defect_modules[@]})) runs did not notice"
echo "record: $out"
[ "$n_worse" -eq 0 ] && [ "$n_unnoticed" -eq 0 ] && [ "$n_stock" -gt 0 ]
