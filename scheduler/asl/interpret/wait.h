// How long a Wait waits. Internal to scheduler/asl/interpret.
#pragma once

#include "scheduler/asl/interpret/evaluator.h"

namespace pawl::asl {

Fallible<StartWait> EnterWait(const Evaluator& evaluator);

}  // namespace pawl::asl
