// Deep equality of values: the `=` operator, $distinct.
#pragma once

#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

class Evaluator;

// Arrays by items in order, objects by members in any order, functions by identity. Counts its work as steps.
bool DeepEqual(Evaluator& evaluator, const Value& a, const Value& b);

// Equal for equal values; looks at the upper levels only.
size_t DeepHash(const Value& value);

}  // namespace pawl::asl::jsonata
