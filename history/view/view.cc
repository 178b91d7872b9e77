#include "history/view/view.h"

#include <cctype>
#include <cstdio>
#include <optional>
#include <string_view>
#include <variant>

#include "shared/json/value.h"

namespace pawl::history {
namespace {

// Writes the members of one JSON object. What is absent leaves no member, as in AWS's answers.
class Members {
 public:
  Members& Text(std::string_view key, std::string_view value) {
    Key(key);
    json::AppendQuoted(value, out_);
    return *this;
  }
  // For what AWS leaves out where it is not there.
  Members& TextIfAny(std::string_view key, const std::string& value) {
    return value.empty() ? *this : Text(key, value);
  }
  Members& TextIfAny(std::string_view key, const std::optional<std::string>& value) {
    return value ? Text(key, *value) : *this;
  }
  Members& Number(std::string_view key, int64_t value) { return Raw(key, std::to_string(value)); }
  Members& NumberIfAny(std::string_view key, const std::optional<int64_t>& value) {
    return value ? Number(key, *value) : *this;
  }
  Members& Raw(std::string_view key, std::string_view json) {
    Key(key);
    out_ += json;
    return *this;
  }
  std::string Take() && { return std::move(out_) + "}"; }

 private:
  void Key(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    json::AppendQuoted(key, out_);
    out_ += ':';
  }
  std::string out_;
};

std::string Object(Members members) {
  std::string text = std::move(members).Take();
  return text == "}" ? "{}" : text;
}

// "FooStarted" -> "fooStartedEventDetails".
std::string DetailsName(std::string type) {
  type[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(type[0])));
  return type + "EventDetails";
}

struct Details {
  std::string name;  // of the member; empty: the event has none
  std::string json;
};

class DetailsOf {
 public:
  DetailsOf(std::string type, bool include_data) : type_(std::move(type)), include_data_(include_data) {}

  Details operator()(const ExecutionStarted& e) const {
    Members members;
    Data(members, "input", e.input);
    return Of(members.TextIfAny("roleArn", e.role_arn));
  }
  Details operator()(const ExecutionSucceeded& e) const { return OfOutput(Members(), e.output); }
  Details operator()(const ExecutionFailed& e) const { return OfFailure(Members(), e.error, e.cause); }
  Details operator()(const ExecutionAborted& e) const { return OfFailure(Members(), e.error, e.cause); }
  Details operator()(const ExecutionTimedOut& e) const { return OfFailure(Members(), e.error, e.cause); }

  Details operator()(const StateEntered& e) const {
    Members members;
    members.Text("name", e.name);
    Data(members, "input", e.input);
    return {"stateEnteredEventDetails", Object(std::move(members))};
  }
  Details operator()(const StateExited& e) const {
    Members members;
    members.Text("name", e.name);
    Data(members, "output", e.output);
    if (include_data_ && !e.assigned.empty()) {
      Members variables;
      for (const Assigned& variable : e.assigned) variables.Text(variable.name, variable.value.text());
      members.Raw("assignedVariables", Object(std::move(variables)));
      members.Raw("assignedVariablesDetails", kNotTruncated);
    }
    return {"stateExitedEventDetails", Object(std::move(members))};
  }
  Details operator()(const StateAborted&) const { return {}; }
  Details operator()(const EvaluationFailed& e) const {
    Members members;
    members.TextIfAny("error", e.error).TextIfAny("cause", e.cause).TextIfAny("location", e.location);
    return Of(members.Text("state", e.state));
  }

  Details operator()(const TaskScheduled& e) const {
    Members members;
    if (e.family == TaskFamily::kService) {
      members.Text("resourceType", e.resource_type).Text("resource", e.action).Text("region", e.region);
      if (include_data_) members.Text("parameters", e.input.text());
    } else {
      members.Text("resource", e.resource);
      Data(members, "input", e.input);
    }
    members.NumberIfAny("timeoutInSeconds", e.timeout_seconds);
    if (e.family != TaskFamily::kLambda) members.NumberIfAny("heartbeatInSeconds", e.heartbeat_seconds);
    if (e.family != TaskFamily::kActivity && e.credentials) members.Raw("taskCredentials", *e.credentials);
    return Of(members);
  }
  Details operator()(const TaskStarted& e) const {
    if (e.family == TaskFamily::kLambda) return {};
    if (e.family == TaskFamily::kActivity) return Of(Members().TextIfAny("workerName", e.worker));
    return Of(Resource(e.family, e.resource_type, e.action));
  }
  Details operator()(const TaskSubmitted& e) const {
    return OfOutput(Resource(TaskFamily::kService, e.resource_type, e.action), e.output);
  }
  Details operator()(const TaskSucceeded& e) const {
    return OfOutput(Resource(e.family, e.resource_type, e.action), e.output);
  }
  Details operator()(const TaskFailed& e) const {
    return OfFailure(Resource(e.family, e.resource_type, e.action), e.error, e.cause);
  }
  Details operator()(const TaskTimedOut& e) const {
    return OfFailure(Resource(e.family, e.resource_type, e.action), e.error, e.cause);
  }
  Details operator()(const TaskScheduleFailed& e) const {
    return OfFailure(Resource(e.family, e.resource_type, e.action), e.error, e.cause);
  }

  Details operator()(const ParallelStarted&) const { return {}; }
  Details operator()(const ParallelSucceeded&) const { return {}; }
  Details operator()(const ParallelFailed&) const { return {}; }
  Details operator()(const MapStarted& e) const { return Of(Members().Number("length", e.length)); }
  Details operator()(const MapSucceeded&) const { return {}; }
  Details operator()(const MapFailed&) const { return {}; }
  Details operator()(const MapIterationStarted& e) const { return OfIteration(e.name, e.index); }
  Details operator()(const MapIterationSucceeded& e) const { return OfIteration(e.name, e.index); }
  Details operator()(const MapIterationFailed& e) const { return OfIteration(e.name, e.index); }
  Details operator()(const MapIterationAborted& e) const { return OfIteration(e.name, e.index); }

  Details operator()(const WaitStarted&) const { return {}; }
  Details operator()(const RetryScheduled&) const { return {}; }
  Details operator()(const BranchSucceeded&) const { return {}; }
  Details operator()(const ChildrenRemoved&) const { return {}; }
  Details operator()(const TaskAttemptLost&) const { return {}; }
  Details operator()(const TaskCheckpointed&) const { return {}; }

 private:
  static constexpr std::string_view kNotTruncated = R"({"truncated":false})";

  Details Of(const Members& members) const { return {DetailsName(type_), Object(members)}; }
  Details OfOutput(Members members, const Payload& output) const {
    Data(members, "output", output);
    return Of(members);
  }
  template <typename Text>
  Details OfFailure(Members members, const Text& error, const Text& cause) const {
    return Of(members.TextIfAny("error", error).TextIfAny("cause", cause));
  }
  Details OfIteration(const std::string& name, int64_t index) const {
    return Of(Members().Text("name", name).Number("index", index));
  }
  static Members Resource(TaskFamily family, const std::string& type, const std::string& action) {
    Members members;
    if (family == TaskFamily::kService) members.Text("resourceType", type).Text("resource", action);
    return members;
  }
  void Data(Members& members, std::string_view key, const Payload& payload) const {
    if (!include_data_) return;
    members.Text(key, payload.text());
    members.Raw(std::string(key) + "Details", kNotTruncated);
  }

  std::string type_;
  bool include_data_;
};

std::string Seconds(base::WallTime at) {
  int64_t ms = at.time_since_epoch().count();
  char text[40];
  std::snprintf(text, sizeof text, "%lld.%03lld", static_cast<long long>(ms / 1000), static_cast<long long>(ms % 1000));
  return text;
}

}  // namespace

std::string ViewEvent(const Event& event, bool include_data) {
  std::string type = ViewType(event);
  if (type.empty()) return "";
  Details details = std::visit(DetailsOf(type, include_data), event.body);
  Members members;
  members.Raw("timestamp", Seconds(event.at)).Text("type", type);
  members.Number("id", event.id.value()).Number("previousEventId", event.previous.value());
  if (!details.name.empty()) members.Raw(details.name, details.json);
  return Object(std::move(members));
}

}  // namespace pawl::history
