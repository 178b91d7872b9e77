#include "shared/base/ids.h"

namespace pawl::base {

EntityId EntityId::Make(int64_t unix_ms, Slot slot, uint64_t random) {
  std::array<uint8_t, 16> bytes{};
  for (int i = 0; i < 6; ++i) bytes[i] = static_cast<uint8_t>(unix_ms >> (8 * (5 - i)));
  bytes[6] = static_cast<uint8_t>(slot.value() >> 8);
  bytes[7] = static_cast<uint8_t>(slot.value());
  for (int i = 0; i < 8; ++i) bytes[8 + i] = static_cast<uint8_t>(random >> (8 * (7 - i)));
  return EntityId(bytes);
}

int64_t EntityId::unix_ms() const {
  int64_t ms = 0;
  for (int i = 0; i < 6; ++i) ms = ms << 8 | bytes_[i];
  return ms;
}

EntityId EntityId::FromHex(std::string_view text) {
  std::array<uint8_t, 16> bytes{};
  int digits = 0;
  for (char c : text) {
    if (c == '-') continue;
    int nibble = c >= '0' && c <= '9'   ? c - '0'
                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                 : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                        : -1;
    if (nibble < 0 || digits == 32) return EntityId();
    bytes[digits / 2] = static_cast<uint8_t>(bytes[digits / 2] << 4 | nibble);
    ++digits;
  }
  return digits == 32 ? EntityId(bytes) : EntityId();
}

std::string EntityId::ToString() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[bytes_[i] >> 4];
    text += kDigits[bytes_[i] & 15];
  }
  return text;
}

}  // namespace pawl::base
