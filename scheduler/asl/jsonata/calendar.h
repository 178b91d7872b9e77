// The proleptic Gregorian calendar as ECMAScript's Date computes it, in UTC, on doubles: NaN is an invalid date.
#pragma once

#include <string_view>

namespace pawl::asl::jsonata {

// Date.UTC: milliseconds since 1970; years 0 to 99 mean 1900 to 1999; months from 0, out-of-range parts carry over.
double DateUtc(double year, double month, double day = 1, double hour = 0, double minute = 0, double second = 0,
               double millisecond = 0);

struct DateFields {
  double year;
  double month;  // from 0
  double day;
  double weekday;  // 0 is Sunday
  double hour;
  double minute;
  double second;
  double millisecond;
};
// All NaN for NaN and beyond ECMAScript's range.
DateFields FieldsOf(double millis);

// Date.parse of the ISO 8601 forms that $toMillis admits: YYYY[-MM[-DD]][THH:MM:SS][.f][Z|+HH:MM|+HHMM]. Without an
// offset UTC is meant. False where the text has not that form.
bool ParseIso8601(std::string_view text, double& millis);

}  // namespace pawl::asl::jsonata
