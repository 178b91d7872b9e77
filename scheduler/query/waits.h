// What a running execution waits for, as its state says it. Pure.
#pragma once

#include <vector>

#include "history/state/state.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::query {

// One for each place where the execution stands, outer ones first; at most `max`. `handler` is the queue's name.
std::vector<gateway::ExecutionWait> WaitsOf(const history::ExecutionState& state, size_t max);

}  // namespace pawl::query
