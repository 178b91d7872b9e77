#include "tests/conformance/workflows/local_run.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/step.h"

namespace pawl::asl {
namespace {

using json::Value;

const Value* At(const Value& value, const std::string& step) {
  if (!value.is_array()) return value.Find(step);
  size_t index = 0;
  if (!absl::SimpleAtoi(step, &index) || index >= value.size()) return nullptr;
  return &value.items()[index];
}

Value Put(const Value& into, std::span<const std::string> pointer, const Value& value) {
  if (pointer.empty()) return value;
  if (into.is_array()) {
    size_t index = 0;
    std::vector<Value> items(into.items().begin(), into.items().end());
    if (absl::SimpleAtoi(pointer[0], &index) && index < items.size()) {
      items[index] = Put(items[index], pointer.subspan(1), value);
    }
    return Value::Array(std::move(items));
  }
  const Value* inner = into.Find(pointer[0]);
  return (into.is_object() ? into : Value::Object({}))
      .With(pointer[0], Put(inner == nullptr ? Value::Object({}) : *inner, pointer.subspan(1), value));
}

Value Derive(const Derived& derived, const Value& input, const Value& result) {
  switch (derived.from) {
    case Derived::From::kInput:
      return input;
    case Derived::From::kInputAt: {
      const Value* value = &input;
      for (const std::string& step : derived.pointer) value = At(*value, step);
      return *value;
    }
    case Derived::From::kResult:
      return result;
    case Derived::From::kInputWithResult:
      return Put(input, derived.pointer, result);
    case Derived::From::kInputWithValue:
      return Put(input, derived.pointer, derived.value);
    case Derived::From::kValue:
      return derived.value;
  }
  return Value();
}

class Runner {
 public:
  explicit Runner(const Value& input) : execution_input_(input) {}

  LocalRun Run(const Program& program) {
    Event("ExecutionStarted", "", Value());
    Variables variables;
    std::optional<Value> output = RunBlock(program.root(), execution_input_, variables, std::nullopt);
    run_.succeeded = output.has_value();
    if (output) {
      run_.output = *output;
      Event("ExecutionSucceeded", "executionSucceededEventDetails",
            Value::Object({{"output", Value::String(json::Serialize(*output))}}));
    } else {
      run_.error = failure_.error;
      run_.cause = failure_.cause;
      std::vector<json::Member> members;
      if (!failure_.cause.empty()) members.push_back({"cause", Value::String(failure_.cause)});
      if (!failure_.error.empty()) members.push_back({"error", Value::String(failure_.error)});
      Event("ExecutionFailed", "executionFailedEventDetails", Value::Object(std::move(members)));
    }
    return std::move(run_);
  }

 private:
  void Event(const std::string& type, const std::string& details, Value value) {
    std::vector<json::Member> members = {{"type", Value::String(type)}};
    if (!details.empty()) members.push_back({details, std::move(value)});
    run_.events.push_back(Value::Object(std::move(members)));
  }

  static Value StateContext(const State& state) {
    std::vector<json::Member> members = {{"Name", Value::String(state.name)},
                                         {"EnteredTime", Value::String("2024-01-01T00:00:00.000Z")}};
    if (state.type == StateType::kTask) members.push_back({"RetryCount", Value::Int(0)});
    return Value::Object(std::move(members));
  }

  Value Context(const State& state, const std::optional<Value>& item) const {
    std::vector<json::Member> members = {
        {"Execution", Value::Object({{"Id", Value::String("arn:aws:states:here:1:execution:machine:run")},
                                     {"Input", execution_input_},
                                     {"StartTime", Value::String("2024-01-01T00:00:00.000Z")},
                                     {"Name", Value::String("run")},
                                     {"RoleArn", Value::String("arn:aws:iam::1:role/role")},
                                     {"RedriveCount", Value::Int(0)}})},
        {"StateMachine", Value::Object({{"Id", Value::String("arn:aws:states:here:1:stateMachine:machine")},
                                        {"Name", Value::String("machine")}})},
        {"State", StateContext(state)}};
    if (item) members.push_back({"Map", Value::Object({{"Item", *item}})});
    return Value::Object(std::move(members));
  }

  // Nothing where the block failed (failure_) or met what it cannot run.
  std::optional<Value> RunBlock(const Block& block, Value input, Variables variables, std::optional<Value> item) {
    std::string name = block.start_at;
    while (true) {
      const State* state = nullptr;
      for (const auto& one : block.states) state = one->name == name ? one.get() : state;
      std::optional<Transition> transition = RunState(*state, input, variables, item);
      if (!transition) return std::nullopt;
      input = std::move(transition->output.value);
      for (Assignment& assignment : transition->assigned) Set(variables, std::move(assignment));
      Event(absl::StrCat(StateTypeName(state->type), "StateExited"), "stateExitedEventDetails",
            Value::Object({{"name", Value::String(name)}, {"output", Value::String(json::Serialize(input))}}));
      if (transition->next.empty()) return input;
      name = transition->next;
    }
  }

  static void Set(Variables& variables, Assignment assignment) {
    for (auto& [name, value] : variables) {
      if (name == assignment.name) {
        value = std::move(assignment.value);
        return;
      }
    }
    variables.emplace_back(std::move(assignment.name), std::move(assignment.value));
  }

  // The transition's output is a plain value. Retries are not made, they would come to the same end.
  std::optional<Transition> RunState(const State& state, const Value& input, const Variables& variables,
                                     const std::optional<Value>& item) {
    Event(absl::StrCat(StateTypeName(state.type), "StateEntered"), "stateEnteredEventDetails",
          Value::Object({{"name", Value::String(state.name)}, {"input", Value::String(json::Serialize(input))}}));
    const HeldValue lazy_input(input);
    const HeldValue context(Context(state, item));
    base::SeededRandom random(1);
    Scope scope{.input = lazy_input,
                .context = context,
                .variables = variables,
                .random = random,
                .now = base::WallTime(std::chrono::milliseconds(1'700'000'000'000)),
                .entered_event_id = static_cast<int64_t>(run_.events.size())};
    EnterOutcome outcome = Enter(state, scope);
    Value result;
    std::optional<Failure> failed;
    if (auto* transition = std::get_if<Transition>(&outcome)) return Plain(std::move(*transition), input, result);
    if (auto* failure = std::get_if<Failed>(&outcome)) {
      failed = failure->failure;
    } else if (std::holds_alternative<StartTask>(outcome) || state.distributed) {
      run_.supported = false;
      return std::nullopt;
    } else if (auto* branches = std::get_if<StartBranches>(&outcome)) {
      std::vector<Value> results;
      Event("ParallelStateStarted", "", Value());
      for (const Block& branch : state.branches) {
        std::optional<Value> output = RunBlock(branch, Derive(branches->input, input, result), variables, item);
        if (!output) {
          if (!run_.supported) return std::nullopt;
          failed = failure_;
          break;
        }
        results.push_back(std::move(*output));
      }
      result = Value::Array(std::move(results));
    } else if (auto* map = std::get_if<StartMap>(&outcome)) {
      if (!RunMap(state, *map, input, scope, variables, result, failed)) return std::nullopt;
    }
    if (!failed) {
      const HeldValue lazy_result(result);
      auto completed = Complete(state, scope, lazy_result);
      if (auto* transition = std::get_if<Transition>(&completed)) return Plain(std::move(*transition), input, result);
      failed = std::get<Failed>(completed).failure;
    }
    FailureOutcome handled = HandleFailure(state, scope, *failed, std::vector<int32_t>(10, 99'999'999));
    if (auto* caught = std::get_if<Caught>(&handled)) return Plain(std::move(caught->transition), input, result);
    failure_ = std::get<Failed>(handled).failure;
    return std::nullopt;
  }

  bool RunMap(const State& state, const StartMap& map, const Value& input, const Scope& outer,
              const Variables& variables, Value& result, std::optional<Failure>& failed) {
    const Value items = Derive(map.items, input, result);
    std::vector<Value> results;
    for (size_t i = 0; i < map.length; ++i) {
      Value item = Value::Object({{"Index", Value::Int(static_cast<int64_t>(i))}, {"Value", items.items()[i]}});
      const HeldValue context(Context(state, item));
      Scope scope{.input = outer.input,
                  .context = context,
                  .variables = variables,
                  .random = outer.random,
                  .now = outer.now,
                  .entered_event_id = outer.entered_event_id};
      auto made = IterationInput(state, scope, items.items()[i]);
      if (auto* failure = std::get_if<Failed>(&made)) {
        failed = failure->failure;
        return true;
      }
      std::optional<Value> output = RunBlock(
          state.branches[0], Derive(std::get<Derived>(made), input, items.items()[i]), variables, std::move(item));
      if (!output) {
        if (!run_.supported) return false;
        failed = failure_;
        return true;
      }
      results.push_back(std::move(*output));
    }
    result = Value::Array(std::move(results));
    return true;
  }

  static Transition Plain(Transition transition, const Value& input, const Value& result) {
    transition.output.value = Derive(transition.output, input, result);
    transition.output.from = Derived::From::kValue;
    return transition;
  }

  const Value execution_input_;
  Failure failure_;
  LocalRun run_;
};

}  // namespace

LocalRun RunLocally(const Program& program, const Value& input) { return Runner(input).Run(program); }

}  // namespace pawl::asl
