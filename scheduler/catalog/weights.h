// Weights of state machines and queues (scheduler/dispatch/flows.h), in the table pawl.weights: set by `pawl admin`,
// and taken over by every scheduler within a few seconds.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"

namespace pawl::catalog {

using Weights = std::map<std::string, uint32_t>;  // by flow

inline constexpr uint32_t kWeightMax = 100;

// Blocking, for tools. Weight 1 is what a flow has anyway, so it removes the row.
absl::Status WriteWeight(const std::string& conninfo, const std::string& flow, uint32_t weight);

}  // namespace pawl::catalog
