#include "shared/base/civil_time.h"

#include <cstdio>

namespace pawl::base {
namespace {

// Years are counted from March, so that the leap day is the last, in eras of 400 years that all have the same length
// (the calendar algorithms that Howard Hinnant describes in "chrono-Compatible Low-Level Date Algorithms").
constexpr int64_t kDaysOfEra = 146'097;
constexpr int64_t kDaysBefore1970 = 719'468;  // from 0000-03-01

constexpr int64_t FloorDivide(int64_t value, int64_t by) { return (value >= 0 ? value : value - by + 1) / by; }

}  // namespace

int64_t DaysFromCivil(int64_t year, int month, int64_t day) {
  if (month <= 2) --year;
  const int64_t era = FloorDivide(year, 400);
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  return era * kDaysOfEra + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - kDaysBefore1970;
}

CivilDate CivilFromDays(int64_t days) {
  days += kDaysBefore1970;
  const int64_t era = FloorDivide(days, kDaysOfEra);
  const int64_t day_of_era = days - era * kDaysOfEra;
  const int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const int64_t month = (5 * day_of_year + 2) / 153;  // from March
  CivilDate date;
  date.day = static_cast<int>(day_of_year - (153 * month + 2) / 5 + 1);
  date.month = static_cast<int>(month < 10 ? month + 3 : month - 9);
  date.year = year_of_era + era * 400 + (date.month <= 2 ? 1 : 0);
  return date;
}

bool IsCivilDate(int64_t year, int month, int day) {
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const CivilDate date = CivilFromDays(DaysFromCivil(year, month, day));
  return date.month == month && date.day == day;
}

std::string FormatIso8601(WallTime time) {
  constexpr int64_t kDayMillis = 86'400'000;
  const int64_t millis = time.time_since_epoch().count();
  const int64_t days = FloorDivide(millis, kDayMillis);
  const auto of_day = static_cast<int>(millis - days * kDayMillis);
  const CivilDate date = CivilFromDays(days);
  char text[64];
  std::snprintf(text, sizeof text, "%04lld-%02d-%02dT%02d:%02d:%02d.%03dZ", static_cast<long long>(date.year),
                date.month, date.day, of_day / 3'600'000, of_day / 60'000 % 60, of_day / 1'000 % 60, of_day % 1'000);
  return text;
}

}  // namespace pawl::base
