#include "scheduler/asl/validate/resource.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace pawl::asl {
namespace {

constexpr char kSync[] = ".sync";
constexpr char kSync2[] = ".sync:2";
constexpr char kToken[] = ".waitForTaskToken";

// How an action may be called: R request and response, S .sync, 2 .sync:2, T .waitForTaskToken.
struct Action {
  std::string_view name;
  std::string_view patterns;
};

// STEP_FUNCTIONS.md section 3. Services that are not listed are let through: AWS's list grows.
const std::map<std::string_view, std::vector<Action>>& Integrations() {
  static const auto& table = *new std::map<std::string_view, std::vector<Action>>{
      {"lambda", {{"invoke", "RT"}}},
      {"states", {{"startExecution", "RS2T"}}},
      {"batch", {{"submitJob", "RS"}}},
      {"ecs", {{"runTask", "RST"}}},
      {"dynamodb", {{"getItem", "R"}, {"putItem", "R"}, {"updateItem", "R"}, {"deleteItem", "R"}}},
      {"sqs", {{"sendMessage", "RT"}}},
      {"sns", {{"publish", "RT"}}},
      {"events", {{"putEvents", "RT"}}},
      {"apigateway", {{"invoke", "RT"}}},
      {"http", {{"invoke", "R"}}},
      {"glue", {{"startJobRun", "RS"}}},
      {"databrew", {{"startJobRun", "RS"}}},
      {"mediaconvert", {{"createJob", "RS"}}},
      {"athena",
       {{"startQueryExecution", "RS"},
        {"stopQueryExecution", "R"},
        {"getQueryExecution", "R"},
        {"getQueryResults", "R"}}},
  };
  return table;
}

bool TakeSuffix(std::string_view& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.remove_suffix(suffix.size());
  return true;
}

// The letter of the pattern, which is taken off `action`.
char TakePattern(std::string_view& action) {
  if (TakeSuffix(action, kSync2)) return '2';
  if (TakeSuffix(action, kSync)) return 'S';
  if (TakeSuffix(action, kToken)) return 'T';
  return 'R';
}

// "arn:aws:states:::sqs:sendMessage" -> {"sqs", "sendMessage"}; empty where it is no service integration.
struct Integration {
  std::string_view service;
  std::string_view action;
};

Integration IntegrationOf(std::string_view resource) {
  constexpr std::string_view kMiddle = ":states:::";
  const size_t at = resource.find(kMiddle);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = resource.substr(at + kMiddle.size());
  const size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return {rest, {}};
  return {rest.substr(0, colon), rest.substr(colon + 1)};
}

bool IsRecognized(const Integration& integration) {
  std::string_view action = integration.action;
  const char pattern = TakePattern(action);
  if (integration.service == "aws-sdk") {
    return pattern != 'S' && pattern != '2' && action.find(':') != std::string_view::npos;
  }
  if (pattern == '2' && integration.service != "states") return false;
  const auto found = Integrations().find(integration.service);
  if (found == Integrations().end()) return !action.empty();
  return std::any_of(found->second.begin(), found->second.end(), [&](const Action& one) {
    return one.name == action && one.patterns.find(pattern) != std::string_view::npos;
  });
}

// What a template tool fills in before AWS sees it.
bool IsPlaceholder(std::string_view text) {
  const size_t open = text.find("${");
  return open != std::string_view::npos && text.find('}', open) != std::string_view::npos;
}

}  // namespace

bool IsActivity(const std::string& resource) {
  const std::vector<std::string> parts = absl::StrSplit(resource, ':');
  return parts.size() >= 7 && parts[0] == "arn" && parts[2] == "states" && parts[5] == "activity";
}

bool TakesRole(const std::string& resource) {
  const std::vector<std::string> parts = absl::StrSplit(resource, ':');
  return parts.size() > 3 && parts[0] == "arn" && (parts[2] == "lambda" || parts[2] == "states");
}

void CheckResource(const Place& place, MachineType type, Report& report) {
  const std::string& resource = place.value().as_string();
  if (IsPlaceholder(resource)) return;
  const std::vector<std::string> parts = absl::StrSplit(resource, ':');
  if (parts.size() < 6 || parts[0] != "arn") {
    report.Schema(place, "Value is not a valid resource ARN");
    return;
  }
  const Integration integration = IntegrationOf(resource);
  // Recorded: dynamodb_task_service.invalid_integration.
  if (!integration.service.empty() && !IsRecognized(integration)) {
    report.Schema(place, absl::StrCat("The resource provided ", resource,
                                      " is not recognized. The value is not a valid resource ARN, or the resource is "
                                      "not available in this region."));
    return;
  }
  if (type != MachineType::kExpress) return;
  // Recorded: sfn_api_express.illegal_callbacks, illegal_activity_task; the blank before " at" is AWS's.
  if (IsActivity(resource)) {
    report.Schema(place, "Express state machine does not support Activity ARN");
  } else if (resource.ends_with(kSync) || resource.ends_with(kSync2)) {
    report.Schema(place, "Express state machine does not support '.sync' service integration");
  } else if (resource.ends_with(kToken)) {
    report.Schema(place, "Express state machine does not support '.waitForTaskToken' service integration ");
  }
}

}  // namespace pawl::asl
