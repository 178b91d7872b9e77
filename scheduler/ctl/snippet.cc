#include "scheduler/ctl/snippet.h"

#include <algorithm>

namespace pawl::ctl {
namespace {

constexpr size_t kWidth = 100;

}  // namespace

std::string Snippet(std::string_view text, size_t line, size_t column) {
  if (line == 0) return "";
  for (size_t i = 1; i < line; ++i) {
    const size_t end = text.find('\n');
    if (end == std::string_view::npos) return "";
    text.remove_prefix(end + 1);
  }
  std::string shown(text.substr(0, text.find('\n')));
  std::replace(shown.begin(), shown.end(), '\t', ' ');
  std::replace(shown.begin(), shown.end(), '\r', ' ');
  size_t caret = column == 0 ? 0 : std::min(column - 1, shown.size());
  if (shown.size() > kWidth) {
    const size_t from = caret > kWidth / 2 ? caret - kWidth / 2 : 0;
    shown = (from > 0 ? "..." : "") + shown.substr(from, kWidth) + (from + kWidth < shown.size() ? "..." : "");
    caret = caret - from + (from > 0 ? 3 : 0);
  }
  std::string snippet = "    " + shown + "\n";
  if (column > 0) snippet += "    " + std::string(caret, ' ') + "^\n";
  return snippet;
}

}  // namespace pawl::ctl
