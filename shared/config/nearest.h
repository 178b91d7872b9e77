// "Did you mean ...?" for names that are not known. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace pawl::config {

// The candidate with the smallest edit distance to `name` (the first of several); empty when there is none.
std::string Nearest(std::string_view name, std::span<const std::string> candidates);

}  // namespace pawl::config
