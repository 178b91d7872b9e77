#include "scheduler/core/decide.h"

#include <utility>

#include "scheduler/core/decider.h"

namespace pawl::core {

using base::FrameId;
using history::Frame;
using history::WaitingForTask;

std::string ExecutionArnOf(const history::ExecutionStarted& start) {
  return "arn:aws:states:" + start.region + ":" + start.account + ":execution:" + start.machine + ":" + start.name;
}

std::string MachineArnOf(const history::ExecutionStarted& start) {
  return "arn:aws:states:" + start.region + ":" + start.account + ":stateMachine:" + start.machine;
}

namespace {

// The frame's task where it is the very hand-out that `ref` names; null otherwise. A result of an old attempt is thus
// refused, whatever happened meanwhile.
const WaitingForTask* Current(const history::ExecutionState& state, const TaskRef& ref) {
  const Frame* frame = state.Find(ref.frame);
  const auto* waiting = frame ? std::get_if<WaitingForTask>(&frame->waiting) : nullptr;
  if (waiting == nullptr || waiting->scheduled_event != ref.scheduled_event || waiting->attempt != ref.attempt) {
    return nullptr;
  }
  return waiting;
}

absl::Status TaskIsOver(const TaskRef& ref) {
  return absl::FailedPreconditionError("expected a task that is waited for, but attempt " +
                                       std::to_string(ref.attempt) + " of the task scheduled by event " +
                                       std::to_string(ref.scheduled_event.value()) + " is over");
}

// .waitForTaskToken, and the worker has made the call: whoever has the token answers, nobody holds the task.
bool IsWithTokenHolder(const WaitingForTask& waiting) { return waiting.task.wait_for_token && waiting.submitted; }

// Of "createTrainingJob.sync" or "startExecution.sync:2": the worker makes the call and watches the job to its end.
bool IsSync(const history::TaskScheduled& task) {
  return task.action.ends_with(".sync") || task.action.ends_with(".sync:2");
}

// Recorded: a .sync task shows TaskSubmitted between TaskStarted and its end. What the service answered to the call is
// the worker's alone, so the event's output is empty. Once for each scheduling, whatever attempts there are.
void ShowSubmitted(Decider& decider, FrameId frame) {
  const auto& waiting = std::get<WaitingForTask>(decider.FrameOf(frame).waiting);
  if (!IsSync(waiting.task) || waiting.submitted) return;
  decider.Emit(
      frame, history::TaskSubmitted{waiting.task.resource_type, waiting.task.action, history::Payload::FromText("{}")});
}

Decision On(Decider& decider, const StartExecution& command) {
  if (decider.state().is_started())
    return decider.Refuse(absl::AlreadyExistsError("the execution has started already"));
  decider.Emit(FrameId(), command.start);
  if (command.start.timeout_seconds) {
    decider.Wish(ArmTimer{FrameId(), TimerKind::kExecution,
                          decider.now() + std::chrono::seconds(*command.start.timeout_seconds)});
  }
  const Frame& root = decider.state().frames.begin()->second;
  decider.GoTo(root.id, decider.ambient().program.root().start_at, root.input);
  return decider.Finish();
}

Decision On(Decider& decider, const StartTask& command) {
  const WaitingForTask* waiting = Current(decider.state(), command.task);
  if (waiting == nullptr || waiting->started) return decider.Refuse(TaskIsOver(command.task));
  decider.StartClaimedTask(command.task.frame,
                           Claim{command.claim, command.worker, command.session, command.restartable});
  return decider.Finish();
}

void Succeed(Decider& decider, const TaskRef& ref, const TaskSuccess& success, bool from_holder) {
  const WaitingForTask& waiting = *Current(decider.state(), ref);
  const history::TaskScheduled task = waiting.task;
  history::Payload output = history::Payload::FromText(success.output);
  if (success.output.size() > decider.ambient().limits.payload_bytes_max &&
      decider.ambient().limits.payload_bytes_max > 0) {
    std::string what = task.family == history::TaskFamily::kService ? decider.FrameOf(ref.frame).state : task.resource;
    asl::Failure failure{
        .error = "States.DataLimitExceeded",
        .cause = "The state/task '" + what +
                 "' returned a result with a size exceeding the maximum number of bytes service limit.",
        .catchable = true,
        .evaluation = {}};
    ShowSubmitted(decider, ref.frame);
    decider.SettleTask(ref.frame, from_holder);
    decider.Emit(ref.frame,
                 history::TaskFailed{task.family, task.resource_type, task.action, failure.error, failure.cause});
    decider.OnFailure(ref.frame, failure);
    return;
  }
  if (task.wait_for_token && from_holder) {
    decider.Emit(ref.frame, history::TaskSubmitted{task.resource_type, task.action, std::move(output)});
    return;
  }
  ShowSubmitted(decider, ref.frame);
  decider.SettleTask(ref.frame, from_holder);
  base::EventId id =
      decider.Emit(ref.frame, history::TaskSucceeded{task.family, task.resource_type, task.action, output});
  decider.CompleteWork(ref.frame, history::Payload::Ref(id, 0, output));
}

Decision On(Decider& decider, const CompleteTask& command) {
  const WaitingForTask* waiting = Current(decider.state(), command.task);
  if (waiting == nullptr || (command.from_holder && IsWithTokenHolder(*waiting)))
    return decider.Refuse(TaskIsOver(command.task));
  if (const auto* success = std::get_if<TaskSuccess>(&command.outcome)) {
    Succeed(decider, command.task, *success, command.from_holder);
    return decider.Finish();
  }
  const auto& failure = std::get<TaskFailure>(command.outcome);
  history::TaskFailed failed{waiting->task.family, waiting->task.resource_type, waiting->task.action, failure.error,
                             failure.cause};
  // A job that fails does so as States.TaskFailed; by any other name the call itself was refused.
  if (failure.error == "States.TaskFailed") ShowSubmitted(decider, command.task.frame);
  decider.SettleTask(command.task.frame, command.from_holder);
  decider.Emit(command.task.frame, std::move(failed));
  decider.OnFailure(command.task.frame, {.error = failure.error.value_or(""),
                                         .cause = failure.cause.value_or(""),
                                         .catchable = failure.error != "States.Runtime",
                                         .evaluation = {}});
  return decider.Finish();
}

Decision On(Decider& decider, const ReleaseTask& command) {
  const WaitingForTask* waiting = Current(decider.state(), command.task);
  if (waiting == nullptr || !waiting->started || IsWithTokenHolder(*waiting))
    return decider.Refuse(TaskIsOver(command.task));
  FrameId frame = command.task.frame;
  if (!command.lost || waiting->restartable) {
    decider.Note(frame, history::TaskAttemptLost{waiting->attempt + 1});
    decider.PlaceTask(frame);
    return decider.Finish();
  }
  asl::Failure failure{.error = "Pawl.WorkerLost",
                       .cause = "The worker '" + waiting->worker + "' that held the task is gone.",
                       .catchable = true,
                       .evaluation = {}};
  history::TaskFailed failed{waiting->task.family, waiting->task.resource_type, waiting->task.action, failure.error,
                             failure.cause};
  decider.SettleTask(frame, true);
  decider.Emit(frame, std::move(failed));
  decider.OnFailure(frame, failure);
  return decider.Finish();
}

Decision On(Decider& decider, const CheckpointTask& command) {
  const WaitingForTask* waiting = Current(decider.state(), command.task);
  if (waiting == nullptr) return decider.Refuse(TaskIsOver(command.task));
  // Who has something to go on from has begun the job.
  ShowSubmitted(decider, command.task.frame);
  if (waiting->checkpoint != command.reference) {
    decider.Note(command.task.frame, history::TaskCheckpointed{command.reference});
  }
  return decider.Finish();
}

// Recorded: a timed-out task's events carry the error alone, no cause.
Decision TimeOut(Decider& decider, FrameId frame, const std::string& error) {
  const auto& waiting = std::get<WaitingForTask>(decider.FrameOf(frame).waiting);
  history::TaskTimedOut timed_out{waiting.task.family, waiting.task.resource_type, waiting.task.action, error, {}};
  decider.SettleTask(frame, false);
  decider.Emit(frame, std::move(timed_out));
  decider.OnFailure(frame, {.error = error, .cause = "", .catchable = true, .evaluation = {}});
  return decider.Finish();
}

Decision On(Decider& decider, const HeartbeatMissed& command) {
  if (Current(decider.state(), command.task) == nullptr) return decider.Refuse(TaskIsOver(command.task));
  // Recorded: a missed heartbeat shows as States.Timeout.
  return TimeOut(decider, command.task.frame, "States.Timeout");
}

// A timer may fire early (a clock stepped) or late (what it was for is over): the state says what is due.
Decision On(Decider& decider, const FireTimer& command) {
  if (command.kind == TimerKind::kExecution) {
    const auto& start = decider.state().start;
    base::WallTime due = decider.state().started_at + std::chrono::seconds(start.timeout_seconds.value_or(0));
    if (!start.timeout_seconds) return decider.Refuse(absl::FailedPreconditionError("the execution has no timeout"));
    if (due > decider.now()) {
      decider.Wish(ArmTimer{FrameId(), TimerKind::kExecution, due});
      return decider.Finish();
    }
    decider.EndExecution(history::ExecutionTimedOut{}, {});
    return decider.Finish();
  }
  const Frame* frame = decider.state().Find(command.frame);
  auto due = [&]() -> std::optional<base::WallTime> {
    if (frame == nullptr) return std::nullopt;
    if (const auto* task = std::get_if<WaitingForTask>(&frame->waiting);
        task != nullptr && command.kind == TimerKind::kTask && task->task.timeout_seconds) {
      return task->scheduled_at + std::chrono::seconds(*task->task.timeout_seconds);
    }
    if (const auto* wait = std::get_if<history::WaitingForTimer>(&frame->waiting);
        wait != nullptr && command.kind == TimerKind::kWait) {
      return wait->until;
    }
    if (const auto* backoff = std::get_if<history::Backoff>(&frame->waiting);
        backoff != nullptr && command.kind == TimerKind::kBackoff) {
      return backoff->due;
    }
    return std::nullopt;
  }();
  if (!due) return decider.Refuse(absl::FailedPreconditionError("nothing waits for that timer any more"));
  if (*due > decider.now()) {
    decider.Wish(ArmTimer{command.frame, command.kind, *due});
    return decider.Finish();
  }
  switch (command.kind) {
    case TimerKind::kTask:
      return TimeOut(decider, command.frame, "States.Timeout");
    case TimerKind::kWait: {
      history::Payload input = frame->input;
      decider.CompleteWork(command.frame, input);
      return decider.Finish();
    }
    case TimerKind::kBackoff:
      decider.BeginWork(command.frame);
      return decider.Finish();
    case TimerKind::kExecution:
      break;
  }
  return decider.Finish();
}

Decision On(Decider& decider, const Continue& command) {
  const Frame* frame = decider.state().Find(command.frame);
  if (frame == nullptr || !std::holds_alternative<history::NotWaiting>(frame->waiting)) {
    return decider.Refuse(absl::FailedPreconditionError("the frame does not wait to be continued"));
  }
  if (frame->state.empty() || frame->last_event != frame->entered_event) {
    return decider.Refuse(absl::FailedPreconditionError("the frame's state has begun its work already"));
  }
  decider.BeginWork(command.frame);
  return decider.Finish();
}

Decision On(Decider& decider, const StopExecution& command) {
  // Recorded: previousEventId of ExecutionAborted is 0.
  decider.EndExecution(history::ExecutionAborted{command.error, command.cause}, {});
  return decider.Finish();
}

}  // namespace

Decision Decide(history::ExecutionState& state, const Command& command, const Ambient& ambient) {
  Decider decider(state, ambient);
  if (!std::holds_alternative<StartExecution>(command) && !state.is_running()) {
    return decider.Refuse(absl::FailedPreconditionError("expected a running execution, but it has ended"));
  }
  return std::visit([&](const auto& c) { return On(decider, c); }, command);
}

Effects Resume(const history::ExecutionState& state) {
  Effects owed;
  if (!state.is_running()) return owed;
  if (state.start.timeout_seconds) {
    owed.push_back(ArmTimer{FrameId(), TimerKind::kExecution,
                            state.started_at + std::chrono::seconds(*state.start.timeout_seconds)});
  }
  for (const auto& [id, frame] : state.frames) {
    if (const auto* task = std::get_if<WaitingForTask>(&frame.waiting)) {
      TaskRef ref{state.id, id, task->scheduled_event, task->attempt};
      if (task->task.timeout_seconds) {
        owed.push_back(
            ArmTimer{id, TimerKind::kTask, task->scheduled_at + std::chrono::seconds(*task->task.timeout_seconds)});
      }
      if (!task->started) {
        owed.push_back(OfferTask{ref, task->task.queue});
      } else {
        owed.push_back(
            ExpectTask{ref, IsWithTokenHolder(*task) ? std::string() : task->session, task->task.heartbeat_seconds});
      }
    } else if (const auto* wait = std::get_if<history::WaitingForTimer>(&frame.waiting)) {
      owed.push_back(ArmTimer{id, TimerKind::kWait, wait->until});
    } else if (const auto* backoff = std::get_if<history::Backoff>(&frame.waiting)) {
      owed.push_back(ArmTimer{id, TimerKind::kBackoff, backoff->due});
    } else if (std::holds_alternative<history::NotWaiting>(frame.waiting)) {
      owed.push_back(ContinueLater{id});
    }
  }
  return owed;
}

}  // namespace pawl::core
