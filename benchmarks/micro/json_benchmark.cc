// How fast payloads are read, printed and searched: a small task input (about 250 bytes), a list of records (about
// 100 KiB) and an object of 200 members.
#include <benchmark/benchmark.h>

#include <string>

#include "shared/json/value.h"

namespace {

using pawl::json::Value;

const std::string& SmallText() {
  static const std::string text =
      R"({"job":"train-2024-05-01","dataset":{"bucket":"models","key":"data/part-00017.csv","rows":120034},)"
      R"("parameters":{"learning_rate":0.0025,"epochs":12,"layers":[64,64,32],"shuffle":true},)"
      R"("tags":["nightly","gpu"],"parent":null,"note":"first run with \"quoted\" text"})";
  return text;
}

const std::string& LargeText() {
  static const std::string text = [] {
    std::string result = "[";
    while (result.size() < 100'000) result += (result.size() > 1 ? "," : "") + SmallText();
    return result + "]";
  }();
  return text;
}

void Parse(benchmark::State& state, const std::string& text) {
  for (auto _ : state) benchmark::DoNotOptimize(pawl::json::Parse(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(Parse, Small, SmallText());
BENCHMARK_CAPTURE(Parse, Large, LargeText());

void IsValid(benchmark::State& state, const std::string& text) {
  for (auto _ : state) benchmark::DoNotOptimize(pawl::json::IsValid(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(IsValid, Large, LargeText());

void Serialize(benchmark::State& state, const std::string& text) {
  const Value value = *pawl::json::Parse(text);
  for (auto _ : state) benchmark::DoNotOptimize(pawl::json::Serialize(value));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(Serialize, Small, SmallText());
BENCHMARK_CAPTURE(Serialize, Large, LargeText());

void FindInObjectOf(benchmark::State& state) {
  std::vector<pawl::json::Member> members;
  for (int64_t i = 0; i < state.range(0); ++i) members.push_back({"member" + std::to_string(i), Value::Int(i)});
  const Value object = Value::Object(members);
  const std::string key = "member" + std::to_string(state.range(0) - 1);
  for (auto _ : state) benchmark::DoNotOptimize(object.Find(key));
}
BENCHMARK(FindInObjectOf)->Arg(4)->Arg(16)->Arg(17)->Arg(200);

void SetMember(benchmark::State& state) {
  const Value object = *pawl::json::Parse(SmallText());
  for (auto _ : state) benchmark::DoNotOptimize(object.With("result", object));
}
BENCHMARK(SetMember);

}  // namespace

BENCHMARK_MAIN();
