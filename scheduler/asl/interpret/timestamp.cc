#include "scheduler/asl/interpret/timestamp.h"

#include <chrono>

#include "shared/base/civil_time.h"

namespace pawl::asl {
namespace {

// Reads exactly `count` digits at the front of `text` and takes them off.
std::optional<int> TakeDigits(std::string_view& text, size_t count) {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  for (size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool Take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

// ".5" and the like; up to nine digits count.
std::optional<int32_t> TakeFraction(std::string_view& text) {
  if (!Take(text, '.')) return 0;
  int32_t value = 0;
  int digits = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (++digits > 9) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return value;
}

// "Z", "+01:00", in seconds.
std::optional<int> TakeOffset(std::string_view& text) {
  if (Take(text, 'Z')) return 0;
  int sign = 1;
  if (Take(text, '-')) {
    sign = -1;
  } else if (!Take(text, '+')) {
    return std::nullopt;
  }
  const std::optional<int> hours = TakeDigits(text, 2);
  if (!hours || *hours > 18 || !Take(text, ':')) return std::nullopt;
  const std::optional<int> minutes = TakeDigits(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  return sign * (*hours * 3600 + *minutes * 60);
}

}  // namespace

std::optional<Instant> ParseTimestamp(std::string_view text) {
  const std::optional<int> year = TakeDigits(text, 4);
  if (!year || !Take(text, '-')) return std::nullopt;
  const std::optional<int> month = TakeDigits(text, 2);
  if (!month || !Take(text, '-')) return std::nullopt;
  const std::optional<int> day = TakeDigits(text, 2);
  if (!day || !Take(text, 'T')) return std::nullopt;
  const std::optional<int> hour = TakeDigits(text, 2);
  if (!hour || *hour > 23 || !Take(text, ':')) return std::nullopt;
  const std::optional<int> minute = TakeDigits(text, 2);
  if (!minute || *minute > 59 || !Take(text, ':')) return std::nullopt;
  const std::optional<int> second = TakeDigits(text, 2);
  if (!second || *second > 59) return std::nullopt;
  const std::optional<int32_t> fraction = TakeFraction(text);
  if (!fraction) return std::nullopt;
  const std::optional<int> offset = TakeOffset(text);
  if (!offset || !text.empty()) return std::nullopt;

  if (!base::IsCivilDate(*year, *month, *day)) return std::nullopt;
  return Instant{base::DaysFromCivil(*year, *month, *day) * 86'400 + *hour * 3600 + *minute * 60 + *second - *offset,
                 *fraction};
}

base::WallTime ToWallTime(const Instant& instant) {
  return base::WallTime(std::chrono::milliseconds(instant.seconds * 1000 + instant.nanoseconds / 1'000'000));
}

}  // namespace pawl::asl
