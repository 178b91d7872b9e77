#include <charconv>
#include <string>
#include <utility>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"
#include "scheduler/gateway/json_text.h"
#include "scheduler/gateway/reason.h"
#include "shared/json/value.h"

namespace pawl::api::aws {
namespace {

using gateway::ArnKind;
using gateway::Execution;
using gateway::Reason;
using gateway::Refuse;

// Recorded: sfn_api.invalid_start_execution_input.
absl::Status CheckInput(const std::string& input) {
  if (json::IsValid(input)) return absl::OkStatus();
  std::string why = input.empty() ? "Invalid execution input." : gateway::ExplainInvalidJson(input);
  if (why.empty()) why = std::string(json::Parse(input).status().message());
  return Refuse(Reason::kInvalidExecutionInput, "Invalid State Machine Execution Input: '" + why + "'");
}

// The input's limit counts bytes, so it is not one of the length constraints that count characters.
void CheckPayloadBytes(Fields& fields, const std::string& text, const char* name, size_t bytes_max) {
  if (text.size() <= bytes_max) return;
  fields.Violate("of " + std::to_string(text.size()) + " bytes", name,
                 "Member must have length less than or equal to " + std::to_string(bytes_max));
}

// STEP_FUNCTIONS.md 1.2, DescribeExecution, lists the reasons.
void WriteRedrive(JsonWriter& out, const Execution& execution) {
  out.Key("redriveCount").Number(0);
  const bool redrivable = execution.status != "RUNNING" && execution.status != "SUCCEEDED";
  out.Key("redriveStatus").String(redrivable ? "REDRIVABLE" : "NOT_REDRIVABLE");
  if (!redrivable) {
    out.Key("redriveStatusReason").String("Execution is " + execution.status + " and cannot be redriven");
  }
}

void WriteSummary(JsonWriter& out, const Execution& execution) {
  out.Key("executionArn").String(execution.arn);
  out.Key("stateMachineArn").String(execution.state_machine_arn);
  out.Key("name").String(execution.name);
  out.Key("status").String(execution.status);
  out.Key("startDate").Time(execution.started);
  if (execution.stopped) out.Key("stopDate").Time(*execution.stopped);
}

void WritePayload(JsonWriter& out, const char* name, const char* details, const std::optional<std::string>& text,
                  bool with_data) {
  if (!text) return;
  if (with_data) out.Key(name).String(*text);
  out.Key(details).BeginObject().Key("included").Bool(with_data).EndObject();
}

// Not of AWS: only where the request asks for it by X-Pawl-Details.
void WriteWaits(JsonWriter& out, const Execution& execution) {
  out.Key("waits").BeginArray();
  for (const gateway::ExecutionWait& wait : execution.waits) {
    out.BeginObject().Key("state").String(wait.state).Key("kind").String(wait.kind).Key("since").Time(wait.since);
    if (wait.until) out.Key("until").Time(*wait.until);
    if (!wait.progress.empty()) out.Key("progress").String(wait.progress);
    if (!wait.handler.empty()) {
      out.Key("handler").String(wait.handler).Key("started").Bool(wait.is_started);
      if (!wait.worker.empty()) out.Key("worker").String(wait.worker);
      out.Key("pollers").Number(wait.pollers);
    }
    if (!wait.handler.empty() || std::string_view(wait.kind) == "retry") out.Key("attempt").Number(wait.attempt);
    out.EndObject();
  }
  out.EndArray();
}

}  // namespace

void StartExecution(Call& call) {
  gateway::StartExecutionRequest request;
  request.state_machine_arn = call.fields.Text("stateMachineArn", kArn);
  const std::optional<std::string> name = call.fields.OptionalText("name", kOptionalName);
  request.input = call.fields.OptionalText("input", {}).value_or("{}");
  request.trace_header =
      call.fields.OptionalText("traceHeader", {.required = false, .length_min = 0, .length_max = 256}).value_or("");
  CheckPayloadBytes(call.fields, request.input, "input", call.options.payload_bytes_max);
  if (call.IsRefused()) return;
  if (call.IsRefused(CheckArn(request.state_machine_arn, ArnKind::kStateMachine))) return;
  if (name && call.IsRefused(CheckName(*name))) return;
  if (call.IsRefused(CheckInput(request.input))) return;
  request.name = name.value_or("");
  if (!call.priority.empty()) {
    const std::string& text = call.priority;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), request.priority);
    if (error != std::errc() || end != text.data() + text.size()) {
      return call.reply.Fail(
          ValidationError("The header X-Pawl-Priority must be a number from -100 to 100, found '" + text + "'"));
    }
  }
  if (!call.trace_header.empty()) request.trace_header = call.trace_header;
  call.gateway.StartExecution(
      call.caller, std::move(request),
      AnswerWith<gateway::StartedExecution>(call.reply, [](const gateway::StartedExecution& started) {
        JsonWriter out;
        out.BeginObject();
        out.Key("executionArn").String(started.arn);
        out.Key("startDate").Time(started.started);
        return out.EndObject().Take();
      }));
}

void DescribeExecution(Call& call) {
  std::string arn = call.fields.Text("executionArn", kArn);
  const bool with_data = ReadIncludesData(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kExecution))) return;
  call.gateway.DescribeExecution(
      call.caller, std::move(arn),
      AnswerWith<Execution>(call.reply, [with_data, with_waits = call.wants_waits](const Execution& execution) {
        JsonWriter out;
        out.BeginObject();
        WriteSummary(out, execution);
        WritePayload(out, "input", "inputDetails", execution.input, with_data);
        WritePayload(out, "output", "outputDetails", execution.output, with_data);
        if (execution.error) out.Key("error").String(*execution.error);
        if (execution.cause) out.Key("cause").String(*execution.cause);
        if (!execution.trace_header.empty()) {
          out.Key("traceHeader").String(execution.trace_header);
        }
        WriteRedrive(out, execution);
        if (with_waits && !execution.waits.empty()) WriteWaits(out, execution);
        return out.EndObject().Take();
      }));
}

void StopExecution(Call& call) {
  gateway::StopExecutionRequest request;
  request.execution_arn = call.fields.Text("executionArn", kArn);
  request.error = call.fields.OptionalText("error", kErrorName);
  request.cause = call.fields.OptionalText("cause", kCause);
  if (call.IsRefused() || call.IsRefused(CheckArn(request.execution_arn, ArnKind::kExecution))) return;
  call.gateway.StopExecution(call.caller, std::move(request),
                             AnswerWith<base::WallTime>(call.reply, [](const base::WallTime& stopped) {
                               JsonWriter out;
                               out.BeginObject().Key("stopDate").Time(stopped);
                               return out.EndObject().Take();
                             }));
}

void ListExecutions(Call& call) {
  gateway::ListExecutionsRequest request;
  request.state_machine_arn = call.fields.Text("stateMachineArn", kOptionalArn);
  const std::string map_run = call.fields.Text("mapRunArn", {.required = false, .length_min = 1, .length_max = 2000});
  request.status = call.fields.Choice(
      "statusFilter", {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED", "PENDING_REDRIVE"}, "");
  const std::string redrive = call.fields.Choice("redriveFilter", {"REDRIVEN", "NOT_REDRIVEN"}, "");
  request.page = ReadPage(call.fields, kListExecutionsTokenCharactersMax);
  if (call.IsRefused()) return;
  // STEP_FUNCTIONS.md 1.2, ListExecutions: one or the other, and what needs a mapRunArn. AWS's words are not recorded.
  if (request.state_machine_arn.empty() == map_run.empty()) {
    return call.reply.Fail(
        Refuse(Reason::kValidation, "Exactly one of stateMachineArn and mapRunArn must be specified"));
  }
  if (!map_run.empty()) {
    return call.reply.Fail(Refuse(Reason::kResourceNotFound, "Resource not found: '" + map_run + "'"));
  }
  if (call.IsRefused(CheckArn(request.state_machine_arn, ArnKind::kStateMachine))) return;
  const auto machine = gateway::ParseStateMachineArn(request.state_machine_arn);
  if (machine && !machine->qualifier.empty()) {
    return call.reply.Fail(
        Refuse(Reason::kValidation, "Listing the executions of one version is not supported by this version of Pawl"));
  }
  if (request.status == "PENDING_REDRIVE" || !redrive.empty()) {
    return call.reply.Fail(Refuse(Reason::kValidation, "PENDING_REDRIVE and redriveFilter need a mapRunArn"));
  }
  using Executions = gateway::PageOf<Execution>;
  call.gateway.ListExecutions(call.caller, std::move(request),
                              AnswerWith<Executions>(call.reply, [](const Executions& executions) {
                                JsonWriter out;
                                out.BeginObject().Key("executions").BeginArray();
                                for (const Execution& execution : executions.items) {
                                  out.BeginObject();
                                  WriteSummary(out, execution);
                                  out.Key("redriveCount").Number(0).EndObject();
                                }
                                out.EndArray();
                                if (!executions.next_token.empty()) out.Key("nextToken").String(executions.next_token);
                                return out.EndObject().Take();
                              }));
}

void GetExecutionHistory(Call& call) {
  gateway::HistoryRequest request;
  request.execution_arn = call.fields.Text("executionArn", kArn);
  request.reverse = call.fields.Flag("reverseOrder", false);
  request.include_data = call.fields.Flag("includeExecutionData", true);
  request.page = ReadPage(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckArn(request.execution_arn, ArnKind::kExecution))) return;
  call.gateway.GetHistory(call.caller, std::move(request),
                          AnswerWith<gateway::HistoryPage>(call.reply, [](const gateway::HistoryPage& history) {
                            JsonWriter out;
                            out.BeginObject().Key("events").BeginArray();
                            for (const std::string& event : history.events) out.Raw(event);
                            out.EndArray();
                            if (!history.next_token.empty()) out.Key("nextToken").String(history.next_token);
                            return out.EndObject().Take();
                          }));
}

}  // namespace pawl::api::aws
