#include <memory>
#include <string>
#include <utility>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/json_text.h"
#include "scheduler/gateway/reason.h"
#include "shared/json/value.h"

namespace pawl::api::aws {
namespace {

using gateway::ActivityTask;
using gateway::Reason;
using gateway::Refuse;

constexpr char kNoTask[] = R"({"taskToken":null})";

std::string WriteTask(const ActivityTask& task) {
  if (task.token.empty()) return kNoTask;
  JsonWriter out;
  out.BeginObject();
  out.Key("taskToken").String(task.token);
  out.Key("input").String(task.input);
  return out.EndObject().Take();
}

// STEP_FUNCTIONS.md 1.2, SendTaskSuccess: JSON of at most 256 KiB. The frame is that of an execution's invalid input.
absl::Status CheckOutput(const std::string& output, size_t bytes_max) {
  if (output.size() > bytes_max) {
    return Refuse(Reason::kInvalidOutput, "Invalid Output: 'The output has " + std::to_string(output.size()) +
                                              " bytes; at most " + std::to_string(bytes_max) + " are allowed'");
  }
  if (json::IsValid(output)) return absl::OkStatus();
  std::string why = gateway::ExplainInvalidJson(output);
  if (why.empty()) why = std::string(json::Parse(output).status().message());
  return Refuse(Reason::kInvalidOutput, "Invalid Output: '" + why + "'");
}

}  // namespace

void GetActivityTask(Call& call) {
  std::string arn = call.fields.Text("activityArn", kArn);
  std::string worker = call.fields.Text("workerName", kOptionalName);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, gateway::ArnKind::kActivity))) return;
  if (!worker.empty() && call.IsRefused(CheckName(worker))) return;

  auto poll = std::make_shared<LongPoll>([reply = call.reply] { reply.Ok(kNoTask); });
  const uint64_t id = call.long_polls.Add(poll);
  if (id == 0) return;  // going down: answered already
  LongPolls* polls = &call.long_polls;
  gateway::CancelPoll cancel =
      call.gateway.GetActivityTask(call.caller, std::move(arn), std::move(worker), call.options.activity_poll_wait,
                                   [poll, polls, id, reply = call.reply](absl::StatusOr<ActivityTask> task) {
                                     if (!poll->End()) return;
                                     polls->Remove(id);
                                     task.ok() ? reply.Ok(WriteTask(*task)) : reply.Fail(task.status());
                                   });
  poll->SetCancel(std::move(cancel));
  call.reply.OnDisconnect([poll, polls, id] {
    poll->Abandon();
    polls->Remove(id);
  });
}

void SendTaskSuccess(Call& call) {
  gateway::TaskOutcome outcome;
  outcome.token = call.fields.Text("taskToken", kTaskToken);
  outcome.output = call.fields.Text("output", {.required = true});
  if (call.IsRefused()) return;
  absl::Status checked = CheckOutput(*outcome.output, call.options.payload_bytes_max);
  if (checked.ok()) return call.gateway.CompleteTask(call.caller, std::move(outcome), AnswerEmpty(call.reply));
  // Recorded: a token that is none is told of first (sfn_send_task_outcome_with_no_such_token).
  outcome.output = "not JSON, so that nothing is recorded";
  call.gateway.CompleteTask(call.caller, std::move(outcome),
                            [checked, reply = call.reply](absl::StatusOr<gateway::Nothing> result) {
                              const bool no_token = gateway::ReasonOf(result.status()) == Reason::kInvalidToken;
                              reply.Fail(no_token ? result.status() : checked);
                            });
}

void SendTaskFailure(Call& call) {
  gateway::TaskOutcome outcome;
  outcome.token = call.fields.Text("taskToken", kTaskToken);
  outcome.error = call.fields.OptionalText("error", kErrorName);
  outcome.cause = call.fields.OptionalText("cause", kCause);
  if (call.IsRefused()) return;
  call.gateway.CompleteTask(call.caller, std::move(outcome), AnswerEmpty(call.reply));
}

void SendTaskHeartbeat(Call& call) {
  std::string token = call.fields.Text("taskToken", kTaskToken);
  if (call.IsRefused()) return;
  call.gateway.HeartbeatTask(call.caller, std::move(token), AnswerEmpty(call.reply));
}

}  // namespace pawl::api::aws
