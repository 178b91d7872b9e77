// The JSONata half of Evaluator.
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/evaluator.h"
#include "shared/base/check.h"
#include "shared/base/sanitizer.h"

namespace pawl::asl {

using json::Value;

void Evaluator::SetResult(const LazyValue& result) {
  result_ = &result;
  states_.reset();
}

void Evaluator::SetErrorOutput(Value error_output) {
  error_output_ = std::move(error_output);
  states_.reset();
}

const Value& Evaluator::States() const {
  if (!states_) {
    std::vector<json::Member> members;
    members.push_back({"input", scope_.input.Get()});
    if (result_ != nullptr) members.push_back({"result", result_->Get()});
    if (error_output_) members.push_back({"errorOutput", *error_output_});
    members.push_back({"context", scope_.context.Get()});
    states_ = Value::Object(std::move(members));
  }
  return *states_;
}

namespace {

// Wordings of the four ways in which an expression fails: recorded in map_state_items_eval_jsonata_fail (type, kind),
// undefined_reference (nothing) and math_operations_jsonata (an error of the language).
std::string Begin(const jsonata::Expression& expression, const std::string& location) {
  return absl::StrCat("The JSONata expression '", expression.text(), "' specified for the field '", location, "' ");
}

}  // namespace

Failure Evaluator::UnexpectedType(const jsonata::Expression& expression, const std::string& location,
                                  std::string_view expected, const Value& value) const {
  return QueryEvaluation(
      absl::StrCat(Begin(expression, location), "returned an unexpected result type. Expected '", std::string(expected),
                   "', but was '", json::KindName(value.kind()), "' for value: ", json::Serialize(value)),
      location);
}

namespace {

// About half a second. An execution's expressions run on the thread of all executions, and see at most 256 KiB of data;
// `pawl eval` has the language's own, larger limit. (Issue 5: endless work ends in States.QueryEvaluationError.) Under
// AddressSanitizer steps cost ten times as much and more.
constexpr int64_t kStepsMax = base::kAddressSanitizer ? 1'000'000 : 10'000'000;

}  // namespace

Fallible<Value> Evaluator::Evaluate(const jsonata::Expression& expression, const std::string& location) const {
  jsonata::Environment environment;
  for (const std::string& name : expression.free_variables()) {
    if (name == "states") {
      environment.bindings.emplace_back(name, States());
    } else if (const Value* variable = FindVariable(name)) {
      environment.bindings.emplace_back(name, *variable);
    }
  }
  environment.now = scope_.now;
  environment.random = &scope_.random;
  environment.limits.steps_max = kStepsMax;
  if (base::kAddressSanitizer) environment.limits.bytes_max /= 8;
  jsonata::Result result = expression.Evaluate(std::nullopt, environment);
  if (auto* value = std::get_if<std::optional<Value>>(&result)) {
    if (*value) return **std::move(value);
    return QueryEvaluation(absl::StrCat(Begin(expression, location), "returned nothing (undefined)."), location);
  }
  if (std::holds_alternative<jsonata::Unsupported>(result)) {
    return QueryEvaluation(absl::StrCat(Begin(expression, location), "returned an unsupported result type."), location);
  }
  const auto& error = std::get<jsonata::Error>(result);
  return QueryEvaluation(
      absl::StrCat(Begin(expression, location), "threw an error during evaluation. ", error.code, ": ", error.message),
      location);
}

}  // namespace pawl::asl
