// What usually helps against a diagnostic, by its code (STEP_FUNCTIONS.md 1.3); empty where nothing general can be
// said.
#pragma once

#include <string>
#include <string_view>

namespace pawl::ctl {

std::string HintFor(std::string_view diagnostic_code);

}  // namespace pawl::ctl
