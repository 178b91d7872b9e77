#include "scheduler/ctl/eval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <variant>

#include "absl/strings/numbers.h"
#include "scheduler/asl/interpret/missing_path.h"
#include "scheduler/asl/intrinsics/intrinsics.h"
#include "scheduler/asl/intrinsics/value_size.h"
#include "scheduler/asl/jsonata/jsonata.h"
#include "scheduler/asl/jsonata/text.h"
#include "scheduler/asl/jsonpath/jsonpath.h"

namespace pawl::ctl {
namespace {

using json::Member;
using json::Value;

// JSONata's reference has no limit of depth unless it is asked for one; this one keeps to kEvalStackBytes.
constexpr int kDepthMax = 100'000;
// What a millisecond of a case's own limit buys; about what the evaluator does on a machine of 2020.
constexpr int64_t kStepsPerMillisecond = 20'000;

// ---- results as JSON.stringify writes them

// Keys that JavaScript takes for array indexes come first, in their order (ECMAScript, OrdinaryOwnPropertyKeys).
std::optional<uint32_t> ArrayIndex(const std::string& key) {
  uint32_t index = 0;
  if (key.empty() || key.size() > 10 || (key[0] == '0' && key.size() > 1) || key[0] == '+' || key[0] == '-' ||
      !absl::SimpleAtoi(key, &index) || index == std::numeric_limits<uint32_t>::max()) {
    return std::nullopt;
  }
  return index;
}

Value AsJavaScript(const Value& value) {
  switch (value.kind()) {
    case json::Kind::kNumber: {
      const double number = value.as_double();
      if (!std::isfinite(number)) return Value::Null();
      return Value::NumberText(number == 0 ? "0" : asl::jsonata::NumberToString(number));
    }
    case json::Kind::kArray: {
      std::vector<Value> items;
      items.reserve(value.size());
      for (const Value& item : value.items()) items.push_back(AsJavaScript(item));
      return Value::Array(std::move(items));
    }
    case json::Kind::kObject: {
      std::vector<std::pair<uint32_t, Member>> indexed;
      std::vector<Member> named;
      for (const Member& member : value.members()) {
        Member copy{member.key, AsJavaScript(member.value)};
        if (const std::optional<uint32_t> index = ArrayIndex(member.key)) {
          indexed.emplace_back(*index, std::move(copy));
        } else {
          named.push_back(std::move(copy));
        }
      }
      std::sort(indexed.begin(), indexed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      std::vector<Member> members;
      members.reserve(value.size());
      for (auto& [index, member] : indexed) members.push_back(std::move(member));
      std::move(named.begin(), named.end(), std::back_inserter(members));
      return Value::Object(std::move(members));
    }
    case json::Kind::kNull:
    case json::Kind::kBool:
    case json::Kind::kString:
      return value;
  }
  return value;
}

// ---- JSONata

EvalError ErrorOf(const asl::jsonata::Error& error, const EvalCase& one) {
  EvalError result{error.code, error.message, std::nullopt};
  const bool own_limit = (error.code == "D1011" && one.depth_max) || (error.code == "D1012" && one.time_limit_ms);
  if (own_limit) result.code = "U1001";
  // 0 is an unknown place, except to the parser (S...).
  if (error.position > 0 || (error.code.starts_with("S") && error.code != "S0217"))
    result.position = static_cast<int64_t>(error.position);
  return result;
}

EvalOutcome EvaluateJsonata(const EvalCase& one, base::WallTime now, base::Random& random) {
  using asl::jsonata::Expression;
  EvalOutcome outcome;
  const auto compiled = Expression::Compile(one.expression);
  if (const auto* error = std::get_if<asl::jsonata::Error>(&compiled)) {
    outcome.error = ErrorOf(*error, one);
    return outcome;
  }
  asl::jsonata::Environment environment;
  environment.bindings = one.bindings;
  environment.now = now;
  environment.random = &random;
  environment.limits.depth_max = static_cast<int>(std::clamp<int64_t>(one.depth_max.value_or(kDepthMax), 1, kDepthMax));
  if (one.time_limit_ms) {
    const int64_t milliseconds = std::clamp<int64_t>(*one.time_limit_ms, 0, 60'000);
    environment.limits.steps_max = std::min(environment.limits.steps_max, milliseconds * kStepsPerMillisecond);
  }
  const asl::jsonata::Result result = std::get<Expression>(compiled).Evaluate(one.input, environment);
  if (const auto* error = std::get_if<asl::jsonata::Error>(&result)) {
    outcome.error = ErrorOf(*error, one);
  } else if (const auto* value = std::get_if<std::optional<Value>>(&result); value != nullptr && *value) {
    outcome.result = AsJavaScript(**value);
  }
  return outcome;
}

// ---- JSONPath and intrinsic functions

// The messages of both parsers are "invalid KIND 'TEXT' at position N: expected ...".
std::optional<int64_t> PositionIn(std::string_view message, std::string_view kind, std::string_view text) {
  const std::string before = "invalid " + std::string(kind) + " '" + std::string(text) + "' at position ";
  if (!message.starts_with(before)) return std::nullopt;
  message.remove_prefix(before.size());
  int64_t position = 0;
  const std::string digits(message.substr(0, message.find(':')));
  return absl::SimpleAtoi(digits, &position) ? std::optional(position) : std::nullopt;
}

const Value* FindBinding(const EvalCase& one, std::string_view name) {
  for (const auto& [key, value] : one.bindings) {
    if (key == name) return &value;
  }
  return nullptr;
}

// What `$` of a reference's path stands for; null for what is not bound.
const Value* RootOf(const asl::jsonpath::Reference& reference, const EvalCase& one, const Value& input) {
  switch (reference.source) {
    case asl::jsonpath::Reference::Source::kInput:
      return &input;
    case asl::jsonpath::Reference::Source::kContext:
      return FindBinding(one, "$");
    case asl::jsonpath::Reference::Source::kVariable:
      return FindBinding(one, reference.variable);
  }
  return nullptr;
}

// Values share their parts: the text of one that a path or function gave may be far larger than its input's.
bool IsPrintable(const Value& value, EvalOutcome& outcome) {
  if (asl::intrinsics::SizeWithin(value)) return true;
  outcome.error = {"D1013", "The memory limit of the evaluation was exceeded", std::nullopt};
  return false;
}

EvalOutcome EvaluateJsonPath(const EvalCase& one) {
  const Value input = one.input.value_or(Value());
  std::string text = one.expression;
  const Value* root = &input;
  // Jayway knows no variables: without bindings every path is the document's.
  if (!one.bindings.empty()) {
    const absl::StatusOr<asl::jsonpath::Reference> reference = asl::jsonpath::SplitReference(text);
    if (reference.ok() && RootOf(*reference, one, input) != nullptr) {
      text = reference->path;
      root = RootOf(*reference, one, input);
    }
  }
  EvalOutcome outcome;
  const absl::StatusOr<asl::jsonpath::Path> path = asl::jsonpath::Path::Compile(text);
  if (!path.ok()) {
    const std::string message(path.status().message());
    // Jayway tells the empty text from a malformed path.
    outcome.error = {text.empty() ? "IllegalArgumentException" : "InvalidPathException", message,
                     PositionIn(message, "path", text)};
    return outcome;
  }
  outcome.definite = path->is_definite();
  absl::StatusOr<Value> value = path->Evaluate(*root);
  if (value.ok()) {
    if (IsPrintable(*value, outcome)) outcome.result = *std::move(value);
  } else {
    // In Jayway's names and words, as the latter stand in AWS's causes.
    const bool missing = absl::IsNotFound(value.status());
    const bool misplaced = absl::IsFailedPrecondition(value.status());
    outcome.error = {missing     ? "PathNotFoundException"
                     : misplaced ? "InvalidPathException"
                                 : "JsonPathException",
                     missing ? asl::ExplainMissingPath(*path, root) : std::string(value.status().message()),
                     std::nullopt};
  }
  return outcome;
}

EvalOutcome EvaluateIntrinsic(const EvalCase& one, base::Random& random) {
  constexpr char kFailure[] = "States.IntrinsicFailure";  // ASL specification, "Appendix A: Predefined Error Codes"
  using asl::intrinsics::Intrinsic;
  EvalOutcome outcome;
  const absl::StatusOr<Intrinsic> intrinsic = Intrinsic::Compile(one.expression);
  if (!intrinsic.ok()) {
    const std::string message(intrinsic.status().message());
    outcome.error = {kFailure, message, PositionIn(message, "intrinsic function", one.expression)};
    return outcome;
  }
  const Value input = one.input.value_or(Value());
  const auto resolve = [&](const Intrinsic::PathArgument& argument) -> absl::StatusOr<Value> {
    const Value* root = RootOf(argument.reference, one, input);
    absl::StatusOr<Value> found =
        root == nullptr ? absl::NotFoundError("nothing is bound") : argument.path.Evaluate(*root);
    if (found.ok()) return found;
    return absl::Status(found.status().code(), "The JSONPath '" + argument.text + "' could not be found in the input");
  };
  absl::StatusOr<Value> value = intrinsic->Evaluate(Intrinsic::CompiledPathResolver(resolve), random);
  if (value.ok()) {
    if (IsPrintable(*value, outcome)) outcome.result = *std::move(value);
  } else {
    outcome.error = {kFailure, std::string(value.status().message()), std::nullopt};
  }
  return outcome;
}

}  // namespace

EvalOutcome Evaluate(EvalLanguage language, const EvalCase& one, base::WallTime now, base::Random& random) {
  switch (language) {
    case EvalLanguage::kJsonata:
      return EvaluateJsonata(one, now, random);
    case EvalLanguage::kJsonPath:
      return EvaluateJsonPath(one);
    case EvalLanguage::kIntrinsic:
      return EvaluateIntrinsic(one, random);
  }
  return {};
}

}  // namespace pawl::ctl
