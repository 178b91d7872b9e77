// The engine as three functions (the third, Apply, is history/state's):
//
//   Decision Decide(state, command, ambient)   which facts now hold, and what the world should be told
//   Effects  Resume(state)                     what is still owed to the world, from state alone
//
// Pure: every impurity is handed in by Ambient, and its results go into events. Inside Decide one thing only mutates:
// Emit, which appends an event and applies it at once, so that ten Pass states in a row see each other and leave in one
// batch. Thread rule: one thread at a time for one state.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "history/event/event.h"
#include "history/state/state.h"
#include "scheduler/asl/program.h"
#include "scheduler/core/binding.h"
#include "scheduler/core/command.h"
#include "scheduler/core/effect.h"
#include "shared/base/clock.h"
#include "shared/base/random.h"

namespace pawl::core {

// Decision 15: what is refused for its size or number.
struct Limits {
  size_t payload_bytes_max = 262'144;
  size_t error_chars_max = 256;
  size_t cause_chars_max = 32'768;
  // 0: unlimited. `strict` has AWS's 25,000.
  int64_t events_max = 0;
  // Iterations of an inline Map at once, whatever it asks for. 0: unlimited. `strict` has AWS's 40.
  int64_t inline_map_concurrency_max = 0;
  // State transitions in one decision; a longer run goes on in the next, so that one execution cannot hold up others.
  int transitions_per_decision_max = 500;
};

// A poll that waits for a task of the queue: its next free slot, taken.
struct Claim {
  uint64_t id = 0;
  std::string worker;
  std::string session;
  bool restartable = false;
};

struct Ambient {
  base::WallTime now;           // when the command was admitted
  base::Random& random;         // seeded from execution and revision
  const asl::Program& program;  // the one that the execution pins
  const Limits& limits;
  const BindingOptions& binding;
  // A waiting poll's slot for the queue, if there is one; then scheduling and start leave in one decision.
  std::function<std::optional<Claim>(const std::string& queue)> claim;
  std::function<std::string(const TaskRef&)> token;
};

struct Decision {
  // Not OK: the command was refused, there are no events, and the state is as it was.
  absl::Status refusal;
  std::vector<history::Event> events;
  Effects effects;
};

Decision Decide(history::ExecutionState& state, const Command& command, const Ambient& ambient);

Effects Resume(const history::ExecutionState& state);

// arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME
std::string ExecutionArnOf(const history::ExecutionStarted& start);
std::string MachineArnOf(const history::ExecutionStarted& start);

}  // namespace pawl::core
