// Enter, IterationInput and Complete: what each type of state does.
#include "scheduler/asl/interpret/step.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/choice.h"
#include "scheduler/asl/interpret/evaluator.h"
#include "scheduler/asl/interpret/flow.h"
#include "scheduler/asl/interpret/map.h"
#include "scheduler/asl/interpret/wait.h"

namespace pawl::asl {

using json::Value;

namespace {

template <typename Outcome, typename T>
Outcome OrFailed(Fallible<T> result) {
  if (!result.ok()) return Failed{std::move(result.failure())};
  return std::move(result.value());
}

void StageVariables(const Scope& scope) {
  if (scope.inspector == nullptr || scope.variables.empty()) return;
  std::vector<json::Member> members;
  members.reserve(scope.variables.size());
  // Inner scopes come first and hide the outer ones.
  for (const auto& [name, value] : scope.variables) {
    bool hidden = false;
    for (const json::Member& member : members) hidden = hidden || member.key == name;
    if (!hidden) members.push_back({name, value});
  }
  scope.inspector->Stage("variables", Value::Object(std::move(members)));
}

Fallible<Transition> EnterPass(const Evaluator& evaluator) {
  const auto& pass = std::get<PassDetail>(evaluator.detail().by_type);
  if (pass.result) {
    // Recorded: with a Result, InputPath and Parameters have no say (base_inspection_level_debug_IO_RESULT_PASS_STATE).
    Data result = Data::Of(*pass.result);
    evaluator.Stage("result", result);
    return Leave(evaluator, std::move(result));
  }
  PAWL_ASSIGN_OR_FAIL(Data input, WorkInput(evaluator));
  return Leave(evaluator, std::move(input));
}

Fallible<Transition> EnterChoice(const Evaluator& evaluator) {
  PAWL_ASSIGN_OR_FAIL(Data input, EffectiveInput(evaluator));
  return Choose(evaluator, std::move(input));
}

Fallible<Transition> EnterSucceed(const Evaluator& evaluator) {
  PAWL_ASSIGN_OR_FAIL(Data input, EffectiveInput(evaluator));
  return PassOn(evaluator, std::move(input), {}, evaluator.detail().output, "");
}

Fallible<std::optional<int64_t>> Seconds(const Evaluator& evaluator, const NumberField& field, const Data& input) {
  PAWL_ASSIGN_OR_FAIL(std::optional<double> number, ReadNumber(evaluator, field, input, /*whole=*/true));
  if (!number) return std::optional<int64_t>();
  // STEP_FUNCTIONS.md 2.2: from 1 on. The wording is Pawl's, after that of the other fields; AWS's is not recorded.
  if (*number <= 0) {
    const std::string text =
        absl::StrCat("The ", field.field, " field must be a positive integer but was: ", static_cast<int64_t>(*number));
    if (field.expression) return evaluator.QueryEvaluation(text, field.field);
    return evaluator.Runtime(text);
  }
  return std::optional<int64_t>(static_cast<int64_t>(*number));
}

Fallible<StartTask> EnterTask(const Evaluator& evaluator) {
  const auto& task = std::get<TaskDetail>(evaluator.detail().by_type);
  StartTask start;
  PAWL_ASSIGN_OR_FAIL(Data arguments, WorkInput(evaluator));
  if (task.timeout.is_present() || task.heartbeat.is_present() || task.credentials) {
    Data input = Data::Input(evaluator.scope().input);
    if (!evaluator.is_jsonata()) {
      PAWL_ASSIGN_OR_FAIL(input, evaluator.Select(evaluator.detail().input_path, std::move(input)));
    }
    PAWL_ASSIGN_OR_FAIL(start.timeout_seconds, Seconds(evaluator, task.timeout, input));
    PAWL_ASSIGN_OR_FAIL(start.heartbeat_seconds, Seconds(evaluator, task.heartbeat, input));
    if (task.credentials) {
      PAWL_ASSIGN_OR_FAIL(start.credentials, evaluator.Fill(*task.credentials, input));
    }
  }
  start.arguments = std::move(arguments).ToDerived();
  return start;
}

// Error or Cause of a Fail state.
Fallible<std::string> FailText(const Evaluator& evaluator, const TextField& field, const Data& input) {
  if (field.value) return *field.value;
  if (field.query) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.ReadQuery(*field.query, field.field, input));
    if (value.is_string()) return value.as_string();
    // Specification, "Fail State": the path gives a string. The wording is Pawl's; AWS's is not recorded.
    const auto* path = std::get_if<PathRef>(&*field.query);
    return evaluator.Runtime(absl::StrCat("The ", field.field, " field must refer to a string but was: ",
                                          json::Serialize(value), path != nullptr ? ": " + path->text : ""));
  }
  if (field.expression) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Evaluate(*field.expression, field.field));
    if (value.is_string()) return value.as_string();
    return evaluator.UnexpectedType(*field.expression, field.field, "string", value);
  }
  return std::string();
}

Fallible<Failed> EnterFail(const Evaluator& evaluator) {
  const auto& fail = std::get<FailDetail>(evaluator.detail().by_type);
  const Data input = Data::Input(evaluator.scope().input);
  if (!evaluator.is_jsonata()) evaluator.Stage("afterInputPath", input);
  Failed failed;
  PAWL_ASSIGN_OR_FAIL(failed.failure.error, FailText(evaluator, fail.error, input));
  PAWL_ASSIGN_OR_FAIL(failed.failure.cause, FailText(evaluator, fail.cause, input));
  return failed;
}

Fallible<StartBranches> EnterParallel(const Evaluator& evaluator) {
  PAWL_ASSIGN_OR_FAIL(Data input, WorkInput(evaluator));
  return StartBranches{std::move(input).ToDerived()};
}

}  // namespace

EnterOutcome Enter(const State& state, const Scope& scope) {
  const Evaluator evaluator(state, scope);
  if (scope.inspector != nullptr) scope.inspector->Stage("input", scope.input.Get());
  StageVariables(scope);
  switch (state.type) {
    case StateType::kPass:
      return OrFailed<EnterOutcome>(EnterPass(evaluator));
    case StateType::kTask:
      return OrFailed<EnterOutcome>(EnterTask(evaluator));
    case StateType::kChoice:
      return OrFailed<EnterOutcome>(EnterChoice(evaluator));
    case StateType::kWait:
      return OrFailed<EnterOutcome>(EnterWait(evaluator));
    case StateType::kSucceed:
      return OrFailed<EnterOutcome>(EnterSucceed(evaluator));
    case StateType::kFail:
      return OrFailed<EnterOutcome>(EnterFail(evaluator));
    case StateType::kParallel:
      return OrFailed<EnterOutcome>(EnterParallel(evaluator));
    case StateType::kMap: {
      auto entered = EnterMap(evaluator);
      if (auto* failed = std::get_if<Failed>(&entered)) return std::move(*failed);
      return std::move(std::get<StartMap>(entered));
    }
  }
  return Failed{};
}

std::variant<Derived, Failed> IterationInput(const State& state, const Scope& scope, const Value& /*item*/) {
  const Evaluator evaluator(state, scope);
  return OrFailed<std::variant<Derived, Failed>>(SelectItem(evaluator));
}

std::variant<Transition, Failed> Complete(const State& state, const Scope& scope, const LazyValue& result) {
  using Outcome = std::variant<Transition, Failed>;
  Evaluator evaluator(state, scope);
  if (state.type == StateType::kWait) {
    Fallible<Data> input = EffectiveInput(evaluator);
    if (!input.ok()) return Failed{std::move(input.failure())};
    const StateDetail& detail = *state.detail;
    return OrFailed<Outcome>(PassOn(evaluator, std::move(input.value()), detail.assign, detail.output, detail.next));
  }
  if (evaluator.is_jsonata()) evaluator.SetResult(result);
  Data data = Data::Result(result);
  evaluator.Stage("result", data);
  return OrFailed<Outcome>(Leave(evaluator, std::move(data)));
}

}  // namespace pawl::asl
