// A problem's place in a text, shown as compilers do: the line, and a caret below it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::ctl {

// Two lines, indented and ended; empty where the text has no such line. `line` and `column` count from 1; long lines
// are cut around the column.
std::string Snippet(std::string_view text, size_t line, size_t column);

}  // namespace pawl::ctl
