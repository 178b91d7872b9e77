#include "scheduler/asl/interpret/flow.h"

#include <cmath>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace pawl::asl {

using json::Value;

std::string Plain(const Value& value) { return value.is_string() ? value.as_string() : json::Serialize(value); }

Fallible<Data> EffectiveInput(const Evaluator& evaluator) {
  Data input = Data::Input(evaluator.scope().input);
  if (evaluator.is_jsonata()) return input;
  PAWL_ASSIGN_OR_FAIL(Data effective, evaluator.Select(evaluator.detail().input_path, std::move(input)));
  evaluator.Stage("afterInputPath", effective);
  return effective;
}

Fallible<Data> WorkInput(const Evaluator& evaluator) {
  PAWL_ASSIGN_OR_FAIL(Data input, EffectiveInput(evaluator));
  const std::optional<Template>& form = evaluator.detail().parameters;
  if (!form) {
    if (!evaluator.is_jsonata()) evaluator.Stage("afterParameters", input);
    return input;
  }
  PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Fill(*form, input));
  Data filled = Data::Of(std::move(value));
  evaluator.Stage(evaluator.is_jsonata() ? "afterArguments" : "afterParameters", filled);
  return filled;
}

Fallible<Data> ApplyResultPath(const Evaluator& evaluator, const ResultPathField& field, Data result) {
  switch (field.mode) {
    case ResultPathField::Mode::kReplace:
      return result;
    case ResultPathField::Mode::kDiscard:
      return Data::Input(evaluator.scope().input);
    case ResultPathField::Mode::kInsert:
      break;
  }
  const Value& input = evaluator.scope().input.Get();
  absl::StatusOr<Value> merged = jsonpath::Insert(input, *field.path, result.Get());
  if (!merged.ok()) {
    // Name and wording as users of AWS report them; the sentence about the state is not in front of it.
    return Failure{.error = "States.ReferencePathConflict",
                   .cause = absl::StrCat("Unable to apply step \"", field.steps.empty() ? "" : field.steps.back(),
                                         "\" to input ", json::Serialize(input)),
                   .catchable = true,
                   .evaluation = std::nullopt};
  }
  return Data::Inserted(field.steps, result, *std::move(merged));
}

Fallible<Transition> PassOn(const Evaluator& evaluator, Data input, const AssignField& assign,
                            const std::optional<Template>& output, std::string next) {
  Transition transition;
  transition.next = std::move(next);
  PAWL_ASSIGN_OR_FAIL(transition.assigned, evaluator.Assign(assign, input));
  if (output) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Fill(*output, input));
    Data data = Data::Of(std::move(value));
    evaluator.Stage("output", data);
    transition.output = std::move(data).ToDerived();
    return transition;
  }
  PAWL_ASSIGN_OR_FAIL(Data left, evaluator.Select(evaluator.detail().output_path, std::move(input)));
  evaluator.Stage("output", left);
  transition.output = std::move(left).ToDerived();
  return transition;
}

Fallible<Transition> Leave(const Evaluator& evaluator, Data result) {
  const StateDetail& detail = evaluator.detail();
  if (evaluator.is_jsonata()) return PassOn(evaluator, std::move(result), detail.assign, detail.output, detail.next);

  if (detail.result_selector) {
    PAWL_ASSIGN_OR_FAIL(Value selected, evaluator.Fill(*detail.result_selector, result));
    result = Data::Of(std::move(selected));
  }
  evaluator.Stage("afterResultSelector", result);
  Transition transition;
  transition.next = detail.next;
  PAWL_ASSIGN_OR_FAIL(transition.assigned, evaluator.Assign(detail.assign, result));
  PAWL_ASSIGN_OR_FAIL(Data merged, ApplyResultPath(evaluator, detail.result_path, std::move(result)));
  evaluator.Stage("afterResultPath", merged);
  PAWL_ASSIGN_OR_FAIL(Data left, evaluator.Select(detail.output_path, std::move(merged)));
  evaluator.Stage("output", left);
  transition.output = std::move(left).ToDerived();
  return transition;
}

namespace {

// Recorded: a path may bring a number as text (reference_in_map_state_MAP_STATE_REFERENCE_IN_MAX_CONCURRENCY_PATH).
std::optional<double> NumberIn(const Value& value, bool whole) {
  if (value.is_number() && (!whole || value.as_int64())) return value.as_double();
  if (!value.is_string()) return std::nullopt;
  int64_t integer = 0;
  double number = 0;
  if (whole) return absl::SimpleAtoi(value.as_string(), &integer) ? std::optional<double>(integer) : std::nullopt;
  if (!absl::SimpleAtod(value.as_string(), &number) || !std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

Fallible<std::optional<double>> ReadNumber(const Evaluator& evaluator, const NumberField& field, const Data& data,
                                           bool whole) {
  if (field.value) return field.value;
  const char* kind = whole ? "integer" : "float";
  if (field.path) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Read(*field.path, data));
    if (const std::optional<double> number = NumberIn(value, whole)) return number;
    // Recorded: map_state_tolerated_failure_count_path_NoNumber and its kind.
    return evaluator.Runtime(absl::StrCat("The ", field.field, " field refers to value \"", Plain(value),
                                          "\" which is not a valid ", kind, ": ", field.path->text));
  }
  if (field.expression) {
    PAWL_ASSIGN_OR_FAIL(Value value, evaluator.Evaluate(*field.expression, field.field));
    if (value.is_number() && (!whole || value.as_int64())) return std::optional<double>(value.as_double());
    return evaluator.UnexpectedType(*field.expression, field.field, whole ? "integer" : "number", value);
  }
  return std::optional<double>();
}

}  // namespace pawl::asl
