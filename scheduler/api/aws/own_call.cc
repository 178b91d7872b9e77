#include "scheduler/api/aws/own_call.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/gateway/arn.h"
#include "shared/base/civil_time.h"

namespace pawl::api::aws {

using nlohmann::json;

namespace {

constexpr std::string_view kSdk = "aws-sdk:sfn:";
constexpr std::string_view kOptimised = "states:startExecution";

// What a lost attempt may repeat: it changes nothing, or nothing a second time.
struct Action {
  std::string_view name;
  bool restartable;
};
constexpr Action kActions[] = {
    {"createActivity", true},
    {"createStateMachine", true},
    {"deleteActivity", true},
    {"deleteStateMachine", true},
    {"describeActivity", true},
    {"describeExecution", true},
    {"describeStateMachine", true},
    {"describeStateMachineForExecution", true},
    {"getActivityTask", true},
    {"getExecutionHistory", true},
    {"listActivities", true},
    {"listExecutions", true},
    {"listStateMachines", true},
    {"sendTaskFailure", false},
    {"sendTaskHeartbeat", true},
    {"sendTaskSuccess", false},
    {"startExecution", true},  // under a name of its own, see below
    {"stopExecution", true},
    {"updateStateMachine", false},
    {"validateStateMachineDefinition", true},
};

// Members that are text on the wire and may be written as JSON in a workflow (recorded:
// sfn_start_execution_implicit_json_serialisation).
constexpr std::array<std::string_view, 3> kTexts = {"input", "output", "definition"};
constexpr std::array<std::string_view, 6> kTimes = {"startDate",  "stopDate",    "creationDate",
                                                    "updateDate", "redriveDate", "timestamp"};

template <size_t n>
bool IsOneOf(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool IsSdk(std::string_view handler) { return handler.starts_with(kSdk); }

std::string_view ActionOf(std::string_view handler) {
  return IsSdk(handler) ? handler.substr(kSdk.size()) : std::string_view("startExecution");
}

std::string WithFirst(std::string name, int (*change)(int)) {
  if (!name.empty()) name[0] = static_cast<char>(change(static_cast<unsigned char>(name[0])));
  return name;
}

// Nesting is bounded by the parsers on both sides.
json Lowered(const json& value) {
  if (value.is_array()) {
    json items = json::array();
    for (const json& item : value) items.push_back(Lowered(item));
    return items;
  }
  if (!value.is_object()) return value;
  json object = json::object();
  for (const auto& [key, member] : value.items()) {
    const std::string name = WithFirst(key, std::tolower);
    object[name] = IsOneOf(kTexts, name) && !member.is_string() ? json(member.dump()) : Lowered(member);
  }
  return object;
}

std::string IsoTime(double epoch_seconds) {
  return base::FormatIso8601(base::WallTime(std::chrono::milliseconds(std::llround(epoch_seconds * 1000))));
}

json Raised(const json& value, bool iso_times) {
  if (value.is_array()) {
    json items = json::array();
    for (const json& item : value) items.push_back(Raised(item, iso_times));
    return items;
  }
  if (!value.is_object()) return value;
  json object = json::object();
  for (const auto& [key, member] : value.items()) {
    if (member.is_null()) continue;  // absent, as in what an SDK gives
    json& target = object[WithFirst(key, std::toupper)];
    if (IsOneOf(kTimes, key) && member.is_number()) {
      const double seconds = member.get<double>();
      target = iso_times ? json(IsoTime(seconds)) : json(static_cast<int64_t>(std::llround(seconds * 1000)));
    } else {
      target = Raised(member, iso_times);
    }
  }
  return object;
}

std::string_view HeaderOf(const net::HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

// Of an execution that a task starts without a name: the same for each attempt, so that a lost one starts nothing
// twice.
std::string NameFor(const gateway::WorkerTask& task) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : task.execution_arn + "\n" + task.state_name + "\n" + task.token) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  char text[40];
  std::snprintf(text, sizeof text, "task-%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace

std::vector<gateway::WorkerHandler> OwnCallHandlers() {
  std::vector<gateway::WorkerHandler> handlers = {{std::string(kOptimised), true}};
  for (const Action& action : kActions) {
    handlers.push_back({std::string(kSdk) + std::string(action.name), action.restartable});
  }
  return handlers;
}

std::optional<net::HttpRequest> RequestOfTask(const gateway::WorkerTask& task) {
  const std::string_view action = ActionOf(task.handler);
  const bool known =
      std::any_of(std::begin(kActions), std::end(kActions), [action](const Action& one) { return one.name == action; });
  if (!known || (!IsSdk(task.handler) && task.handler != kOptimised)) return std::nullopt;
  const json input = json::parse(task.input, nullptr, /*allow_exceptions=*/false);
  if (!input.is_object()) return std::nullopt;
  json body = Lowered(input);
  if (action == "startExecution" && !body.contains("name")) body["name"] = NameFor(task);
  // In the name of the account and region that the execution belongs to.
  const auto arn = gateway::ParseExecutionArn(task.execution_arn);
  const std::string account = arn ? arn->account : "";
  const std::string region = arn ? arn->region : "";
  return net::HttpRequest{"POST",
                          "/",
                          {{"x-amz-target", "AWSStepFunctions." + WithFirst(std::string(action), std::toupper)},
                           {"authorization", "AWS4-HMAC-SHA256 Credential=" + account + "/00000000/" + region +
                                                 "/states/aws4_request, SignedHeaders=, Signature="}},
                          body.dump()};
}

gateway::TaskOutcome OutcomeOfResponse(const gateway::WorkerTask& task, const net::HttpResponse& response) {
  gateway::TaskOutcome outcome;
  outcome.token = task.token;
  const json body = json::parse(response.body, nullptr, /*allow_exceptions=*/false);
  const bool is_sdk = IsSdk(task.handler);
  if (response.status == 200) {
    outcome.output = Raised(body, is_sdk).dump(-1, ' ', false, json::error_handler_t::replace);
    return outcome;
  }
  std::string name = body.is_object() ? body.value("__type", "") : "";
  name = name.substr(name.find('#') + 1);
  const std::string message = body.is_object() ? body.value("message", "") : "";
  const std::string status = std::to_string(response.status);
  const std::string request(HeaderOf(response, "x-amzn-RequestId"));
  // Wordings of the two generations of AWS's Java SDK (STEP_FUNCTIONS.md 2.9, and as recorded).
  outcome.error =
      std::string(is_sdk ? "Sfn." : "StepFunctions.") + name + (name.ends_with("Exception") ? "" : "Exception");
  outcome.cause = is_sdk ? message + " (Service: Sfn, Status Code: " + status + ", Request ID: " + request +
                               ") (SDK Attempt Count: 1)"
                         : message + " (Service: AWSStepFunctions; Status Code: " + status + "; Error Code: " + name +
                               "; Request ID: " + request + "; Proxy: null)";
  return outcome;
}

}  // namespace pawl::api::aws
