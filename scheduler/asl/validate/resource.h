// Resources of Task states. Internal to scheduler/asl/validate.
#pragma once

#include <string>

#include "scheduler/asl/validate/report.h"

namespace pawl::asl {

// The resource of a Task at `place` (a string), in a machine (or a Map Run's children) of type `type`.
void CheckResource(const Place& place, MachineType type, Report& report);

bool IsActivity(const std::string& resource);
// One that AWS itself knows how to call with a role of its own: a function or a service integration.
bool TakesRole(const std::string& resource);

}  // namespace pawl::asl
