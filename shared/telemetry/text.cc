#include "shared/telemetry/text.h"

#include <cstdint>

namespace pawl::telemetry {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "...";

// Length of the valid UTF-8 sequence that `text` begins with, 0 if there is none (RFC 3629, section 4).
size_t SequenceLength(std::string_view text) {
  const auto at = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto within = [&](size_t i, uint8_t low, uint8_t high) { return at(i) >= low && at(i) <= high; };
  const auto tail = [&](size_t i) { return within(i, 0x80, 0xbf); };
  const uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return tail(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool second = within(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && tail(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool second = within(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string CleanText(std::string_view text, size_t bytes_max) {
  std::string clean;
  size_t cut = 0;  // the longest prefix that leaves room for the ellipsis
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const std::string_view piece = length == 0 ? kReplacement : text.substr(0, length);
    if (clean.size() + piece.size() > bytes_max) {
      clean.resize(cut);
      return clean.append(kEllipsis.substr(0, bytes_max));
    }
    clean.append(piece);
    text.remove_prefix(length == 0 ? 1 : length);
    if (clean.size() + kEllipsis.size() <= bytes_max) cut = clean.size();
  }
  return clean;
}

}  // namespace pawl::telemetry
