// Text work of the intrinsic functions. Internal to this folder.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::asl::intrinsics {

// Characters as Java counts them: UTF-16 units.
size_t CountCharacters(std::string_view utf8);

// Every byte that is no part of UTF-8 becomes U+FFFD, as Java's decoder has it.
std::string ToValidUtf8(std::string_view bytes);

// The parts between any of the characters of `delimiters`; empty parts are left out.
std::vector<std::string> SplitAtAny(std::string_view text, std::string_view delimiters);

}  // namespace pawl::asl::intrinsics
