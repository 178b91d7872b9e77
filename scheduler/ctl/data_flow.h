// The way of the data through an execution, state by state and stage by stage, found again from a definition and a
// history: what `pawl explain` prints of a past execution and `pawl simulate` of a simulated one.
//
// It calls the very functions that execution calls (scheduler/asl/interpret) with a Trace, and takes from the history
// what they cannot know: the inputs of states, the results of tasks, times, and the order of things. Where chance or
// the clock had a say, a value may come out differently; then the recorded value stands and a note says so.
//
// Pure. Thread rule: none shared.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduler/asl/interpret/trace.h"
#include "scheduler/asl/program.h"
#include "shared/json/value.h"

namespace pawl::ctl {

// What the context object says of the execution beside its input.
struct ExecutionFacts {
  std::string arn;
  std::string name;
  std::string role_arn;
  std::string machine_arn;
  std::string machine_name;
};

// One failure inside a stay in a state, and what became of it.
struct VisitFailure {
  std::string error;
  std::string cause;
  size_t after_stages = 0;                          // it happened behind so many of the visit's stages
  std::vector<asl::Trace::TracedRetrier> retriers;  // that were asked, in order
  std::optional<size_t> retrier;                    // that took it
  std::optional<int64_t> delay_ms;                  // as its fields give; with jitter a draw
  std::optional<int64_t> waited_ms;                 // until the next attempt, by the history
  std::vector<asl::Trace::TracedCatcher> catchers;  // that were asked, in order
  std::optional<size_t> catcher;                    // that took it
};

// One stay in one state.
struct StateVisit {
  std::string state;
  std::string type;   // "Task" ...
  std::string where;  // "Map[2] > Branches[0]"; empty at the top
  int64_t entered_event = 0;
  int64_t exited_event = 0;  // 0: was not left
  // In the order of happening. Another attempt tells only the stages that came out differently.
  std::vector<asl::Trace::TracedStage> stages;
  std::vector<asl::Trace::TracedRule> rules;  // of a Choice, in order
  std::vector<VisitFailure> failures;
  std::string next;  // empty: the end of its block, or not left
  bool is_end = false;
  std::vector<std::string> notes;
  bool output_differs = false;  // what was computed is not what the history has
};

// `events`: all of them, ascending, as GetExecutionHistory gives them. Events of another shape are passed over.
std::vector<StateVisit> ExplainHistory(const asl::Program& program, const ExecutionFacts& facts,
                                       std::span<const json::Value> events);

}  // namespace pawl::ctl
