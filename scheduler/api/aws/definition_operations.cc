// Definitions on trial: ValidateStateMachineDefinition and TestState.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"

namespace pawl::api::aws {
namespace {

using gateway::DefinitionDiagnostic;

constexpr int64_t kDiagnosticsMax = 100;      // STEP_FUNCTIONS.md 1.2, ValidateStateMachineDefinition
constexpr int64_t kCountMax = 1'000'000'000;  // the service model has no bound: no count of a test comes near it

std::string WriteDiagnostics(const std::vector<DefinitionDiagnostic>& all, bool with_warnings, size_t max) {
  const bool fails =
      std::any_of(all.begin(), all.end(), [](const DefinitionDiagnostic& diagnostic) { return diagnostic.is_error; });
  JsonWriter out;
  out.BeginObject();
  out.Key("result").String(fails ? "FAIL" : "OK");
  out.Key("diagnostics").BeginArray();
  size_t shown = 0;
  bool truncated = false;
  for (const DefinitionDiagnostic& diagnostic : all) {
    if (!diagnostic.is_error && !with_warnings) continue;
    if (shown++ == max) {
      truncated = true;
      break;
    }
    out.BeginObject();
    out.Key("severity").String(diagnostic.is_error ? "ERROR" : "WARNING");
    out.Key("code").String(diagnostic.code);
    out.Key("message").String(diagnostic.message);
    if (!diagnostic.location.empty()) out.Key("location").String(diagnostic.location);
    out.EndObject();
  }
  out.EndArray();
  out.Key("truncated").Bool(truncated);
  return out.EndObject().Take();
}

void ReadMock(Call& call, asl::TestStateRequest& request) {
  nlohmann::json* object = call.fields.Object("mock");
  if (object == nullptr) return;
  Fields fields(*object, call.fields, "mock");
  asl::TestStateMock mock;
  mock.result = fields.OptionalText("result", {});
  if (nlohmann::json* error_output = fields.Object("errorOutput"); error_output != nullptr) {
    Fields error(*error_output, fields, "errorOutput");
    mock.error_output = {error.Text("error", kErrorName), error.Text("cause", kCause)};
  }
  const std::string mode = fields.Choice("fieldValidationMode", {"STRICT", "PRESENT", "NONE"}, "STRICT");
  using Validation = asl::TestStateMock::Validation;
  mock.validation = mode == "NONE" ? Validation::kNone : mode == "PRESENT" ? Validation::kPresent : Validation::kStrict;
  request.mock = std::move(mock);
}

void ReadConfiguration(Call& call, asl::TestStateRequest& request) {
  nlohmann::json* object = call.fields.Object("stateConfiguration");
  if (object == nullptr) return;
  Fields fields(*object, call.fields, "stateConfiguration");
  asl::TestStateConfiguration& configuration = request.configuration;
  configuration.retrier_retry_count = fields.Integer("retrierRetryCount", 0, kCountMax);
  configuration.error_caused_by_state = fields.OptionalText("errorCausedByState", kOptionalName);
  configuration.map_iteration_failure_count = fields.Integer("mapIterationFailureCount", 0, kCountMax);
  configuration.map_item_reader_data = fields.OptionalText("mapItemReaderData", {});
}

void WriteInspected(JsonWriter& out, const asl::TestStateAnswer& answer) {
  out.Key("inspectionData").BeginObject();
  for (const auto& stage : answer.inspected) {
    out.Key(stage.name);
    if (stage.is_number) {
      out.Raw(stage.text);
    } else {
      out.String(stage.text);
    }
  }
  if (answer.catch_index || answer.retry_index) {
    out.Key("errorDetails").BeginObject();
    if (answer.catch_index) out.Key("catchIndex").Number(static_cast<int64_t>(*answer.catch_index));
    if (answer.retry_index) out.Key("retryIndex").Number(static_cast<int64_t>(*answer.retry_index));
    if (answer.retry_backoff_seconds) out.Key("retryBackoffIntervalSeconds").Number(*answer.retry_backoff_seconds);
    out.EndObject();
  }
  const auto write = [&out](std::string_view name, std::initializer_list<std::pair<const char*, std::string>> fields) {
    out.Key(name).BeginObject();
    for (const auto& [key, value] : fields) out.Key(key).String(value);
    out.EndObject();
  };
  if (const auto& request = answer.http_request) {
    write("request", {{"protocol", request->protocol},
                      {"method", request->method},
                      {"url", request->url},
                      {"headers", request->headers},
                      {"body", request->body}});
  }
  if (const auto& response = answer.http_response) {
    write("response", {{"protocol", response->protocol},
                       {"statusCode", response->status_code},
                       {"statusMessage", response->status_message},
                       {"headers", response->headers},
                       {"body", response->body}});
  }
  out.EndObject();
}

}  // namespace

void ValidateStateMachineDefinition(Call& call) {
  std::string definition = call.fields.Text(
      "definition", {.required = true, .length_min = 1, .length_max = call.options.definition_bytes_max});
  std::string type = call.fields.Choice("type", {"STANDARD", "EXPRESS"}, "STANDARD");
  // The mildest that is shown.
  const bool with_warnings = call.fields.Choice("severity", {"ERROR", "WARNING"}, "ERROR") == "WARNING";
  const int64_t asked = call.fields.Integer("maxResults", 0, kDiagnosticsMax).value_or(0);
  if (call.IsRefused()) return;
  const auto max = static_cast<size_t>(asked == 0 ? kDiagnosticsMax : asked);
  using Diagnostics = std::vector<DefinitionDiagnostic>;
  call.gateway.ValidateDefinition(std::move(definition), std::move(type),
                                  AnswerWith<Diagnostics>(call.reply, [=](const Diagnostics& diagnostics) {
                                    return WriteDiagnostics(diagnostics, with_warnings, max);
                                  }));
}

void TestState(Call& call) {
  asl::TestStateRequest request;
  request.definition = call.fields.Text(
      "definition", {.required = true, .length_min = 1, .length_max = call.options.definition_bytes_max});
  request.state_name = call.fields.Text("stateName", kOptionalName);
  request.role_arn = call.fields.OptionalText("roleArn", kOptionalArn);
  request.input = call.fields.OptionalText("input", {}).value_or("{}");
  request.variables = call.fields.OptionalText("variables", {});
  request.context = call.fields.OptionalText("context", {});
  const std::string level = call.fields.Choice("inspectionLevel", {"INFO", "DEBUG", "TRACE"}, "INFO");
  request.inspects = level != "INFO";
  request.traces = level == "TRACE";
  request.reveal_secrets = call.fields.Flag("revealSecrets", false);
  ReadMock(call, request);
  ReadConfiguration(call, request);
  if (call.IsRefused()) return;
  const bool inspects = request.inspects;
  call.gateway.TestState(call.caller, std::move(request),
                         AnswerWith<asl::TestStateAnswer>(call.reply, [inspects](const asl::TestStateAnswer& answer) {
                           JsonWriter out;
                           out.BeginObject();
                           if (answer.output) out.Key("output").String(*answer.output);
                           if (answer.error) out.Key("error").String(*answer.error);
                           if (answer.cause) out.Key("cause").String(*answer.cause);
                           if (inspects) WriteInspected(out, answer);
                           if (!answer.next_state.empty()) out.Key("nextState").String(answer.next_state);
                           out.Key("status").String(answer.status);
                           return out.EndObject().Take();
                         }));
}

}  // namespace pawl::api::aws
