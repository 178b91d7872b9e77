// What may be asked of an execution. A command can be refused; a refusal is an answer, not an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "history/event/event.h"
#include "scheduler/core/task_ref.h"

namespace pawl::core {

struct StartExecution {
  history::ExecutionStarted start;
};

// A worker takes an offered task.
struct StartTask {
  TaskRef task;
  std::string worker;
  std::string session;  // empty: GetActivityTask
  bool restartable = false;
  uint64_t claim = 0;  // which waiting poll gets it; comes back in HandOutTask
};

struct TaskSuccess {
  std::string output;  // JSON text, checked
};
struct TaskFailure {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};
struct CompleteTask {
  TaskRef task;
  std::variant<TaskSuccess, TaskFailure> outcome;
  // The worker that holds the task answers, as opposed to somebody with its token (SendTaskSuccess). Makes a difference
  // for .waitForTaskToken only: there the worker's success means "submitted".
  bool from_holder = false;
};

// The worker hands the task back unfinished, or its session is gone.
struct ReleaseTask {
  TaskRef task;
  bool lost = false;  // not handed back: the worker vanished
};

struct CheckpointTask {
  TaskRef task;
  std::string reference;
};

// The task's worker has been silent for longer than HeartbeatSeconds.
struct HeartbeatMissed {
  TaskRef task;
};

enum class TimerKind : uint8_t { kExecution = 0, kTask, kWait, kBackoff };
struct FireTimer {
  base::FrameId frame;  // none for kExecution
  TimerKind kind = TimerKind::kWait;
};

// Goes on where a decision stopped because it had grown long.
struct Continue {
  base::FrameId frame;
};

struct StopExecution {
  std::optional<std::string> error;
  std::optional<std::string> cause;
};

using Command = std::variant<StartExecution, StartTask, CompleteTask, ReleaseTask, CheckpointTask, HeartbeatMissed,
                             FireTimer, Continue, StopExecution>;

}  // namespace pawl::core
