// What a Map iterates over, and how. Internal to scheduler/asl/interpret.
#pragma once

#include <variant>

#include "scheduler/asl/interpret/evaluator.h"

namespace pawl::asl {

std::variant<StartMap, Failed> EnterMap(const Evaluator& evaluator);

// ItemSelector for one item; scope.context holds Map.Item already.
Fallible<Derived> SelectItem(const Evaluator& evaluator);

}  // namespace pawl::asl
