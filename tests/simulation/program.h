// Random valid programs together with what must come of them.
//
// The data flow is one number, "n", and a record "all" of what happened on the way, so the intended result is computed
// here, by a second and far simpler interpreter than the one under test. What workers do to a task is written into its
// parameters; what the world does to workers (they die, stall, come back) is taken up by a retrier on every task, so
// that the intended outcome holds under all faults. Everything that fails on purpose fails with the same error, so it
// does not matter which of several branches fails first.
#pragma once

#include <string>

#include "nlohmann/json.hpp"
#include "tests/simulation/world.h"

namespace pawl::simulation {

inline constexpr char kBoom[] = "Sim.Boom";
inline constexpr char kBoomCause[] = "boom";

struct ProgramShape {
  int size = 8;  // states, about
  bool tasks = true;
  bool waits = true;
  bool choices = true;
  bool containers = true;  // Parallel and Map
  bool failures = true;
  bool heartbeats = true;
  bool timeouts = true;
  bool services = true;  // .sync and .waitForTaskToken
  bool variables = true;
  bool loops = true;
  bool operator==(const ProgramShape&) const = default;
};

struct Intended {
  bool succeeds = true;
  nlohmann::json output;  // where it succeeds
};

struct GeneratedProgram {
  std::string text;  // ASL
  nlohmann::json input;
  Intended intended;
};

GeneratedProgram GenerateProgram(Chance& chance, const ProgramShape& shape);

// What an honest worker answers to a task with these parameters.
struct TaskAnswer {
  bool succeeds = true;
  nlohmann::json output;
};
TaskAnswer AnswerOf(const nlohmann::json& parameters);

}  // namespace pawl::simulation
