// The only mutator of ExecutionState, used alike when a decision is made and when the log is read back.
#pragma once

#include <string>

#include "history/event/event.h"
#include "history/state/state.h"

namespace pawl::history {

// Makes `event` true. CHECKs what no decision can produce (an unknown frame, an id that is not the next one).
void Apply(ExecutionState& state, const Event& event);

// Deep equality, payloads by their JSON; for "replay equals live". On a difference `why` (if given) names the first.
bool Equal(const ExecutionState& a, const ExecutionState& b, std::string* why = nullptr);

}  // namespace pawl::history
