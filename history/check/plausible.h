// Whether an event can have come from a decision on a state: what Apply would CHECK, as an answer instead of an end of
// the process. For reading logs that may be damaged. Thread rule: a pure function.
#pragma once

#include <string>

#include "history/event/event.h"
#include "history/state/state.h"

namespace pawl::history {

// Empty where Apply(state, event) is safe; otherwise what is wrong.
std::string WhyImplausible(const ExecutionState& state, const Event& event);

}  // namespace pawl::history
