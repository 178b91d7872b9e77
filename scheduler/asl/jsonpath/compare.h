// What the operators of a filter mean. Internal to this folder.
#pragma once

#include "scheduler/asl/jsonpath/syntax.h"

namespace re2 {
class RE2;
}

namespace pawl::asl::jsonpath {

// An operand with its value: nothing where the operand is a path that leads nowhere.
using OperandValue = std::optional<json::Value>;

// `op` is any but kMatches. An absent value equals nothing, not even another absent one.
bool Compare(Operator op, const OperandValue& left, const OperandValue& right);

// Whether the whole of a string, number or boolean, or of any item of an array, matches.
bool Matches(const re2::RE2& pattern, const OperandValue& value);

}  // namespace pawl::asl::jsonpath
