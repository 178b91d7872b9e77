// How fast the language's paths and intrinsic functions are, compiled once and evaluated often.
#include <benchmark/benchmark.h>

#include <string>

#include "scheduler/asl/intrinsics/intrinsics.h"
#include "scheduler/asl/jsonpath/jsonpath.h"
#include "shared/json/value.h"

namespace {

using pawl::asl::intrinsics::Intrinsic;
using pawl::asl::jsonpath::Path;
using pawl::json::Value;

Value Document() {
  std::string text = R"({"job":{"name":"train","dataset":{"key":"a/b/c"}},"items":[)";
  for (int i = 0; i < 100; ++i) {
    text += (i > 0 ? "," : "") + std::string(R"({"id":)") + std::to_string(i) + R"(,"kind":"k)" +
            std::to_string(i % 3) + R"(","score":0.5})";
  }
  return *pawl::json::Parse(text + "]}");
}

void Compile(benchmark::State& state, const std::string& path) {
  for (auto _ : state) benchmark::DoNotOptimize(Path::Compile(path));
}
BENCHMARK_CAPTURE(Compile, Definite, "$.job.dataset.key");
BENCHMARK_CAPTURE(Compile, Filter, "$.items[?(@.kind == 'k1' && @.id > 10)].id");

void Evaluate(benchmark::State& state, const std::string& text) {
  const Value document = Document();
  const Path path = *Path::Compile(text);
  for (auto _ : state) benchmark::DoNotOptimize(path.Evaluate(document));
}
BENCHMARK_CAPTURE(Evaluate, Definite, "$.job.dataset.key");
BENCHMARK_CAPTURE(Evaluate, Index, "$.items[50].id");
BENCHMARK_CAPTURE(Evaluate, Wildcard100, "$.items[*].id");
BENCHMARK_CAPTURE(Evaluate, Filter100, "$.items[?(@.kind == 'k1' && @.id > 10)].id");
BENCHMARK_CAPTURE(Evaluate, Scan300, "$..id");

void InsertResult(benchmark::State& state) {
  const Value document = Document();
  const Path path = *Path::Compile("$.job.result");
  const Value result = Value::Int(1);
  for (auto _ : state) benchmark::DoNotOptimize(pawl::asl::jsonpath::Insert(document, path, result));
}
BENCHMARK(InsertResult);

void EvaluateIntrinsic(benchmark::State& state, const std::string& text) {
  const Value document = Document();
  const Intrinsic intrinsic = *Intrinsic::Compile(text);
  pawl::base::SeededRandom random(1);
  const Intrinsic::CompiledPathResolver resolve = [&](const Intrinsic::PathArgument& argument) {
    return argument.path.Evaluate(document);
  };
  for (auto _ : state) benchmark::DoNotOptimize(intrinsic.Evaluate(resolve, random));
}
BENCHMARK_CAPTURE(EvaluateIntrinsic, Format, "States.Format('{}/{}', $.job.name, $.job.dataset.key)");
BENCHMARK_CAPTURE(EvaluateIntrinsic, Nested, "States.ArrayGetItem(States.StringSplit($.job.dataset.key, '/'), 1)");

}  // namespace

BENCHMARK_MAIN();
