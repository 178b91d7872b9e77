// Lone surrogates in JSON text. JSON's grammar allows a string to hold half of a surrogate pair as an escape (`\ud800`;
// RFC 8259, section 8.2 warns of it), but no Unicode text can, so Parse refuses it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace pawl::json {

// The text with the backslash of every lone surrogate's escape doubled, so that the string holds the six characters of
// the escape instead. Pairs and all else stay as they are. For JSON whose strings are expressions (JSONata reads the
// escape itself).
std::string DoubleLoneSurrogateEscapes(std::string_view text);

}  // namespace pawl::json
