// libFuzzer: a definition. Whatever compiles is entered, completed and failed state by state; nothing may crash or
// hang, and every answer must be consistent.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/validate/compile.h"

namespace {

namespace json = pawl::json;
namespace asl = pawl::asl;

class Quiet : public asl::Inspector {
 public:
  void Stage(std::string_view, const json::Value& value) override { (void)json::Serialize(value); }
  void Rule(size_t, bool, const std::string&) override {}
};

void Exercise(const asl::Block& block) {
  const asl::HeldValue input(
      *json::Parse(R"({"a":[1,"2",{"b":null}],"n":3,"s":"x","t":"2024-01-01T00:00:00Z","o":{"k":true}})"));
  const asl::HeldValue context(
      *json::Parse(R"({"Execution":{"Input":{}},"Map":{"Item":{"Index":0,"Value":1}},"Task":{"Token":"t"}})"));
  const asl::HeldValue result(*json::Parse(R"({"Payload":[1,2],"StatusCode":200})"));
  const asl::Variables variables = {{"v", json::Value::Int(1)}};
  for (const auto& state : block.states) {
    pawl::base::SeededRandom random(1);
    Quiet inspector;
    const asl::Scope scope{.input = input,
                           .context = context,
                           .variables = variables,
                           .random = random,
                           .now = {},
                           .inspector = &inspector,
                           .entered_event_id = 2};
    (void)asl::Enter(*state, scope);
    const bool works = state->type == asl::StateType::kTask || state->type == asl::StateType::kMap ||
                       state->type == asl::StateType::kParallel || state->type == asl::StateType::kWait;
    if (works) (void)asl::Complete(*state, scope, result);
    if (state->type == asl::StateType::kMap) (void)asl::IterationInput(*state, scope, json::Value::Int(1));
    (void)asl::HandleFailure(*state, scope, asl::Failure{"States.TaskFailed", "why", true, {}}, {});
    for (const asl::Block& branch : state->branches) Exercise(branch);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const asl::CompileResult compiled = asl::Compile(text);
  bool has_error = false;
  for (const asl::Diagnostic& one : compiled.diagnostics)
    has_error = has_error || one.severity == asl::Severity::kError;
  // A program, or an error that says why there is none.
  if (has_error == (compiled.program != nullptr)) std::abort();
  if (compiled.program != nullptr) Exercise(compiled.program->root());
  return 0;
}
