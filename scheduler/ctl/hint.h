// What usually helps against a diagnostic: by its code (STEP_FUNCTIONS.md 1.3), by what its message says, and, where a
// name is not known, the known one that looks most like it. Empty where nothing general can be said.
#pragma once

#include <string>
#include <string_view>

#include "scheduler/asl/validate/compile.h"

namespace pawl::ctl {

// `definition`: the text that was checked, for the names of its states.
std::string HintFor(const asl::Diagnostic& diagnostic, std::string_view definition);

}  // namespace pawl::ctl
