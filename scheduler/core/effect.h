// What a decision wishes of the outside. All of it, on one page; nothing else ever leaves the core. Let out only after
// the decision's events are durable; recomputable by Resume.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "history/state/state.h"
#include "scheduler/core/command.h"
#include "scheduler/core/task_ref.h"

namespace pawl::core {

// The task waits for a worker of `queue`.
struct OfferTask {
  TaskRef task;
  std::string queue;
};

// Everything a worker is told. Complete, so that the hand-out looks nothing up.
struct TaskDetails {
  TaskRef task;
  std::string token;
  std::string queue;
  std::string resource;
  std::string input;  // JSON text
  std::string execution_arn;
  std::string state_name;
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> heartbeat_seconds;
  std::string checkpoint;
};
// The task's start is durable: give it to the poll that claimed it.
struct HandOutTask {
  uint64_t claim = 0;
  std::string session;
  TaskDetails details;
};

// After a take-over: a worker's session is said to hold this task; unless it reports soon, the attempt is lost.
struct ExpectTask {
  TaskRef task;
  std::string session;
  std::optional<int64_t> heartbeat_seconds;
};

// The task is over, whoever has it: take it out of the queue, or tell the worker to stop.
struct RevokeTask {
  TaskRef task;
  std::string queue;
};

// One timer per (frame, kind); arming again moves it.
struct ArmTimer {
  base::FrameId frame;
  TimerKind kind = TimerKind::kWait;
  base::WallTime due;
};
struct CancelTimer {
  base::FrameId frame;
  TimerKind kind = TimerKind::kWait;
};

// Send Continue to this execution.
struct ContinueLater {
  base::FrameId frame;
};

// The execution has ended; whoever waits for it can be told.
struct Ended {
  history::ExecutionStatus status;
};

using Effect =
    std::variant<OfferTask, HandOutTask, ExpectTask, RevokeTask, ArmTimer, CancelTimer, ContinueLater, Ended>;
using Effects = std::vector<Effect>;

}  // namespace pawl::core
