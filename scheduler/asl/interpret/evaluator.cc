#include "scheduler/asl/interpret/evaluator.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/missing_path.h"
#include "scheduler/asl/intrinsics/value_size.h"
#include "shared/base/sanitizer.h"

namespace pawl::asl {

using json::Value;

// Recorded in front of nearly every cause, for instance scenarios.invalid_jsonpath.
std::string Evaluator::Cause(std::string_view text) const {
  std::string cause;
  if (scope_.entered_event_id > 0) {
    cause = absl::StrCat("An error occurred while executing the state '", state_.name, "' (entered at the event id #",
                         scope_.entered_event_id, "). ");
  }
  cause.append(text);
  return cause;
}

Failure Evaluator::Runtime(std::string_view text) const {
  return Failure{.error = "States.Runtime", .cause = Cause(text), .catchable = false, .evaluation = std::nullopt};
}

Failure Evaluator::QueryEvaluation(std::string_view text, std::string location) const {
  return Failure{.error = "States.QueryEvaluationError",
                 .cause = Cause(text),
                 .catchable = true,
                 .evaluation = Failure::Evaluation{std::move(location)}};
}

const Value* Evaluator::FindVariable(std::string_view name) const {
  const auto found = std::find_if(scope_.variables.begin(), scope_.variables.end(),
                                  [&](const auto& variable) { return variable.first == name; });
  return found == scope_.variables.end() ? nullptr : &found->second;
}

const Value* Evaluator::RootOf(const jsonpath::Reference& reference, const Data& data) const {
  using Source = jsonpath::Reference::Source;
  switch (reference.source) {
    case Source::kInput:
      return &data.Get();
    case Source::kContext:
      return &scope_.context.Get();
    case Source::kVariable:
      return FindVariable(reference.variable);
  }
  return nullptr;
}

absl::StatusOr<Value> Evaluator::Find(const jsonpath::Reference& reference, const jsonpath::Path& path,
                                      const Data& data) const {
  const Value* root = RootOf(reference, data);
  if (root == nullptr) return absl::NotFoundError(absl::StrCat("no variable $", reference.variable));
  if (path.is_root()) return *root;
  jsonpath::EvaluateLimits limits;
  if (base::kAddressSanitizer) limits.nodes_max /= 10;  // a visit costs ten times as much there
  absl::StatusOr<Value> found = path.Evaluate(*root, limits);
  if (!found.ok() && absl::IsNotFound(found.status()) && !path.is_definite()) return Value::Array({});
  return found;
}

// Recorded: scenarios.invalid_jsonpath (InputPath, OutputPath, TimeoutSecondsPath).
Fallible<Value> Evaluator::Read(const PathRef& path, const Data& data) const {
  absl::StatusOr<Value> found = Find(path, data);
  if (found.ok()) return *std::move(found);
  const std::string why = absl::IsNotFound(found.status()) ? ExplainMissingPath(path.path, RootOf(path.reference, data))
                                                           : std::string(found.status().message());
  return Runtime(absl::StrCat("Invalid path '", path.text, "' : ", why));
}

// Recorded: scenarios.invalid_jsonpath (ErrorPath); of a template's fields as AWS's users report it.
Failure Evaluator::NotFoundFor(std::string_view path, std::string_view field, const Data& data) const {
  return Runtime(absl::StrCat("The JSONPath '", std::string(path), "' specified for the field '", std::string(field),
                              "' could not be found in the input '", json::Serialize(data.Get()), "'"));
}

Fallible<Value> Evaluator::ReadFor(const PathRef& path, std::string_view field, const Data& data) const {
  absl::StatusOr<Value> found = Find(path, data);
  if (found.ok()) return *std::move(found);
  return NotFoundFor(path.text, field, data);
}

Fallible<Value> Evaluator::ReadQuery(const Query& query, std::string_view field, const Data& data) const {
  if (const auto* path = std::get_if<PathRef>(&query)) return ReadFor(*path, field, data);
  const auto& intrinsic = std::get<intrinsics::Intrinsic>(query);
  // A path that leads nowhere inside an intrinsic fails as it does outside one; everything else is the function's own.
  const std::string* missing = nullptr;
  const auto resolve = [&](const intrinsics::Intrinsic::PathArgument& argument) -> absl::StatusOr<Value> {
    absl::StatusOr<Value> found = Find(argument.reference, argument.path, data);
    if (!found.ok()) missing = &argument.text;
    return found;
  };
  absl::StatusOr<Value> result =
      intrinsic.Evaluate(intrinsics::Intrinsic::CompiledPathResolver(resolve), scope_.random);
  if (result.ok()) return *std::move(result);
  if (missing != nullptr) return NotFoundFor(*missing, field, data);
  // STEP_FUNCTIONS.md 2.9.
  return Failure{.error = "States.IntrinsicFailure",
                 .cause = Cause(std::string(result.status().message())),
                 .catchable = true,
                 .evaluation = std::nullopt};
}

Fallible<Data> Evaluator::Select(const PathField& field, Data data) const {
  switch (field.mode) {
    case PathField::Mode::kWhole:
      return data;
    case PathField::Mode::kNothing:
      return Data::Of(Value::Object({}));
    case PathField::Mode::kPath:
      break;
  }
  const PathRef& path = *field.path;
  PAWL_ASSIGN_OR_FAIL(Value value, Read(path, data));
  // Only a path that gives many values can give more than there is.
  if (!path.path.is_definite() && !intrinsics::SizeWithin(value)) return TooLarge();
  const auto& steps = path.path.reference_steps();
  const bool from_input = data.from() == Derived::From::kInput || data.from() == Derived::From::kInputAt;
  if (path.reference.source != jsonpath::Reference::Source::kInput || !from_input || !steps) {
    return Data::Of(std::move(value));
  }
  std::vector<std::string> pointer = data.pointer();
  pointer.insert(pointer.end(), steps->begin(), steps->end());
  return Data::InputAt(std::move(pointer), std::move(value));
}

// Recorded for payloads: states_errors.start_large_input.
Failure Evaluator::TooLarge() const {
  return Failure{.error = "States.DataLimitExceeded",
                 .cause = absl::StrCat("The state/task '", state_.name,
                                       "' returned a result with a size exceeding the maximum number of bytes service "
                                       "limit."),
                 .catchable = false,
                 .evaluation = std::nullopt};
}

Fallible<Value> Evaluator::Fill(const Template& form, const Data& data) const {
  size_t bytes_left = intrinsics::kValueBytesMax;
  return FillWithin(form, data, bytes_left);
}

Fallible<Value> Evaluator::FillWithin(const Template& form, const Data& data, size_t& bytes_left) const {
  switch (form.kind) {
    case Template::Kind::kConstant:
      return form.constant;
    case Template::Kind::kQuery:
    case Template::Kind::kExpression: {
      const bool is_query = form.kind == Template::Kind::kQuery;
      PAWL_ASSIGN_OR_FAIL(Value value,
                          is_query ? ReadQuery(*form.query, form.field, data) : Evaluate(*form.expression, form.field));
      const std::optional<size_t> size = intrinsics::SizeWithin(value, bytes_left);
      if (!size) return TooLarge();
      bytes_left -= *size;
      return value;
    }
    case Template::Kind::kObject: {
      std::vector<json::Member> members;
      members.reserve(form.members.size());
      for (const TemplateMember& member : form.members) {
        PAWL_ASSIGN_OR_FAIL(Value value, FillWithin(member.value, data, bytes_left));
        members.push_back({member.key, std::move(value)});
      }
      return Value::Object(std::move(members));
    }
    case Template::Kind::kArray: {
      std::vector<Value> items;
      items.reserve(form.items.size());
      for (const Template& item : form.items) {
        PAWL_ASSIGN_OR_FAIL(Value value, FillWithin(item, data, bytes_left));
        items.push_back(std::move(value));
      }
      return Value::Array(std::move(items));
    }
  }
  return form.constant;
}

Fallible<std::vector<Assignment>> Evaluator::Assign(const AssignField& assign, const Data& data) const {
  std::vector<Assignment> assigned;
  assigned.reserve(assign.size());
  size_t bytes_left = intrinsics::kValueBytesMax;
  for (const TemplateMember& member : assign) {
    PAWL_ASSIGN_OR_FAIL(Value value, FillWithin(member.value, data, bytes_left));
    assigned.push_back({member.key, std::move(value)});
  }
  if (scope_.inspector != nullptr && !assigned.empty()) {
    std::vector<json::Member> members;
    for (const Assignment& one : assigned) members.push_back({one.name, one.value});
    scope_.inspector->Stage("assignedVariables", Value::Object(std::move(members)));
  }
  return assigned;
}

}  // namespace pawl::asl
