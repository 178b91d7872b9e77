// A failing run made smaller: whole kinds of faults and features are switched off, and counts lowered, as long as the
// same promise is broken.
#pragma once

#include <string>

#include "tests/simulation/simulation.h"

namespace pawl::simulation {

struct Shrunk {
  Scenario scenario;
  std::string violation;
  std::string without;  // what is not needed for it, for people
};

// At most a few hundred runs.
Shrunk Shrink(uint64_t seed, const Scenario& scenario, const std::string& violation);

}  // namespace pawl::simulation
