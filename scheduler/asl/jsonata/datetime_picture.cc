#include "scheduler/asl/jsonata/datetime_picture.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "scheduler/asl/jsonata/calendar.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/heap.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

constexpr double kDayMillis = 86400000;
constexpr std::u32string_view kIntegerComponents = U"YMDdFWwXxHhmsf";
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

// The presentation modifier that a component has by default; empty for unknown components.
std::string_view DefaultPresentation(char32_t component) {
  switch (component) {
    case 'Y':
    case 'M':
    case 'D':
    case 'd':
    case 'W':
    case 'w':
    case 'X':
    case 'x':
    case 'H':
    case 'h':
    case 'f':
      return "1";
    case 'F':
    case 'P':
    case 'C':
    case 'E':
      return "n";
    case 'm':
    case 's':
      return "01";
    case 'Z':
    case 'z':
      return "01:01";
    default:
      return "";
  }
}

std::optional<double> Width(std::u32string_view text) {
  if (text == U"*") return std::nullopt;
  double width = ParseInt(FromUtf32(text));
  return std::isnan(width) ? std::nullopt : std::optional(width);
}

DateTimePart Marker(const std::u32string& marker, bool legacy) {
  DateTimePart part;
  part.component = marker.empty() ? 0 : marker[0];
  std::u32string presentation = marker.empty() ? U"" : marker.substr(1);
  if (size_t comma = marker.rfind(U','); comma != std::u32string::npos && comma > 0) {
    std::u32string width = marker.substr(comma + 1);
    size_t dash = width.find(U'-');
    part.has_width = true;
    part.width_min = Width(width.substr(0, dash));
    if (dash != std::u32string::npos) part.width_max = Width(width.substr(dash + 1));
    presentation = marker.substr(1, comma - 1);
  }
  if (presentation.size() > 1 && std::u32string_view(U"atco").find(presentation.back()) != std::u32string::npos) {
    part.modifier = presentation.back();
    presentation.pop_back();
  }
  part.presentation = presentation.empty() ? std::string(DefaultPresentation(part.component)) : FromUtf32(presentation);
  if (part.presentation.empty()) {
    std::string component;
    if (part.component != 0) AppendCodePoint(part.component, component);
    throw Failure("D3132").Text(component);
  }
  if (part.presentation[0] == 'n') {
    part.names = DateTimePart::Names::kLower;
  } else if (part.presentation[0] == 'N') {
    bool title = part.presentation.size() > 1 && part.presentation[1] == 'n';
    part.names = title ? DateTimePart::Names::kTitle : DateTimePart::Names::kUpper;
  } else if (kIntegerComponents.find(part.component) != std::u32string::npos && part.component != 0) {
    std::string pattern = part.presentation;
    if (part.modifier != 0) pattern += std::string(";") + static_cast<char>(part.modifier);
    part.integer.emplace(pattern);
    IntegerPicture& integer = *part.integer;
    if (part.width_min && static_cast<double>(integer.mandatory_digits) < *part.width_min) {
      integer.mandatory_digits = static_cast<size_t>(std::min(*part.width_min, 1000.0));
    }
    if (part.component == 'Y' || (legacy && (part.component == 'M' || part.component == 'D'))) {
      if (part.width_max) {
        part.year_digits = *part.width_max;
        integer.mandatory_digits = static_cast<size_t>(std::clamp(*part.width_max, 0.0, 1000.0));
      } else if (size_t digits = integer.mandatory_digits + integer.optional_digits; digits >= 2) {
        part.year_digits = static_cast<double>(digits);
      }
    }
  }
  if (part.component == 'Z' || part.component == 'z') part.integer.emplace(part.presentation);
  return part;
}

void AddLiteral(const std::u32string& picture, size_t start, size_t end, std::vector<DateTimePart>& parts) {
  if (end <= start) return;
  std::u32string literal = picture.substr(start, end - start);
  for (size_t at = literal.find(U"]]"); at != std::u32string::npos; at = literal.find(U"]]", at + 1))
    literal.erase(at, 1);
  DateTimePart part;
  part.is_literal = true;
  part.literal = FromUtf32(literal);
  parts.push_back(std::move(part));
}

// The Monday that begins week 1: the week with the first Thursday of the year, or of the month.
double StartOfFirstWeek(double year, double month) {
  double first = DateUtc(year, month);
  double weekday = FieldsOf(first).weekday;
  if (weekday == 0) weekday = 7;
  return weekday > 4 ? first + (8 - weekday) * kDayMillis : first - (weekday - 1) * kDayMillis;
}

struct YearMonth {
  double year;
  double month;
  YearMonth Next() const { return month == 11 ? YearMonth{year + 1, 0} : YearMonth{year, month + 1}; }
  YearMonth Previous() const { return month == 0 ? YearMonth{year - 1, 11} : YearMonth{year, month - 1}; }
};

double WeeksBetween(double start, double end) { return (end - start) / (kDayMillis * 7) + 1; }

double WeekOf(double today, const YearMonth& current, const YearMonth& next, const YearMonth& previous, double most) {
  double week = WeeksBetween(StartOfFirstWeek(current.year, current.month), today);
  if (week > most) {
    if (today >= StartOfFirstWeek(next.year, next.month)) week = 1;
  } else if (week < 1) {
    week = WeeksBetween(StartOfFirstWeek(previous.year, previous.month), today);
  }
  return std::floor(week);
}

std::string FormatComponent(double millis, const DateTimePart& part, double offset_hours, double offset_minutes) {
  char32_t component = part.component;
  if (part.integer && component != 'Z' && component != 'z') {
    double value = DateTimeComponent(millis, component);
    if (component == 'Y' && part.year_digits != -1) value = std::fmod(value, std::pow(10, part.year_digits));
    return FormatInteger(value, *part.integer);
  }
  if (kIntegerComponents.find(component) != std::u32string::npos && component != 'f') {
    double value = DateTimeComponent(millis, component);
    std::string name;
    if (component == 'M' || component == 'x') {
      name = std::isnan(value) ? "undefined" : MonthName(static_cast<size_t>(value) - 1);
    } else if (component == 'F') {
      name = std::isnan(value) ? "undefined" : DayName(static_cast<size_t>(value) - 1);
    } else {
      std::string text;
      AppendCodePoint(component, text);
      throw Failure("D3133").Text(text);
    }
    if (part.names == DateTimePart::Names::kUpper) name = ToUpperCase(name);
    if (part.names == DateTimePart::Names::kLower) name = ToLowerCase(name);
    if (part.width_max && static_cast<double>(name.size()) > *part.width_max) {
      name.resize(static_cast<size_t>(std::max(0.0, *part.width_max)));
    }
    return name;
  }
  switch (component) {
    case 'f':
      return NumberToString(DateTimeComponent(millis, component));
    case 'P': {
      bool upper = part.names == DateTimePart::Names::kUpper;
      if (DateTimeComponent(millis, component) == 1) return upper ? "PM" : "pm";
      return upper ? "AM" : "am";
    }
    case 'C':
    case 'E':
      return "ISO";
    case 'Z':
    case 'z':
      break;
    default:
      return "undefined";
  }
  double offset = offset_hours * 100 + offset_minutes;
  std::string text;
  size_t digits = part.integer->mandatory_digits;
  if (part.integer->regular || digits == 3 || digits == 4) {
    text = FormatInteger(offset, *part.integer);
  } else if (digits == 1 || digits == 2) {
    text = FormatInteger(offset_hours, *part.integer);
    if (offset_minutes != 0) text += ":" + FormatInteger(offset_minutes, IntegerPicture("00"));
  } else {
    throw Failure("D3134").Json(std::to_string(digits));
  }
  if (offset >= 0) text = "+" + text;
  if (component == 'z') text = "GMT" + text;
  return offset == 0 && part.modifier == 't' ? "Z" : text;
}

}  // namespace

std::string_view MonthName(size_t index) { return index < kMonths.size() ? kMonths[index] : "undefined"; }
std::string_view DayName(size_t index) { return index < kDays.size() ? kDays[index] : "undefined"; }

std::vector<DateTimePart> AnalyseDateTimePicture(std::string_view text, bool legacy) {
  // What is made of a picture lies outside of the heap: a part for each bracket, at worst.
  const auto brackets = static_cast<size_t>(std::count(text.begin(), text.end(), '['));
  Heap::Current().Require(text.size() * sizeof(char32_t) + brackets * 2 * sizeof(DateTimePart));
  std::u32string picture = ToUtf32(text);
  std::vector<DateTimePart> parts;
  size_t start = 0;
  size_t at = 0;
  while (at < picture.size()) {
    if (picture[at] != U'[') {
      ++at;
      continue;
    }
    AddLiteral(picture, start, at, parts);
    if (at + 1 < picture.size() && picture[at + 1] == U'[') {  // a literal [
      DateTimePart bracket;
      bracket.is_literal = true;
      bracket.literal = "[";
      parts.push_back(std::move(bracket));
      at += 2;
      start = at;
      continue;
    }
    size_t end = picture.find(U']', at);
    if (end == std::u32string::npos) throw Failure("D3135");
    std::u32string marker;
    for (char32_t c : picture.substr(at + 1, end - at - 1)) {
      if (c != U' ' && !(c >= U'\t' && c <= U'\r') && c != 0xA0) marker.push_back(c);
    }
    DateTimePart part = Marker(marker, legacy);
    // Two integers without anything between: the first has exactly its width when parsing.
    bool integer = part.integer && part.component != 'Z' && part.component != 'z';
    if (integer && !legacy && !parts.empty() && parts.back().integer) {
      parts.back().integer->parse_width = parts.back().integer->mandatory_digits;
    }
    parts.push_back(std::move(part));
    at = end + 1;
    start = at;
  }
  AddLiteral(picture, start, at, parts);
  return parts;
}

double DateTimeComponent(double millis, char32_t component) {
  DateFields fields = FieldsOf(millis);
  double today = DateUtc(fields.year, fields.month, fields.day);
  YearMonth year{fields.year, 0};
  YearMonth month{fields.year, fields.month};
  switch (component) {
    case 'Y':
      return fields.year;
    case 'M':
      return fields.month + 1;
    case 'D':
      return fields.day;
    case 'd':
      return (today - DateUtc(fields.year, 0)) / kDayMillis + 1;
    case 'F':
      return fields.weekday == 0 ? 7 : fields.weekday;
    case 'W':
      return WeekOf(today, year, {fields.year + 1, 0}, {fields.year - 1, 0}, 52);
    case 'w':
      return WeekOf(today, month, month.Next(), month.Previous(), 4);
    case 'X':  // the year that the week belongs to
      if (millis < StartOfFirstWeek(fields.year, 0)) return fields.year - 1;
      return millis >= StartOfFirstWeek(fields.year + 1, 0) ? fields.year + 1 : fields.year;
    case 'x': {  // the month that the week belongs to
      YearMonth next = month.Next();
      if (millis < StartOfFirstWeek(month.year, month.month)) return month.Previous().month + 1;
      return millis >= StartOfFirstWeek(next.year, next.month) ? next.month + 1 : fields.month + 1;
    }
    case 'H':
      return fields.hour;
    case 'h':
      return std::fmod(fields.hour, 12) == 0 ? 12 : std::fmod(fields.hour, 12);
    case 'P':
      return fields.hour >= 12 ? 1 : 0;
    case 'm':
      return fields.minute;
    case 's':
      return fields.second;
    case 'f':
      return fields.millisecond;
    default:
      return 0;
  }
}

std::string FormatDateTime(double millis, std::optional<std::string_view> picture,
                           std::optional<std::string_view> timezone, bool legacy) {
  double offset_hours = 0;
  double offset_minutes = 0;
  if (timezone) {
    double offset = ParseInt(*timezone);
    offset_hours = std::floor(offset / 100);
    offset_minutes = std::fmod(offset, 100);
  }
  double local = millis + (60 * offset_hours + offset_minutes) * 60 * 1000;
  std::string result;
  std::string_view wanted = picture.value_or("[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]");
  for (const DateTimePart& part : AnalyseDateTimePicture(wanted, legacy)) {
    result += part.is_literal ? part.literal : FormatComponent(local, part, offset_hours, offset_minutes);
  }
  return result;
}

}  // namespace pawl::asl::jsonata
