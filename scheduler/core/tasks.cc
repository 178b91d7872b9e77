// Tasks: scheduling, placing, settling.
#include <utility>

#include "scheduler/core/decider.h"
#include "shared/base/check.h"

namespace pawl::core {

using base::FrameId;
using history::Frame;
using history::Payload;
using history::WaitingForTask;

namespace {

const WaitingForTask& TaskOf(const Frame& frame) {
  const auto* waiting = std::get_if<WaitingForTask>(&frame.waiting);
  PAWL_CHECK(waiting != nullptr, "a task that is being moved is waited for");
  return *waiting;
}

TaskRef RefOf(const history::ExecutionState& state, const Frame& frame) {
  const WaitingForTask& waiting = TaskOf(frame);
  return {state.id, frame.id, waiting.scheduled_event, waiting.attempt};
}

}  // namespace

void Decider::ScheduleTask(FrameId id, const asl::State& state, const asl::StartTask& start) {
  const Frame& frame = FrameOf(id);
  Payload arguments = Derive(frame, start.arguments, nullptr);
  std::optional<Binding> binding = Bind(state.resource, arguments, ambient_.binding);
  if (!binding) {
    OnFailure(id, {.error = "States.Runtime",
                   .cause = "The resource '" + state.resource + "' of state '" + frame.state +
                            "' is none that a Task can have.",
                   .catchable = false,
                   .evaluation = {}});
    return;
  }
  if (IsTooLarge(arguments)) {
    OnFailure(id, {.error = "States.DataLimitExceeded",
                   .cause = "The state/task '" + frame.state +
                            "' has arguments with a size exceeding the maximum number of bytes service limit.",
                   .catchable = true,
                   .evaluation = {}});
    return;
  }
  constexpr int64_t kFromScheduledToExited = 4;
  if (!HasEventsLeft(kFromScheduledToExited)) return FailForEvents();
  history::TaskScheduled scheduled{.family = binding->family,
                                   .resource = state.resource,
                                   .resource_type = std::move(binding->resource_type),
                                   .action = std::move(binding->action),
                                   .region = state_.start.region,
                                   .queue = std::move(binding->queue),
                                   .input = std::move(arguments),
                                   .timeout_seconds = start.timeout_seconds,
                                   .heartbeat_seconds = start.heartbeat_seconds,
                                   .credentials = {},
                                   .attempt = frame.task_attempts + 1,
                                   .wait_for_token = binding->wait_for_token};
  if (start.credentials) scheduled.credentials = json::Serialize(*start.credentials);
  Emit(id, std::move(scheduled));
  if (start.timeout_seconds) {
    Wish(ArmTimer{id, TimerKind::kTask, now_ + std::chrono::seconds(*start.timeout_seconds)});
  }
  PlaceTask(id);
}

void Decider::PlaceTask(FrameId id) {
  const Frame& frame = FrameOf(id);
  const std::string& queue = TaskOf(frame).task.queue;
  if (std::optional<Claim> claim = ambient_.claim(queue)) {
    StartClaimedTask(id, *claim);
  } else {
    Wish(OfferTask{RefOf(state_, frame), queue});
  }
}

void Decider::StartClaimedTask(FrameId id, const Claim& claim) {
  const Frame& frame = FrameOf(id);
  const WaitingForTask& waiting = TaskOf(frame);
  TaskRef ref = RefOf(state_, frame);
  history::TaskStarted started{.family = waiting.task.family,
                               .resource_type = waiting.task.resource_type,
                               .action = waiting.task.action,
                               .worker = claim.worker,
                               .session = claim.session,
                               .restartable = claim.restartable,
                               .attempt = waiting.attempt};
  // AWS knows one start per scheduling; the start of a later attempt is internal.
  if (waiting.start_shown) {
    Note(id, std::move(started));
  } else {
    Emit(id, std::move(started));
  }
  const history::TaskScheduled& task = TaskOf(frame).task;
  Wish(HandOutTask{.claim = claim.id,
                   .session = claim.session,
                   .details = {.task = ref,
                               .token = ambient_.token(ref),
                               .queue = task.queue,
                               .resource = task.resource,
                               .input = task.input.text(),
                               .execution_arn = ExecutionArnOf(state_.start),
                               .state_name = frame.state,
                               .timeout_seconds = task.timeout_seconds,
                               .heartbeat_seconds = task.heartbeat_seconds,
                               .checkpoint = waiting.checkpoint}});
}

void Decider::SettleTask(FrameId id, bool answered_by_holder) {
  const Frame& frame = FrameOf(id);
  const WaitingForTask& waiting = TaskOf(frame);
  if (waiting.task.timeout_seconds) Wish(CancelTimer{id, TimerKind::kTask});
  if (!answered_by_holder) Wish(RevokeTask{RefOf(state_, frame), waiting.task.queue});
}

}  // namespace pawl::core
