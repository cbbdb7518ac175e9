#include "harness/bench/gbench.h"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

struct gbench_state {
    benchmark::State *inner;
};

namespace
{

void run_case(const gbench_case &c, benchmark::State &inner)
{
    gbench_state state{&inner};
    if (c.set_up != nullptr)
        c.set_up(&state, c.data);
    if (!inner.error_occurred())
        c.run(&state, c.data);
    if (c.tear_down != nullptr)
        c.tear_down(&state, c.data);
}

// Hands every report on to two reporters: the one that is shown, and JSON for the file.
class tee_reporter : public benchmark::BenchmarkReporter
{
  public:
    tee_reporter(benchmark::BenchmarkReporter &first, benchmark::BenchmarkReporter &second)
        : first_(first), second_(second)
    {
    }
    bool ReportContext(const Context &context) override
    {
        bool shown = first_.ReportContext(context);
        return second_.ReportContext(context) && shown;
    }
    void ReportRuns(const std::vector<Run> &report) override
    {
        first_.ReportRuns(report);
        second_.ReportRuns(report);
    }
    void Finalize() override
    {
        first_.Finalize();
        second_.Finalize();
    }

  private:
    benchmark::BenchmarkReporter &first_;
    benchmark::BenchmarkReporter &second_;
};

// NaN, inf and -inf outside of strings are not JSON: null is.
std::string repair_json(const std::string &text)
{
    static const char *const wrong[] = {"-Infinity", "Infinity", "-nan", "nan",
                                        "-NaN",      "NaN",      "-inf", "inf"};
    std::string out;
    bool in_string = false;
    for (size_t i = 0; i < text.size();) {
        if (text[i] == '"')
            in_string = !in_string;
        if (in_string && text[i] == '\\') {
            out.append(text, i, 2);
            i += 2;
            continue;
        }
        size_t skipped = 0;
        for (size_t k = 0; !in_string && skipped == 0 && k < sizeof wrong / sizeof *wrong; k++) {
            if (text.compare(i, std::strlen(wrong[k]), wrong[k]) == 0)
                skipped = std::strlen(wrong[k]);
        }
        if (skipped > 0) {
            out += "null";
            i += skipped;
        } else {
            out += text[i++];
        }
    }
    return out;
}

// Takes --NAME=VALUE out of argv; the last one wins.
std::string take_flag(std::vector<char *> &argv, const std::string &name, std::string fallback)
{
    const std::string prefix = "--" + name + "=";
    for (auto at = argv.begin(); at != argv.end();) {
        if (std::strncmp(*at, prefix.c_str(), prefix.size()) == 0) {
            fallback = *at + prefix.size();
            at = argv.erase(at);
        } else {
            ++at;
        }
    }
    return fallback;
}

std::unique_ptr<benchmark::BenchmarkReporter> make_reporter(const std::string &format)
{
    if (format == "console")
        return std::make_unique<benchmark::ConsoleReporter>(benchmark::ConsoleReporter::OO_None);
    if (format == "json")
        return std::make_unique<benchmark::JSONReporter>();
    return nullptr;
}

char *copy_text(const std::string &text)
{
    return strdup(text.c_str());
}

bool write_file(const std::string &path, const std::string &text)
{
    std::ofstream file(path, std::ios::trunc);
    file << text;
    file.close();
    return !file.fail();
}

} // namespace

void gbench_add(const gbench_case *a_case)
{
    gbench_case c = *a_case;
    benchmark::internal::Benchmark *b =
        benchmark::RegisterBenchmark(c.name, [c](benchmark::State &inner) { run_case(c, inner); });
    b->UseManualTime()->Unit(benchmark::kMicrosecond);
    for (size_t i = 0; i < c.n_args; i++)
        b->Arg(c.args[i]);
    if (c.range_high > 0)
        b->Range(c.range_low, c.range_high);
    if (c.repetitions > 0)
        b->Repetitions(static_cast<int>(c.repetitions));
    if (c.min_time_s > 0)
        b->MinTime(c.min_time_s);
    if (c.complexity)
        b->Complexity(
            benchmark::oN); // oAuto decides by CPU time: of this process, not the worker's
}

bool gbench_next(gbench_state *state)
{
    return state->inner->KeepRunning();
}

int64_t gbench_arg(const gbench_state *state)
{
    return state->inner->range(0);
}

void gbench_set_time(gbench_state *state, double seconds)
{
    state->inner->SetIterationTime(seconds);
}

void gbench_set_items(gbench_state *state, int64_t n_items)
{
    state->inner->SetItemsProcessed(n_items);
    state->inner->SetComplexityN(state->inner->range(0));
}

void gbench_count(gbench_state *state, const char *name, double value)
{
    state->inner->counters[name] = value;
}

void gbench_skip(gbench_state *state, const char *why)
{
    state->inner->SkipWithError(why);
}

void gbench_context(const char *key, const char *value)
{
    benchmark::AddCustomContext(key, value);
}

bool gbench_run(int argc, char **argv, char **ret_text)
{
    std::vector<char *> args(argv, argv + argc);
    const std::string format = take_flag(args, "benchmark_format", "json");
    const std::string out = take_flag(args, "benchmark_out", "");
    const std::string out_format = take_flag(args, "benchmark_out_format", "json");
    std::unique_ptr<benchmark::BenchmarkReporter> shown = make_reporter(format);
    if (shown == nullptr || out_format != "json") {
        *ret_text = copy_text("--benchmark_format is console or json, --benchmark_out_format json");
        return false;
    }
    int n_args = static_cast<int>(args.size());
    benchmark::Initialize(&n_args, args.data());
    if (n_args > 1) {
        *ret_text = copy_text(std::string("unknown flag '") + args[1] + "'");
        return false;
    }
    std::ostringstream shown_text;
    std::ostringstream json_text;
    benchmark::JSONReporter json;
    shown->SetOutputStream(&shown_text);
    shown->SetErrorStream(&shown_text);
    json.SetOutputStream(&json_text);
    json.SetErrorStream(&json_text);
    tee_reporter both(*shown, json);
    std::ostringstream unmatched; // the library's own words for it, which are told below
    both.SetErrorStream(&unmatched);
    size_t n_matched = benchmark::RunSpecifiedBenchmarks(&both);
    benchmark::Shutdown();
    if (n_matched == 0) {
        *ret_text = copy_text("no benchmark matches --benchmark_filter");
        return false;
    }
    if (!out.empty() && !write_file(out, repair_json(json_text.str()))) {
        *ret_text = copy_text("cannot write " + out);
        return false;
    }
    *ret_text = copy_text(format == "json" ? repair_json(shown_text.str()) : shown_text.str());
    return true;
}
