#include "shared/json/lone_surrogates.h"

namespace pawl::json {
namespace {

// Whether `text` has at `at` an escape \udX.. or \uDX.. whose X is one of `third`.
bool IsSurrogateEscape(std::string_view text, size_t at, std::string_view third) {
  return at + 6 <= text.size() && text[at] == '\\' && text[at + 1] == 'u' &&
         (text[at + 2] == 'd' || text[at + 2] == 'D') && third.find(text[at + 3]) != std::string_view::npos;
}

}  // namespace

std::string DoubleLoneSurrogateEscapes(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    size_t taken = 1;
    if (text.substr(i, 2) == "\\\\") {
      taken = 2;
    } else if (IsSurrogateEscape(text, i, "89abAB") && IsSurrogateEscape(text, i + 6, "cdefCDEF")) {
      taken = 12;
    } else if (IsSurrogateEscape(text, i, "89abcdefABCDEF")) {
      result += '\\';
      taken = 6;
    }
    result += text.substr(i, taken);
    i += taken;
  }
  return result;
}

}  // namespace pawl::json
