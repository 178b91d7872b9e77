// Runs one execution on the engine's own functions (scheduler/core) without a service: tasks answer at once with what
// a caller says, timers fire when nothing else is left to do, and the clock jumps to them. So a day of waiting takes no
// time, and the history is the one that the service would write.
//
// Thread rule: one thread. Nothing is durable, nothing leaves the process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "history/event/event.h"
#include "history/state/state.h"
#include "scheduler/asl/program.h"
#include "scheduler/core/decide.h"
#include "shared/base/clock.h"

namespace pawl::ctl {

// What a task did: its output (JSON text), or an error with a cause; or why nobody can say.
struct TaskAnswer {
  std::variant<core::TaskSuccess, core::TaskFailure, absl::Status> outcome;
  // Of .waitForTaskToken: the call itself failed, so that nobody ever had the token.
  bool call_failed = false;
};

struct VirtualRunOptions {
  std::string input = "{}";
  std::string machine = "simulated";
  std::string name = "simulation";
  std::string role_arn = "arn:aws:iam::000000000000:role/simulated";
  base::WallTime start;
  uint64_t seed = 1;  // of States.UUID, States.MathRandom, $random and jitter
  // AWS's limit of a history; what runs longer fails as it does there.
  int64_t events_max = 25'000;
  core::BindingOptions binding;
  // Called for each task that is scheduled, in order: the state, what the task gets, how often that state has asked
  // before.
  std::function<TaskAnswer(const std::string& state, const std::string& input, int64_t asked_before)> run_task;
};

struct VirtualRunResult {
  std::vector<history::Event> events;  // internal ones too
  history::ExecutionStatus status = history::ExecutionStatus::kRunning;
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  std::chrono::milliseconds elapsed{0};  // on the virtual clock
  // Not OK: the run stopped in the middle, because a task had no answer or nothing was left to happen.
  absl::Status stopped;
};

VirtualRunResult RunVirtually(const asl::Program& program, const VirtualRunOptions& options);

}  // namespace pawl::ctl
