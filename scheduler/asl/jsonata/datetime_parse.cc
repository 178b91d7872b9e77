// Reading dates and times by pictures.

#include <re2/re2.h>

#include <array>
#include <cmath>
#include <limits>
#include <map>

#include "scheduler/asl/jsonata/calendar.h"
#include "scheduler/asl/jsonata/datetime_picture.h"
#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

using Components = std::map<char32_t, double>;  // a component that is absent was not given

std::string QuoteMeta(std::string_view text) { return re2::RE2::QuoteMeta(re2::StringPiece(text.data(), text.size())); }

// The regular expression of one part, without groups.
std::string PatternOfPart(const DateTimePart& part, bool legacy) {
  if (part.is_literal) return QuoteMeta(part.literal);
  if (part.component == 'Z' || part.component == 'z') {
    std::string pattern = part.component == 'z' ? "GMT[-+][0-9]+" : "[-+][0-9]+";
    if (part.integer->regular) pattern += QuoteMeta(part.integer->separators[0].character) + "[0-9]+";
    return pattern;
  }
  if (part.component == 'f' && !legacy) return "[0-9]+";
  if (!part.integer) {
    bool named = part.component == 'M' || part.component == 'x' || part.component == 'F' || part.component == 'P';
    std::string component;
    AppendCodePoint(part.component, component);
    if (!named) throw Failure("D3133").Text(component);
    return "[a-zA-Z]+";
  }
  if (legacy && part.integer->kind == IntegerPicture::Kind::kDecimal && part.year_digits > 0 &&
      part.year_digits < 1000) {
    auto most = static_cast<size_t>(part.year_digits);
    size_t optional = std::min(part.integer->optional_digits, most);
    std::string pattern =
        "[0-9]{" + (optional > 0 ? std::to_string(most - optional) + "," : "") + std::to_string(most) + "}";
    return part.integer->ordinal ? pattern + "(?:th|st|nd|rd)" : pattern;
  }
  return PatternOf(*part.integer);
}

// Minutes east of Greenwich.
double ParseOffset(std::string_view text, const DateTimePart& part) {
  if (part.component == 'z') text.remove_prefix(3);
  if (part.integer->regular) {
    const std::string& separator = part.integer->separators[0].character;
    size_t at = text.find(separator);
    return ParseInt(text.substr(0, at)) * 60 + ParseInt(text.substr(at + separator.size()));
  }
  if (text.size() <= 3) return ParseInt(text) * 60;
  return ParseInt(text.substr(0, 3)) * 60 + ParseInt(text.substr(3));
}

// Nothing where a name is not known.
std::optional<double> ParseName(std::string_view text, const DateTimePart& part) {
  if (part.component == 'P') {
    if (text == "am" || text == "AM") return 0;
    if (text == "pm" || text == "PM") return 1;
    return std::nullopt;
  }
  bool month = part.component != 'F';
  for (size_t i = 0; i < (month ? 12u : 7u); ++i) {
    std::string_view name = month ? MonthName(i) : DayName(i);
    if (part.width_max && *part.width_max > 0)
      name = name.substr(0, static_cast<size_t>(std::min(*part.width_max, 20.0)));
    if (name == text) return static_cast<double>(i + 1);
  }
  return std::nullopt;
}

std::optional<double> ParsePart(std::string_view text, const DateTimePart& part, bool legacy) {
  if (part.component == 'Z' || part.component == 'z') return ParseOffset(text, part);
  if (part.component == 'f' && !legacy)
    return std::strtod(("0." + std::string(text.substr(0, 3))).c_str(), nullptr) * 1000;
  if (part.integer) return ParseIntegerText(text, *part.integer);
  return ParseName(text, part);
}

// Which of `letters` are given and neither zero nor NaN, as bits, the first letter highest.
unsigned MaskOf(const Components& components, std::u32string_view letters) {
  unsigned mask = 0;
  for (char32_t letter : letters) {
    auto found = components.find(letter);
    bool given = found != components.end() && found->second != 0 && !std::isnan(found->second);
    mask = mask * 2 + (given ? 1 : 0);
  }
  return mask;
}

// At least one of the type's components is given, and none beside them.
bool IsType(unsigned mask, unsigned type) { return (~type & mask) == 0 && (type & mask) != 0; }

}  // namespace

// The date comes as Y M D, as Y and d (day in year), or by weeks (X W F, or X x w F), the time as H m s f or P h m s f.
// Of the parts, those before the most significant one given are taken from now, those behind the least significant one
// are zero; a gap between is an error.
std::optional<double> ParseDateTime(std::string_view text, std::string_view picture, double now, bool legacy) {
  std::vector<DateTimePart> parts = AnalyseDateTimePicture(picture, legacy);
  std::string pattern = "(?i)^";
  for (const DateTimePart& part : parts) pattern += "(" + PatternOfPart(part, legacy) + ")";
  pattern += "$";
  re2::RE2::Options options;
  options.set_log_errors(false);
  re2::RE2 expression(pattern, options);
  if (!expression.ok()) return std::nullopt;
  std::vector<re2::StringPiece> matched(parts.size() + 1);
  re2::StringPiece subject(text.data(), text.size());
  if (!expression.Match(subject, 0, text.size(), re2::RE2::ANCHOR_BOTH, matched.data(),
                        static_cast<int>(matched.size()))) {
    return std::nullopt;
  }
  Components given;
  bool any = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i].is_literal) continue;
    any = true;
    std::string_view piece(matched[i + 1].data(), matched[i + 1].size());
    std::optional<double> value = ParsePart(piece, parts[i], legacy);
    if (value) {
      given[parts[i].component] = *value;
    } else {
      given.erase(parts[i].component);
    }
  }
  if (!any) return std::nullopt;
  // Bits of the types: YXMxWwdD and PHhmsf.
  unsigned date_mask = MaskOf(given, U"YXMxWwdD");
  bool date_ymd = IsType(date_mask, 0b10100001);
  bool date_day_of_year = !date_ymd && IsType(date_mask, 0b10000010);
  bool date_month_week = IsType(date_mask, 0b01010100);
  bool date_week = !date_month_week && IsType(date_mask, 0b01001000);
  unsigned time_mask = MaskOf(given, U"PHhmsf");
  bool time_24 = IsType(time_mask, 0b010111);
  bool time_12 = !time_24 && IsType(time_mask, 0b101111);
  std::u32string sequence = date_day_of_year ? U"YD" : date_month_week ? U"XxwF" : date_week ? U"XWF" : U"YMD";
  sequence += time_12 ? U"Phmsf" : U"Hmsf";
  bool started = false;
  bool ended = false;
  for (char32_t component : sequence) {
    if (given.contains(component)) {
      started = true;
      if (ended) throw Failure("D3136");
    } else if (started) {
      given[component] = component == 'M' || component == 'D' ? 1 : 0;
      ended = true;
    } else {
      given[component] = component == 'P' ? 0 : DateTimeComponent(now, component);
    }
  }
  auto value = [&given](char32_t component) {
    auto found = given.find(component);
    return found == given.end() ? std::numeric_limits<double>::quiet_NaN() : found->second;
  };
  double month = value('M') > 0 ? value('M') - 1 : 0;
  double day = value('D');
  if (date_day_of_year) {
    DateFields derived = FieldsOf(DateUtc(value('Y'), 0) + (value('d') - 1) * 86400000);
    month = derived.month;
    day = derived.day;
  }
  if (date_month_week || date_week) throw Failure("D3136");  // weeks are not supported when parsing
  double hour = value('H');
  if (time_12) {
    hour = value('h') == 12 ? 0 : value('h');
    if (value('P') == 1) hour += 12;
  }
  double millis = DateUtc(value('Y'), month, day, hour, value('m'), value('s'), value('f'));
  for (char32_t zone : {U'Z', U'z'}) {
    if (given.contains(zone) && given[zone] != 0) {
      millis -= given[zone] * 60 * 1000;
      break;
    }
  }
  return millis;
}

}  // namespace pawl::asl::jsonata
