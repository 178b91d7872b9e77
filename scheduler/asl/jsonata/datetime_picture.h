// Dates and times by pictures such as "[Y0001]-[M01]-[D01]"
// (https://www.w3.org/TR/xpath-functions-31/#rules-for-datetime-formatting).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/jsonata/integer_picture.h"

namespace pawl::asl::jsonata {

struct DateTimePart {
  enum class Names { kNone, kLower, kUpper, kTitle };
  bool is_literal = false;
  std::string literal;
  char32_t component = 0;
  std::optional<double> width_min;
  std::optional<double> width_max;
  bool has_width = false;
  std::string presentation;
  char32_t modifier = 0;  // second presentation modifier: a, t, c or o
  Names names = Names::kNone;
  std::optional<IntegerPicture> integer;
  double year_digits = -1;
};

// `legacy`: as the language's version 2.0.6, which gave months and days a parsing width too. Throws Failure D3131 to
// D3135.
std::vector<DateTimePart> AnalyseDateTimePicture(std::string_view picture, bool legacy);

// A component of a moment, as a number (P: 1 for pm).
double DateTimeComponent(double millis, char32_t component);

// $fromMillis. `timezone` as in "+0530". Throws Failure D3130, D3133, D3134.
std::string FormatDateTime(double millis, std::optional<std::string_view> picture,
                           std::optional<std::string_view> timezone, bool legacy);

// $toMillis with a picture: nothing where the text does not match. Parts more significant than those given come from
// `now`. Throws Failure D3133, D3136. datetime_parse.cc.
std::optional<double> ParseDateTime(std::string_view text, std::string_view picture, double now, bool legacy);

// English names; months from January, days from Monday.
std::string_view MonthName(size_t index);
std::string_view DayName(size_t index);

}  // namespace pawl::asl::jsonata
