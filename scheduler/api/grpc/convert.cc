#include "scheduler/api/grpc/convert.h"

#include <algorithm>
#include <utility>

#include "scheduler/gateway/reason.h"

namespace pawl::api::rpc {
namespace {

constexpr int kWaitMaxMs = 60'000;
constexpr int kTasksMax = 1'000;

gateway::TaskOutcome ToOutcome(const worker::v1::TaskResult& from) {
  gateway::TaskOutcome to;
  to.token = from.task_token();
  switch (from.outcome_case()) {
    case worker::v1::TaskResult::kOutput:
      to.output = from.output();
      break;
    case worker::v1::TaskResult::kError:
      to.error = from.error().error();
      to.cause = from.error().cause();
      break;
    case worker::v1::TaskResult::kReturned:
      to.returned = from.returned();
      break;
    case worker::v1::TaskResult::OUTCOME_NOT_SET:
      to.error = "States.Runtime";
      to.cause = "The worker reported a result that is neither an output nor an error";
      break;
  }
  return to;
}

worker::v1::ResultAck::Code ToCode(gateway::ResultCode code) {
  switch (code) {
    case gateway::ResultCode::kRecorded:
      return worker::v1::ResultAck::RECORDED;
    case gateway::ResultCode::kStale:
      return worker::v1::ResultAck::STALE;
    case gateway::ResultCode::kInvalid:
      return worker::v1::ResultAck::INVALID;
    case gateway::ResultCode::kRetry:
      return worker::v1::ResultAck::RETRY;
  }
  return worker::v1::ResultAck::CODE_UNSPECIFIED;
}

void SetTask(const gateway::WorkerTask& from, worker::v1::Task& to) {
  to.set_task_token(from.token);
  to.set_handler(from.handler);
  to.set_resource(from.resource);
  to.set_input(from.input);
  to.set_execution_arn(from.execution_arn);
  to.set_state_name(from.state_name);
  to.set_attempt(from.attempt);
  to.set_timeout_seconds(from.timeout_seconds);
  to.set_heartbeat_seconds(from.heartbeat_seconds);
  to.set_checkpoint(from.checkpoint);
}

}  // namespace

void SetTime(base::WallTime from, google::protobuf::Timestamp& to) {
  const int64_t ms = from.time_since_epoch().count();
  to.set_seconds(ms / 1000);
  to.set_nanos(static_cast<int32_t>(ms % 1000 * 1'000'000));
}

void SetExecution(const gateway::Execution& from, control::v1::Execution& to) {
  to.set_execution_arn(from.arn);
  to.set_state_machine_arn(from.state_machine_arn);
  to.set_name(from.name);
  to.set_status(from.status);
  SetTime(from.started, *to.mutable_start_time());
  if (from.stopped) SetTime(*from.stopped, *to.mutable_stop_time());
  if (from.input) to.set_input(*from.input);
  if (from.output) to.set_output(*from.output);
  if (from.error) to.set_error(*from.error);
  if (from.cause) to.set_cause(*from.cause);
}

std::chrono::milliseconds ClampWait(int wait_ms) {
  return std::chrono::milliseconds(std::clamp(wait_ms, 0, kWaitMaxMs));
}

absl::Status CheckSession(const std::string& session_id) {
  if (!session_id.empty()) return absl::OkStatus();
  return gateway::Refuse(gateway::Reason::kValidation,
                         "session_id is empty: expected a UUID that the worker made at its start");
}

gateway::WorkerPollRequest ToPoll(const worker::v1::PollRequest& from) {
  gateway::WorkerPollRequest to;
  to.session_id = from.session_id();
  to.worker_name = from.worker_name();
  for (const worker::v1::Handler& handler : from.handlers())
    to.handlers.push_back({handler.name(), handler.restartable()});
  to.tasks_max = std::clamp(from.tasks_max(), 0, kTasksMax);
  to.wait = ClampWait(from.wait_ms());
  for (const worker::v1::TaskResult& result : from.results()) to.results.push_back(ToOutcome(result));
  to.held_tokens.assign(from.held_tokens().begin(), from.held_tokens().end());
  to.held_tokens_complete = from.held_tokens_complete();
  return to;
}

void SetPollResponse(const gateway::WorkerPollResponse& from, worker::v1::PollResponse& to) {
  for (const gateway::WorkerTask& task : from.tasks) SetTask(task, *to.add_tasks());
  for (const gateway::ResultAck& ack : from.acks) {
    worker::v1::ResultAck& added = *to.add_acks();
    added.set_code(ToCode(ack.code));
    added.set_message(ack.message);
  }
  for (const std::string& token : from.cancelled_tokens) to.add_cancelled_tokens(token);
}

std::vector<gateway::TaskHeartbeat> ToHeartbeats(const worker::v1::HeartbeatRequest& from) {
  std::vector<gateway::TaskHeartbeat> to;
  to.reserve(static_cast<size_t>(from.tasks_size()));
  for (const worker::v1::TaskHeartbeat& task : from.tasks()) {
    to.push_back({task.task_token(), task.progress(), task.message(), task.checkpoint()});
  }
  return to;
}

}  // namespace pawl::api::rpc
