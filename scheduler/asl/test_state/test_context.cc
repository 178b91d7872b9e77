#include "scheduler/asl/test_state/test_context.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/civil_time.h"

namespace pawl::asl {

using json::Value;

namespace {

bool CanBeRetried(const State& state) {
  return state.type == StateType::kTask || state.type == StateType::kMap || state.type == StateType::kParallel;
}

bool WaitsForOthers(const State& state) {
  return state.type == StateType::kTask &&
         (absl::StrContains(state.resource, ".sync") || absl::StrContains(state.resource, ".waitForTaskToken"));
}

enum class Kind { kText, kWhole, kAny };
struct ContextField {
  std::string_view section;
  std::string_view name;
  Kind kind;
};
constexpr ContextField kFields[] = {
    {"Execution", "Id", Kind::kText},
    {"Execution", "Input", Kind::kAny},
    {"Execution", "Name", Kind::kText},
    {"Execution", "RoleArn", Kind::kText},
    {"Execution", "StartTime", Kind::kText},
    {"Execution", "RedriveCount", Kind::kWhole},
    {"Execution", "RedriveTime", Kind::kText},
    {"State", "EnteredTime", Kind::kText},
    {"State", "Name", Kind::kText},
    {"State", "RetryCount", Kind::kWhole},
    {"StateMachine", "Id", Kind::kText},
    {"StateMachine", "Name", Kind::kText},
    {"Task", "Token", Kind::kText},
};

std::string ExplainField(const ContextField& field, const Value& value) {
  const std::string path = absl::StrCat(std::string(field.section), ".", std::string(field.name));
  switch (field.kind) {
    case Kind::kText:
      return value.is_string() ? "" : path + " must be a string";
    case Kind::kWhole:
      return value.as_int64() ? "" : path + " must be an integer";
    case Kind::kAny:
      return "";
  }
  return "";
}

std::string ExplainSection(const std::string& section, const Value& content) {
  if (!content.is_object()) return section + " must be an object";
  for (const json::Member& member : content.members()) {
    const auto* field = std::find_if(std::begin(kFields), std::end(kFields), [&](const ContextField& one) {
      return one.section == section && one.name == member.key;
    });
    if (field == std::end(kFields)) return absl::StrCat("Field '", member.key, "' is not allowed");
    if (std::string why = ExplainField(*field, member.value); !why.empty()) return why;
  }
  return "";
}

}  // namespace

Value MakeTestContext(const State& state, const TestIdentity& identity, const Value& input,
                      const std::optional<std::string>& role_arn, base::WallTime now) {
  const std::string arn = absl::StrCat("arn:aws:states:", identity.region, ":", identity.account, ":");
  const Value time = Value::String(base::FormatIso8601(now));
  // Recorded: without a role its ARN is null, and the state is called StateName whatever its name.
  std::vector<json::Member> in_state = {{"Name", Value::String("StateName")}, {"EnteredTime", time}};
  if (CanBeRetried(state)) in_state.push_back({"RetryCount", Value::Int(0)});
  return Value::Object(
      {{"Execution",
        Value::Object({{"Id", Value::String(absl::StrCat(arn, "express:", identity.machine, ":", identity.execution))},
                       {"Input", input},
                       {"StartTime", time},
                       {"Name", Value::String(identity.execution)},
                       {"RoleArn", role_arn ? Value::String(*role_arn) : Value::Null()}})},
       {"StateMachine", Value::Object({{"Id", Value::String(absl::StrCat(arn, "stateMachine:", identity.machine))},
                                       {"Name", Value::String(identity.machine)}})},
       {"State", Value::Object(std::move(in_state))}});
}

std::string ExplainInvalidContext(const Value& context, const State& state) {
  if (!context.is_object()) return "Context object must be a JSON object";
  for (const json::Member& member : context.members()) {
    if (member.key == "Map") return "'Map' field is not supported when mocking a Context object";
    const bool known = std::any_of(std::begin(kFields), std::end(kFields),
                                   [&](const ContextField& field) { return field.section == member.key; });
    if (!known) return absl::StrCat("Field '", member.key, "' is not allowed");
    if (std::string why = ExplainSection(member.key, member.value); !why.empty()) return why;
  }
  if (context.Find("Task") != nullptr && !WaitsForOthers(state)) {
    return "Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' "
           "service integration pattern";
  }
  return "";
}

}  // namespace pawl::asl
