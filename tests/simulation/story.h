// Committed histories and states as text, for comparing and for reading.
#pragma once

#include <string>

#include "history/memory/memory_store.h"
#include "history/state/state.h"

namespace pawl::simulation {

// The public events of an execution, one a line: id, previous, frame, kind, name and payload; no times, no workers.
std::string TellHistory(const history::MemoryStore& store, base::EntityId entity);

// What the frames of a running execution wait for.
std::string DescribeWaiting(const history::ExecutionState& state);

}  // namespace pawl::simulation
