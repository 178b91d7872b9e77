// How fast the pure language is: entering a state, a JSONata expression on 100 items, and compiling a definition. The
// bounds stand in benchmarks/micro/language.py, which also runs the same expression under Node for the ratio.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <variant>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/jsonata/jsonata.h"
#include "scheduler/asl/validate/compile.h"
#include "shared/json/value.h"

namespace {

using pawl::json::Value;

void EnterState(benchmark::State& state, const std::string& definition, const std::string& input) {
  const pawl::asl::CompileResult compiled = pawl::asl::Compile(definition);
  if (compiled.program == nullptr) return state.SkipWithError("the definition does not compile");
  const pawl::asl::State& entered = *compiled.program->root().states.front();
  const pawl::asl::HeldValue data(pawl::json::Parse(input).value());
  const pawl::asl::HeldValue context(
      pawl::json::Parse(R"({"Execution":{"Id":"e","Name":"n"},"State":{"Name":"s"}})").value());
  pawl::base::SeededRandom random(1);
  const pawl::asl::Variables variables;
  const pawl::asl::Scope scope{
      .input = data, .context = context, .variables = variables, .random = random, .now = pawl::base::WallTime()};
  for (auto _ : state) benchmark::DoNotOptimize(pawl::asl::Enter(entered, scope));
}
constexpr char kPass[] =
    R"json({"StartAt":"P","States":{"P":{"Type":"Pass","End":true,"ResultPath":"$.job","Parameters":{
    "name.$":"$.name","key.$":"$.dataset.key","id.$":"$$.Execution.Id","fixed":{"a":1},
    "text.$":"States.Format('{}/{}', $.name, $.dataset.key)"}}}})json";
BENCHMARK_CAPTURE(EnterState, PassWithParameters, kPass,
                  R"({"name":"train","dataset":{"key":"a/b/c","rows":12},"tags":["x","y"]})");

constexpr char kChoice[] = R"json({"StartAt":"C","States":{"C":{"Type":"Choice","Default":"E","Choices":[
    {"Variable":"$.score","NumericGreaterThan":0.9,"Next":"E"},
    {"Variable":"$.name","StringEquals":"other","Next":"E"},
    {"Variable":"$.none","IsPresent":true,"Next":"E"},
    {"Variable":"$.done","BooleanEquals":true,"Next":"E"},
    {"Variable":"$.name","StringMatches":"tra*","Next":"E"}]},"E":{"Type":"Succeed"}}})json";
BENCHMARK_CAPTURE(EnterState, ChoiceOfFiveRules, kChoice, R"({"name":"train","score":0.5,"done":false})");

// The same items as language.py gives to Node.
std::string Items() {
  std::string text = R"({"items":[)";
  for (int i = 0; i < 100; ++i) {
    text += std::string(i > 0 ? "," : "") + R"({"name":"item)" + std::to_string(i) + R"(","price":)" +
            std::to_string(i % 20) + ".5,\"quantity\":" + std::to_string(1 + i % 7) + "}";
  }
  return text + "]}";
}

void Jsonata(benchmark::State& state, const std::string& text) {
  using namespace pawl::asl::jsonata;
  const auto compiled = Expression::Compile(text);
  if (!std::holds_alternative<Expression>(compiled)) return state.SkipWithError("the expression does not compile");
  const auto& expression = std::get<Expression>(compiled);
  const std::optional<Value> input = pawl::json::Parse(Items()).value();
  const Environment environment;
  for (auto _ : state) benchmark::DoNotOptimize(expression.Evaluate(input, environment));
}
BENCHMARK_CAPTURE(Jsonata, SumOfProducts100, "$sum(items[price > 10].(price * quantity))");
BENCHMARK_CAPTURE(Jsonata, GroupBy100, "items{name: $sum(price)}");
BENCHMARK_CAPTURE(Jsonata, MapWithLambda100, "$map(items, function($i){$i.price * 2})");

void CompileJsonata(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(pawl::asl::jsonata::Expression::Compile("$sum(items[price > 10].(price * quantity))"));
  }
}
BENCHMARK(CompileJsonata);

std::string DefinitionOf(int states) {
  constexpr char kTask[] = R"json({"Type":"Task","Resource":"arn:aws:states:::lambda:invoke","TimeoutSeconds":60,
      "Parameters":{"FunctionName":"f","Payload":{"id.$":"$.id","text.$":"States.Format('{}', $.id)"}},"ResultPath":"$.r",
      "Retry":[{"ErrorEquals":["States.ALL"],"MaxAttempts":3}],)json";
  constexpr char kJsonata[] = R"json({"Type":"Pass","QueryLanguage":"JSONata",
      "Output":{"sum":"{% $sum($states.input.items.price) %}"},)json";
  std::string text = "{\"StartAt\":\"S0\",\"States\":{";
  for (int i = 0; i < states; ++i) {
    text += std::string(i > 0 ? "," : "") + "\"S" + std::to_string(i) + "\":" + (i % 2 == 0 ? kTask : kJsonata);
    text += i + 1 < states ? "\"Next\":\"S" + std::to_string(i + 1) + "\"}" : "\"End\":true}";
  }
  return text + "}}";
}

void CompileDefinition(benchmark::State& state) {
  const std::string definition = DefinitionOf(static_cast<int>(state.range(0)));
  if (pawl::asl::Compile(definition).program == nullptr) return state.SkipWithError("the definition does not compile");
  for (auto _ : state) benchmark::DoNotOptimize(pawl::asl::Compile(definition));
}
BENCHMARK(CompileDefinition)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
