#include "worker/activities/common/numbers.h"

#include <charconv>
#include <cmath>

#include "shared/base/civil_time.h"

namespace pawl::activities {
namespace {

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// Takes `count` digits off the front.
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

bool TakeChar(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

// The clock part after the date: "hh:mm[:ss[.fraction]]" as seconds.
std::optional<int64_t> TakeClock(std::string_view& text) {
  auto hour = TakeDigits(text, 2);
  if (!hour || !TakeChar(text, ':')) return std::nullopt;
  auto minute = TakeDigits(text, 2);
  if (!minute || *hour > 24 || *minute > 59) return std::nullopt;
  int second = 0;
  if (TakeChar(text, ':')) {
    auto digits = TakeDigits(text, 2);
    if (!digits || *digits > 60) return std::nullopt;
    second = *digits;
    if (TakeChar(text, '.')) {
      while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
    }
  }
  return *hour * 3600 + *minute * 60 + second;
}

// "Z", "+hh:mm", "-hh:mm" or nothing, as seconds east of UTC; nullopt if anything else follows.
std::optional<int64_t> TakeZone(std::string_view text) {
  if (text.empty() || text == "Z") return 0;
  const bool west = text.front() == '-';
  if (!west && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  auto hour = TakeDigits(text, 2);
  TakeChar(text, ':');
  auto minute = TakeDigits(text, 2);
  if (!hour || !minute || !text.empty()) return std::nullopt;
  const int64_t seconds = *hour * 3600 + *minute * 60;
  return west ? -seconds : seconds;
}

template <typename Number>
std::string FormatAny(Number value) {
  if (std::isnan(value)) return "";
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end.ptr);
}

}  // namespace

bool IsMissing(std::string_view cell) {
  switch (cell.size()) {
    case 0:
      return true;
    case 2:
      return cell == "NA";
    case 3:
      return cell == "NaN" || cell == "nan";
    case 4:
      return cell == "null" || cell == "NULL" || cell == "None";
    default:
      return false;
  }
}

std::optional<double> ParseNumber(std::string_view cell) {
  cell = Trimmed(cell);
  if (!cell.empty() && cell.front() == '+') cell.remove_prefix(1);
  double value = 0;
  auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (result.ec != std::errc() || result.ptr != cell.data() + cell.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

std::optional<int64_t> ParseInteger(std::string_view cell) {
  cell = Trimmed(cell);
  int64_t value = 0;
  auto result = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (result.ec != std::errc() || result.ptr != cell.data() + cell.size()) return std::nullopt;
  return value;
}

std::string FormatNumber(double value) { return FormatAny(value); }
std::string FormatNumber(float value) { return FormatAny(value); }

std::optional<int64_t> ParseTimestamp(std::string_view cell) {
  cell = Trimmed(cell);
  auto year = TakeDigits(cell, 4);
  if (!year || !TakeChar(cell, '-')) return std::nullopt;
  auto month = TakeDigits(cell, 2);
  if (!month || !TakeChar(cell, '-')) return std::nullopt;
  auto day = TakeDigits(cell, 2);
  if (!day || *month < 1 || *month > 12 || *day < 1 || *day > 31) return std::nullopt;
  const int64_t midnight = base::DaysFromCivil(*year, *month, *day) * 86'400;
  if (cell.empty()) return midnight;
  if (!TakeChar(cell, 'T') && !TakeChar(cell, ' ')) return std::nullopt;
  auto clock = TakeClock(cell);
  if (!clock) return std::nullopt;
  auto zone = TakeZone(cell);
  if (!zone) return std::nullopt;
  return midnight + *clock - *zone;
}

CivilTime ToCivil(int64_t seconds) {
  const int64_t days = seconds >= 0 ? seconds / 86'400 : -((-seconds + 86'399) / 86'400);
  const int64_t in_day = seconds - days * 86'400;
  const base::CivilDate date = base::CivilFromDays(days);
  CivilTime civil;
  civil.year = static_cast<int>(date.year);
  civil.month = date.month;
  civil.day = date.day;
  civil.hour = static_cast<int>(in_day / 3600);
  civil.minute = static_cast<int>(in_day % 3600 / 60);
  civil.weekday = static_cast<int>(((days + 3) % 7 + 7) % 7);
  civil.day_of_year = static_cast<int>(days - base::DaysFromCivil(civil.year, 1, 1) + 1);
  return civil;
}

}  // namespace pawl::activities
