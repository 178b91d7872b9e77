// Events -> the shape of AWS's GetExecutionHistory (STEP_FUNCTIONS.md 2.12), as JSON text.
#pragma once

#include <string>

#include "history/event/event.h"

namespace pawl::history {

// The event as one JSON object: id, previousEventId, timestamp (epoch seconds, milliseconds as fraction), type and its
// details. Empty for internal events. Without `include_data` inputs and outputs are left out, as includeExecutionData
// =false does.
std::string ViewEvent(const Event& event, bool include_data);

// "ExecutionStarted", "TaskStateEntered", "LambdaFunctionScheduled" ...; empty for internal events.
std::string ViewType(const Event& event);

}  // namespace pawl::history
