// Numbers, missing values and timestamps as they stand in table cells. Independent of the locale.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pawl::activities {

// Empty, NA, NaN, nan, null, NULL, None: no value.
bool IsMissing(std::string_view cell);

// The whole cell must be a finite number (surrounding spaces allowed).
std::optional<double> ParseNumber(std::string_view cell);
std::optional<int64_t> ParseInteger(std::string_view cell);

// The shortest text that reads back as the same number; "" for NaN.
std::string FormatNumber(double value);
std::string FormatNumber(float value);

// Seconds since 1970 UTC of an ISO 8601 date or date-time ("2013-01-31", "2013-01-31T05:00:00Z",
// "2013-01-31 05:00:00-05:00"; without a zone: UTC).
std::optional<int64_t> ParseTimestamp(std::string_view cell);

// The calendar of a timestamp, in UTC.
struct CivilTime {
  int year = 1970;
  int month = 1;
  int day = 1;
  int hour = 0;
  int minute = 0;
  int weekday = 3;  // 0 is Monday
  int day_of_year = 1;
};
CivilTime ToCivil(int64_t seconds);

}  // namespace pawl::activities
