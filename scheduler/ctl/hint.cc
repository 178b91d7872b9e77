#include "scheduler/ctl/hint.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "shared/json/value.h"

namespace pawl::ctl {
namespace {

struct Row {
  std::string_view begin, hint;
};

// By code; the codes are AWS's.
constexpr Row kByCode[] = {
    {"INVALID_JSON_DESCRIPTION",
     "the file must be one JSON object; look for a missing comma, quote or bracket before this place"},
    {"MISSING_DESCRIPTION", "the file is empty"},
    {"INVALID_RESOURCE",
     "a Resource is an activity or Lambda ARN, or arn:aws:states:::SERVICE:ACTION, such as "
     "arn:aws:states:::lambda:invoke"},
    {"MISSING_END_STATE", "give the last state \"End\": true, or end in a Succeed or Fail state"},
    {"DUPLICATE_STATE_NAME", "state names are unique in the whole definition, also inside Parallel and Map"},
    {"DUPLICATE_LABEL_NAME", "each distributed Map needs a Label of its own"},
    {"INVALID_STATE_NAME", "a state name has at most 80 characters"},
    {"INVALID_LABEL_NAME", "a Label has at most 40 characters, without white space, wildcards and brackets"},
    {"MISSING_TRANSITION_TARGET",
     "a transition names a state of the same States block; check the spelling, and that no branch leads out of its "
     "block"},
    {"TOO_DEEPLY_NESTED", "move inner Parallel or Map states into a state machine of their own"},
    {"NO_DOLLAR", "to use a path or an intrinsic function, let the field's name end in \".$\""},
    {"NO_PATH", "to take the value from the input, use the field's form that ends in \"Path\""},
    {"PASS_RESULT_IS_STATIC", "Result is used as it is written; use Parameters for paths"},
    {"INVALID_VARIABLE_NAME", "a variable's name begins with a letter or _ and has letters, digits and _ only"},
    {"RESERVED_VARIABLE_NAME", "\"states\" is JSONata's own; choose another name"},
    {"INVALID_JSONATA_EXPRESSION", "try it alone: pawl eval --expression 'THE EXPRESSION WITHOUT {% AND %}'"},
    {"UNSUPPORTED_JSONATA_EXPRESSION",
     "the state's data is $states.input, $states.result, $states.errorOutput and $states.context"},
};

// Of SCHEMA_VALIDATION_FAILED, by how the message begins.
constexpr Row kByMessage[] = {
    {"These fields are required", "add the missing fields; the caret is at the object that lacks them"},
    {"There should only be one of the following fields", "keep one of them and take the others away"},
    {"Value is not a Reference Path",
     "a reference path is $ followed by names and indexes: $.a.b[0]; $$ and functions "
     "are for Parameters, Arguments and conditions"},
    {"JSONata string must start with", "the whole string is one expression: \"{% $states.input.a %}\""},
    {"The QueryLanguage is set to 'JSONata'", "JSONata states use Arguments, Output, Assign and Condition instead"},
    {"The QueryLanguage is set to 'JSONPath'",
     "JSONPath states use InputPath, Parameters, ResultSelector, ResultPath and OutputPath instead; or set "
     "\"QueryLanguage\": \"JSONata\""},
    {"The value for the field", "a field whose name ends in \".$\" takes a path, $$ or an intrinsic function"},
    {"Value is not a valid resource ARN",
     "a Resource is an activity or Lambda ARN, or arn:aws:states:::SERVICE:ACTION; fill in ${...} before validating"},
};

constexpr std::string_view kFields[] = {
    "Arguments",
    "Assign",
    "BackoffRate",
    "Branches",
    "Catch",
    "Cause",
    "CausePath",
    "Choices",
    "Comment",
    "Condition",
    "Credentials",
    "Default",
    "End",
    "Error",
    "ErrorEquals",
    "ErrorPath",
    "HeartbeatSeconds",
    "HeartbeatSecondsPath",
    "InputPath",
    "IntervalSeconds",
    "ItemBatcher",
    "ItemProcessor",
    "ItemReader",
    "ItemSelector",
    "Items",
    "ItemsPath",
    "Iterator",
    "JitterStrategy",
    "Label",
    "MaxAttempts",
    "MaxConcurrency",
    "MaxConcurrencyPath",
    "MaxDelaySeconds",
    "Next",
    "Output",
    "OutputPath",
    "Parameters",
    "QueryLanguage",
    "Resource",
    "Result",
    "ResultPath",
    "ResultSelector",
    "ResultWriter",
    "Retry",
    "Seconds",
    "SecondsPath",
    "StartAt",
    "States",
    "TimeoutSeconds",
    "TimeoutSecondsPath",
    "Timestamp",
    "TimestampPath",
    "ToleratedFailureCount",
    "ToleratedFailurePercentage",
    "Type",
    "Variable",
    "Version",
};

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

// Levenshtein's, letters of either case alike.
size_t Distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (Lower(a[i - 1]) == Lower(b[j - 1]) ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

// The candidate that looks most like `name`, where one is close enough to be meant.
template <typename Names>
std::optional<std::string> Nearest(std::string_view name, const Names& candidates) {
  constexpr size_t kLengthMax = 200;
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(2, name.size() / 3) + 1;
  if (name.size() > kLengthMax) return best;
  for (const auto& candidate : candidates) {
    if (candidate == name || candidate.size() > kLengthMax) continue;
    if (const size_t distance = Distance(name, candidate); distance < best_distance) {
      best_distance = distance;
      best = std::string(candidate);
    }
  }
  return best;
}

// Every name under a "States" field, wherever it stands.
void CollectStateNames(const json::Value& value, int depth, std::vector<std::string>& names) {
  constexpr int kDepthMax = 200;
  if (depth > kDepthMax) return;
  if (value.is_array()) {
    for (const json::Value& item : value.items()) CollectStateNames(item, depth + 1, names);
  }
  if (!value.is_object()) return;
  for (const json::Member& member : value.members()) {
    if (member.key == "States" && member.value.is_object()) {
      for (const json::Member& state : member.value.members()) names.push_back(state.key);
    }
    CollectStateNames(member.value, depth + 1, names);
  }
}

std::vector<std::string> StateNames(std::string_view definition) {
  std::vector<std::string> names;
  const absl::StatusOr<json::Value> parsed = json::Parse(definition);
  if (parsed.ok()) CollectStateNames(*parsed, 0, names);
  return names;
}

std::string DidYouMean(const std::optional<std::string>& name, std::string_view otherwise) {
  return name ? "did you mean \"" + *name + "\"?" : std::string(otherwise);
}

}  // namespace

std::string HintFor(const asl::Diagnostic& diagnostic, std::string_view definition) {
  const std::string& message = diagnostic.message;
  std::string_view hint;
  for (const Row& row : kByCode) {
    if (row.begin == diagnostic.code) hint = row.hint;
  }
  if (diagnostic.code == "MISSING_TRANSITION_TARGET") {
    const size_t colon = message.find(": ");
    if (colon == std::string::npos) return std::string(hint);
    return DidYouMean(Nearest(std::string_view(message).substr(colon + 2), StateNames(definition)), hint);
  }
  if (!hint.empty()) return std::string(hint);
  constexpr std::string_view kUnknownField = "Field '";
  if (message.starts_with(kUnknownField)) {
    const size_t end = message.find('\'', kUnknownField.size());
    const std::string field = message.substr(kUnknownField.size(), end - kUnknownField.size());
    return DidYouMean(Nearest(field, kFields), "the state's Type does not have this field; take it away or correct it");
  }
  for (const Row& row : kByMessage) {
    if (message.starts_with(row.begin)) return std::string(row.hint);
  }
  return "";
}

}  // namespace pawl::ctl
