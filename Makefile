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
COST_BASELINE := harness/bench/cost-baseline.json
OBJLAB     := build/release/harness/cli/objlab

.PHONY: help grade report class bench bench-readers prove perf-gate perf-accept profile test test-asan test-memcheck fuzz coverage lint format \
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

## prove          false alarms, planted slow-downs, overhead of the benchmark itself (15 minutes)
prove: release
	@$(OBJLAB) bench --prove overhead
	@$(OBJLAB) bench --prove aa
	@$(OBJLAB) bench --prove planted

## perf-gate      what the runtime's operations cost, counted, against the accepted baseline
perf-gate: release
	@$(OBJLAB) cost --baseline $(COST_BASELINE)

## perf-accept    takes what they cost now as the baseline
perf-accept: release
	@$(OBJLAB) cost --out $(COST_BASELINE)

## profile        profiles of SUBMISSION's workload, by calls and by memory
profile: release
	@scripts/profile_workload.sh $(OBJLAB) $(SUBMISSION) $(OUT)

## test           build (debug) and run the test suite
test:
	@scripts/setup.sh build web test
	@scripts/test.sh dev $(JOBS)

## test-asan      the suite under AddressSanitizer and UndefinedBehaviorSanitizer
test-asan:
	@scripts/setup.sh build web test
	@scripts/test.sh asan-ubsan $(JOBS)

## test-memcheck  the suite under valgrind's memcheck
test-memcheck:
	@scripts/setup.sh build web test
	@scripts/test.sh memcheck $(JOBS)

## fuzz           run every libFuzzer target for FUZZ_SECONDS
fuzz:
	@scripts/setup.sh build test
	@scripts/fuzz.sh $(FUZZ_SECONDS) $(JOBS)

## coverage       line coverage as HTML in build/coverage-html; fails under 90 %
coverage:
	@scripts/setup.sh build web test
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

web: setup
	@scripts/web.sh
