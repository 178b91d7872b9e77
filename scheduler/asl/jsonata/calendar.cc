#include "scheduler/asl/jsonata/calendar.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include "shared/base/civil_time.h"

namespace pawl::asl::jsonata {
namespace {

constexpr double kDayMillis = 86400000;  // 24 h
constexpr double kMillisMax = 8.64e15;   // https://tc39.es/ecma262/#sec-timeclip
const double kNaN = std::numeric_limits<double>::quiet_NaN();

double Clip(double millis) { return std::fabs(millis) <= kMillisMax ? std::trunc(millis) + 0.0 : kNaN; }

// Reads exactly `count` digits at `at`, or -1.
int Digits(std::string_view text, size_t at, size_t count) {
  if (at + count > text.size()) return -1;
  int value = 0;
  for (size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  return value;
}

}  // namespace

double DateUtc(double year, double month, double day, double hour, double minute, double second, double millisecond) {
  for (double part : {year, month, day, hour, minute, second, millisecond}) {
    if (!std::isfinite(part)) return kNaN;
  }
  year = std::trunc(year);
  month = std::trunc(month);
  if (year >= 0 && year <= 99) year += 1900;
  year += std::floor(month / 12);
  month -= std::floor(month / 12) * 12;
  if (std::fabs(year) > 400000) return kNaN;
  double days = static_cast<double>(base::DaysFromCivil(static_cast<int64_t>(year), static_cast<int>(month) + 1, 1)) +
                std::trunc(day) - 1;
  return Clip(days * kDayMillis + std::trunc(hour) * 3600000 + std::trunc(minute) * 60000 + std::trunc(second) * 1000 +
              std::trunc(millisecond));
}

DateFields FieldsOf(double millis) {
  millis = Clip(millis);
  if (std::isnan(millis)) return {kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN, kNaN};
  double days = std::floor(millis / kDayMillis);
  double in_day = millis - days * kDayMillis;
  const base::CivilDate date = base::CivilFromDays(static_cast<int64_t>(days));
  double weekday = std::fmod(days + 4, 7);
  if (weekday < 0) weekday += 7;
  return {static_cast<double>(date.year),
          static_cast<double>(date.month - 1),
          static_cast<double>(date.day),
          weekday,
          std::floor(in_day / 3600000),
          std::fmod(std::floor(in_day / 60000), 60),
          std::fmod(std::floor(in_day / 1000), 60),
          std::fmod(in_day, 1000)};
}

bool ParseIso8601(std::string_view text, double& millis) {
  int year = Digits(text, 0, 4);
  if (year < 0) return false;
  size_t at = 4;
  int month = 1;
  int day = 1;
  auto part = [&](int& value) {
    if (at >= text.size() || text[at] != '-') return true;
    int digits = Digits(text, at + 1, 2);
    if (digits < 0) return true;
    // What follows may be an offset (-0500, -05:00) instead.
    bool offset = Digits(text, at + 1, 4) >= 0 || (at + 3 < text.size() && text[at + 3] == ':');
    if (offset) return true;
    value = digits;
    at += 3;
    return true;
  };
  part(month);
  if (at > 4) part(day);
  int hour = 0;
  int minute = 0;
  int second = 0;
  double fraction = 0;
  if (at < text.size() && text[at] == 'T') {
    hour = Digits(text, at + 1, 2);
    minute = Digits(text, at + 4, 2);
    second = Digits(text, at + 7, 2);
    if (hour < 0 || minute < 0 || second < 0 || text[at + 3] != ':' || text[at + 6] != ':') return false;
    at += 9;
  }
  if (at < text.size() && text[at] == '.') {
    size_t begin = ++at;
    double scale = 100;
    for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at, scale /= 10) {
      if (at < begin + 3) fraction += (text[at] - '0') * scale;
    }
    if (at == begin) return false;
  }
  double offset = 0;
  if (at < text.size() && (text[at] == '+' || text[at] == '-')) {
    int hours = Digits(text, at + 1, 2);
    size_t colon = at + 3 < text.size() && text[at + 3] == ':' ? 1 : 0;
    int minutes = Digits(text, at + 3 + colon, 2);
    if (hours < 0 || hours > 29 || minutes < 0 || minutes > 59) return false;
    offset = (text[at] == '-' ? -1 : 1) * (hours * 60 + minutes);
    at += 5 + colon;
  } else if (at < text.size() && text[at] == 'Z') {
    ++at;
  }
  if (at != text.size() || month > 19 || day > 39 || hour > 29 || minute > 59 || second > 59) return false;
  bool valid =
      month >= 1 && month <= 12 && day >= 1 && day <= 31 && (hour < 24 || (hour == 24 && minute == 0 && second == 0));
  double days = static_cast<double>(base::DaysFromCivil(year, month, 1)) + day - 1;
  millis =
      valid
          ? Clip(days * kDayMillis + hour * 3600000.0 + minute * 60000.0 + second * 1000.0 + fraction - offset * 60000)
          : kNaN;
  return true;
}

}  // namespace pawl::asl::jsonata
