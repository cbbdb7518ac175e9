# objlab: every target does its own set-up; CMake does the building.
#
#   make grade [SUBMISSION=dir]   grade a submission (default: the model solution)
#   make test                     build and run the test suite
#   make help                     all targets

SUBMISSION ?= homework/solution
CLASS      ?= homework/known-wrong
JOBS       ?= $(shell nproc)
NAME       := $(notdir $(patsubst %/,%,$(SUBMISSION)))
OUT        ?= build/reports/$(NAME)
GRADE_ARGS ?=
BENCH_ARGS ?=
FUZZ_SECONDS ?= 10
READER_SECONDS ?= $(FUZZ_SECONDS)
OPERATIONS ?= 1000000
SECONDS    ?=
SEED       ?= 1
TRIES      ?= 200
COST_BASELINE := harness/bench/cost-baseline.json
BLOCKS     ?= 100000000
OBJLAB     := build/release/harness/cli/objlab
PYTHON_BUILD := build/release/harness/python
PYTHON_ROUNDS ?= 11

.PHONY: help grade report lab class bench bench-readers many-blocks prove prove-grading perf-gate perf-accept profile python-tests python-bench \
        python-host test test-asan test-memcheck test-slurm test-aarch64 differential fuzz coverage lint format \
        install clean setup release dev web
.DEFAULT_GOAL := help

help:
	@sed -n 's/^## //p' Makefile

## grade          grade SUBMISSION (default homework/solution), report in build/reports/
grade: release web
	@$(OBJLAB) grade $(SUBMISSION) --out $(OUT) $(GRADE_ARGS)

## report         write the HTML report of the last grading of SUBMISSION again
report: release web
	@$(OBJLAB) report $(OUT)/result.json --html --out $(OUT)/report.html

## lab            the last grading of SUBMISSION with benchmark, trend, collections in one report
lab: release web
	@scripts/lab.sh $(OBJLAB) $(OUT)

## class          grade every folder in CLASS
class: release web
	@$(OBJLAB) class $(CLASS)

## bench          time the three layouts and the allocators, side by side
bench:
	@scripts/setup.sh bench
	@$(MAKE) --no-print-directory release
	@$(OBJLAB) bench --all $(BENCH_ARGS)

## bench-readers  time the profile readers beside callgrind_annotate and ms_print
bench-readers: release
	@cmake --build build/release --target bench-readers

## many-blocks    BLOCKS live blocks of 16 bytes at once (10^8: 1.7 GB), checked one by one
many-blocks: release
	@build/release/objects/many_blocks $(BLOCKS)

## prove          false alarms, planted slow-downs, overhead of the benchmark itself (15 minutes)
prove: release
	@$(OBJLAB) bench --prove overhead
	@$(OBJLAB) bench --prove aa
	@$(OBJLAB) bench --prove planted
	@$(OBJLAB) bench --prove processes --tries 200

## prove-grading  SUBMISSION graded TRIES times (200), then again under load: the same score? (2 hours)
prove-grading: release
	@scripts/prove_grading.sh $(OBJLAB) $(SUBMISSION) $(TRIES)

## perf-gate      what the runtime's operations cost, counted, against the accepted baseline
perf-gate: release
	@$(OBJLAB) cost --baseline $(COST_BASELINE)

## perf-accept    takes what they cost now as the baseline
perf-accept: release
	@$(OBJLAB) cost --out $(COST_BASELINE)

## profile        profiles of SUBMISSION's workload, by calls and by memory
profile: release
	@scripts/profile_workload.sh $(OBJLAB) $(SUBMISSION) $(OUT)

## python-tests   CPython's own tests with its objects in our pools, and with seeded defects (7 minutes)
python-tests: python-host
	@scripts/python_tests.sh $(PYTHON_BUILD)/objlab-python build/reports/python-tests.json $(JOBS)

## python-bench   mass creation in Python: pymalloc against our pools
python-bench: python-host
	@mkdir -p build/reports
	@$(PYTHON_BUILD)/python_bench $(PYTHON_BUILD)/objlab-python harness/python/mass_creation.py \
	    build/reports/python-bench.json $(PYTHON_ROUNDS)

## test           build (debug) and run the test suite
test:
	@scripts/setup.sh build web test python
	@scripts/test.sh dev $(JOBS)

## test-asan      the suite under AddressSanitizer and UndefinedBehaviorSanitizer
test-asan:
	@scripts/setup.sh build web test python
	@scripts/test.sh asan-ubsan $(JOBS)

## test-memcheck  the suite under valgrind's memcheck
test-memcheck:
	@scripts/setup.sh build web test python
	@scripts/test.sh memcheck $(JOBS)

## test-slurm     a class on a Slurm cluster of one node, made for the test (3 minutes)
test-slurm: release
	@scripts/setup.sh slurm
	@harness/tests/slurm_cluster.sh harness/tests/test_slurm.sh $(CURDIR)/$(OBJLAB)

## test-aarch64   the timer and the benchmark's workers, cross-compiled, under qemu
test-aarch64:
	@scripts/setup.sh aarch64
	@harness/tests/test_aarch64.sh $(CURDIR)

## differential   the runtime against CPython: OPERATIONS random ones, or SECONDS of them, from SEED
differential:
	@scripts/setup.sh build test
	@$(MAKE) --no-print-directory release
	@python3 objects/tests/differential/differential.py --runner build/release/objects/run_tape \
	    --replay objects/tests/differential/tapes --keep objects/tests/differential/tapes --seed $(SEED) \
	    $(if $(SECONDS),--seconds $(SECONDS),--operations $(OPERATIONS))

## fuzz           run every libFuzzer target for FUZZ_SECONDS, readers of profiles for READER_SECONDS
fuzz:
	@scripts/setup.sh build test
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(JOBS) $(READER_SECONDS)

## coverage       line coverage as HTML in build/coverage-html; fails under 90 %
coverage:
	@scripts/setup.sh build web test python
	@scripts/coverage.sh $(JOBS)

## lint           clang-tidy, clang-format, cppcheck, shellcheck, include direction
lint:
	@scripts/setup.sh build test
	@scripts/lint.sh $(JOBS)

## format         rewrite the sources with clang-format
format:
	@scripts/setup.sh build
	@git ls-files '*.c' '*.h' '*.cc' | xargs clang-format -i

## install        install the command, its data and the libraries (PREFIX, DESTDIR)
install: release
	@cmake --install build/release $(if $(PREFIX),--prefix $(PREFIX))

## clean          remove everything generated
clean:
	@rm -rf build

setup:
	@scripts/setup.sh build web

release: setup
	@scripts/build.sh release $(JOBS)

python-host:
	@scripts/setup.sh build python
	@$(MAKE) --no-print-directory release
	@[ -x $(PYTHON_BUILD)/objlab-python ] || { echo "objlab: no objlab-python without the package python3-dev" >&2; exit 3; }

web: setup
	@scripts/web.sh
