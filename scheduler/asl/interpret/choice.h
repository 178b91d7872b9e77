// Choice rules. Internal to scheduler/asl/interpret.
#pragma once

#include <string_view>

#include "scheduler/asl/interpret/evaluator.h"

namespace pawl::asl {

// Finds the first rule that matches and leaves by it, by Default where none does. `input` is the effective input.
Fallible<Transition> Choose(const Evaluator& evaluator, Data input);

// `text` against a pattern in which '*' stands for anything and "\*" for itself.
bool MatchesPattern(std::string_view text, std::string_view pattern);

// By UTF-16 code units, as Java compares: negative, zero or positive.
int CompareText(std::string_view a, std::string_view b);

}  // namespace pawl::asl
