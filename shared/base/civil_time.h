// Dates and times of day: the proleptic Gregorian calendar in UTC. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "shared/base/clock.h"

namespace pawl::base {

struct CivilDate {
  int64_t year = 1970;
  int month = 1;  // from 1
  int day = 1;    // from 1
};

// Days since 1970-01-01. Months are 1 to 12; days may lie outside of their month and count on. Any year that an int64_t
// of days can hold, unlike std::chrono::year.
int64_t DaysFromCivil(int64_t year, int month, int64_t day);
CivilDate CivilFromDays(int64_t days);
// Whether the month has that day in that year.
bool IsCivilDate(int64_t year, int month, int day);

// "2024-03-05T09:30:15.123Z", as AWS writes times in the context object.
std::string FormatIso8601(WallTime time);

}  // namespace pawl::base
