// Runs a definition with nothing but the interpreter: no tasks, no timers, branches one after another. For tests of the
// language alone; histories and everything concurrent are the engine's.
#pragma once

#include <string>
#include <vector>

#include "scheduler/asl/program.h"
#include "shared/json/value.h"

namespace pawl::asl {

struct LocalRun {
  bool supported = true;  // false: came to a Task, or to a distributed Map
  bool succeeded = false;
  json::Value output;
  std::string error;
  std::string cause;
  // What AWS's history would have, as far as it follows from the language: {"type", "stateEnteredEventDetails"...}.
  std::vector<json::Value> events;
};

LocalRun RunLocally(const Program& program, const json::Value& input);

}  // namespace pawl::asl
