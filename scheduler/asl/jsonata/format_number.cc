#include "scheduler/asl/jsonata/format_number.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <vector>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/rounding.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

using Text = std::u32string;
using View = std::u32string_view;
constexpr size_t kNone = Text::npos;

// A sub-picture taken apart (F&O 4.7.3).
struct Parts {
  Text prefix;
  Text suffix;
  Text active;
  Text mantissa;
  std::optional<Text> exponent;
  Text integer;
  Text fraction;
  Text picture;
};

// What a sub-picture asks for (F&O 4.7.4).
struct Variables {
  std::vector<size_t> integer_grouping;  // from the right
  size_t regular_grouping = 0;
  size_t integer_min = 0;
  size_t scaling = 0;
  Text prefix;
  std::vector<size_t> fraction_grouping;
  size_t fraction_min = 0;
  size_t fraction_max = 0;
  size_t exponent_min = 0;
  Text suffix;
  Text picture;
};

bool Contains(View text, View part) { return text.find(part) != kNone; }
bool MoreThanOnce(View text, View part) { return text.find(part) != text.rfind(part); }

class Formatter {
 public:
  explicit Formatter(const NumberFormat& format)
      : format_(format), zero_(format.zero_digit.empty() ? U'0' : format.zero_digit[0]) {}

  std::string Run(double value, std::string_view picture) {
    std::vector<Variables> variables;
    for (const Text& sub_picture : SubPictures(ToUtf32(picture))) {
      Parts parts = Split(sub_picture);
      Validate(parts);
      variables.push_back(Analyse(parts));
    }
    if (variables.size() == 1) {
      variables.push_back(variables[0]);
      variables[1].prefix = format_.minus_sign + variables[1].prefix;
    }
    return FromUtf32(Format(value, value >= 0 ? variables[0] : variables[1]));
  }

 private:
  bool IsDigit(char32_t c) const { return c >= zero_ && c < zero_ + 10; }
  bool IsOptional(char32_t c) const { return format_.digit == View(&c, 1); }
  bool IsActive(char32_t c) const {
    View one(&c, 1);
    return IsDigit(c) || one == format_.decimal_separator || one == format_.exponent_separator ||
           one == format_.grouping_separator || one == format_.digit || one == format_.pattern_separator;
  }
  size_t Digits(View text) const {
    return static_cast<size_t>(std::count_if(text.begin(), text.end(), [this](char32_t c) { return IsDigit(c); }));
  }
  size_t AllDigits(View text) const {
    return static_cast<size_t>(
        std::count_if(text.begin(), text.end(), [this](char32_t c) { return IsDigit(c) || IsOptional(c); }));
  }

  std::vector<Text> SubPictures(const Text& picture) const {
    std::vector<Text> result;
    size_t at = 0;
    for (;;) {
      size_t end = format_.pattern_separator.empty() ? kNone : picture.find(format_.pattern_separator, at);
      result.push_back(picture.substr(at, end == kNone ? kNone : end - at));
      if (end == kNone) break;
      at = end + format_.pattern_separator.size();
    }
    if (result.size() > 2) throw Failure("D3080");
    return result;
  }

  Parts Split(const Text& picture) const {
    auto marks = [this](char32_t c) { return IsActive(c) && format_.exponent_separator != View(&c, 1); };
    Parts parts;
    parts.picture = picture;
    size_t begin = 0;
    size_t end = picture.size();
    while (begin < picture.size() && !marks(picture[begin])) ++begin;
    if (begin == picture.size()) {
      begin = 0;  // nothing active: neither prefix nor suffix
    } else {
      while (!marks(picture[end - 1])) --end;
    }
    parts.prefix = picture.substr(0, begin);
    parts.suffix = picture.substr(end);
    parts.active = picture.substr(begin, end - begin);
    size_t exponent = picture.find(format_.exponent_separator, begin);
    if (exponent == kNone || exponent > end) {
      parts.mantissa = parts.active;
    } else {
      parts.mantissa = parts.active.substr(0, exponent);
      parts.exponent = exponent + 1 < parts.active.size() ? parts.active.substr(exponent + 1) : Text();
    }
    size_t decimal = parts.mantissa.find(format_.decimal_separator);
    if (decimal == kNone) {
      parts.integer = parts.mantissa;
      parts.fraction = parts.suffix;
    } else {
      parts.integer = parts.mantissa.substr(0, decimal);
      parts.fraction = parts.mantissa.substr(decimal + 1);
    }
    return parts;
  }

  // F&O 4.7.3, in the order of the rules; of several the last one is reported.
  void Validate(const Parts& parts) const {
    const char* error = nullptr;
    const Text& picture = parts.picture;
    size_t decimal = picture.find(format_.decimal_separator);
    if (MoreThanOnce(picture, format_.decimal_separator)) error = "D3081";
    if (MoreThanOnce(picture, format_.percent)) error = "D3082";
    if (MoreThanOnce(picture, format_.per_mille)) error = "D3083";
    bool scaled = Contains(picture, format_.percent) || Contains(picture, format_.per_mille);
    if (Contains(picture, format_.percent) && Contains(picture, format_.per_mille)) error = "D3084";
    if (AllDigits(parts.mantissa) == 0) error = "D3085";
    for (char32_t c : parts.active) {
      if (!IsActive(c)) error = "D3086";
    }
    auto is_group = [&](size_t at) {
      return at < picture.size() && format_.grouping_separator == View(&picture[at], 1);
    };
    if (decimal != kNone) {
      if ((decimal > 0 && is_group(decimal - 1)) || is_group(decimal + 1)) error = "D3087";
    } else if (!parts.integer.empty() && format_.grouping_separator == View(&parts.integer.back(), 1)) {
      error = "D3088";
    }
    if (Contains(picture, format_.grouping_separator + format_.grouping_separator)) error = "D3089";
    size_t optional = parts.integer.find(format_.digit);
    if (optional != kNone && Digits(View(parts.integer).substr(0, optional)) > 0) error = "D3090";
    optional = parts.fraction.rfind(format_.digit);
    if (optional != kNone && Digits(View(parts.fraction).substr(optional)) > 0) error = "D3091";
    if (parts.exponent) {
      if (!parts.exponent->empty() && scaled) error = "D3092";
      if (parts.exponent->empty() || Digits(*parts.exponent) != parts.exponent->size()) error = "D3093";
    }
    if (error != nullptr) throw Failure(error);
  }

  // How many digits stand right of (or, `to_left`, left of) each separator. Positions behind the first one are looked
  // for in the integer part.
  std::vector<size_t> GroupingPositions(const Text& part, const Text& integer, bool to_left) const {
    std::vector<size_t> positions;
    if (format_.grouping_separator.empty()) return positions;
    for (size_t at = part.find(format_.grouping_separator); at != kNone;
         at = integer.find(format_.grouping_separator, at + 1)) {
      View text(part);
      if (at > text.size()) break;
      positions.push_back(AllDigits(to_left ? text.substr(0, at) : text.substr(at)));
    }
    return positions;
  }

  // The interval between separators where they repeat regularly, otherwise 0.
  static size_t RegularInterval(const std::vector<size_t>& positions) {
    if (positions.empty()) return 0;
    size_t factor = positions[0];
    for (size_t position : positions) factor = std::gcd(factor, position);
    for (size_t i = 1; i <= positions.size(); ++i) {
      if (std::find(positions.begin(), positions.end(), i * factor) == positions.end()) return 0;
    }
    return factor;
  }

  Variables Analyse(const Parts& parts) const {
    Variables result;
    result.integer_grouping = GroupingPositions(parts.integer, parts.integer, false);
    result.regular_grouping = RegularInterval(result.integer_grouping);
    result.fraction_grouping = GroupingPositions(parts.fraction, parts.integer, true);
    result.integer_min = Digits(parts.integer);
    result.scaling = result.integer_min;
    result.fraction_min = Digits(parts.fraction);
    result.fraction_max = AllDigits(parts.fraction);
    if (result.integer_min == 0 && result.fraction_max == 0) {
      if (parts.exponent) {
        result.fraction_min = 1;
        result.fraction_max = 1;
      } else {
        result.integer_min = 1;
      }
    }
    if (parts.exponent && result.integer_min == 0 && Contains(parts.integer, format_.digit)) result.integer_min = 1;
    if (result.integer_min == 0 && result.fraction_min == 0) result.fraction_min = 1;
    if (parts.exponent) result.exponent_min = Digits(*parts.exponent);
    result.prefix = parts.prefix;
    result.suffix = parts.suffix;
    result.picture = parts.picture;
    return result;
  }

  Text Digital(double value, int places) const {
    Text text;
    for (char c : ToFixed(std::fabs(value), places)) {
      text.push_back(c >= '0' && c <= '9' ? zero_ + static_cast<char32_t>(c - '0') : static_cast<char32_t>(c));
    }
    return text;
  }

  // F&O 4.7.5, rule by rule.
  Text Format(double value, const Variables& picture) const {
    if (Contains(picture.picture, format_.percent)) {
      value *= 100;
    } else if (Contains(picture.picture, format_.per_mille)) {
      value *= 1000;
    }
    double mantissa = value;
    int exponent = 0;
    if (picture.exponent_min > 0 && mantissa != 0 && std::isfinite(mantissa)) {
      double highest = std::pow(10, static_cast<double>(picture.scaling));
      double lowest = std::pow(10, static_cast<double>(picture.scaling) - 1);
      for (; std::fabs(mantissa) < lowest; --exponent) mantissa *= 10;
      for (; std::fabs(mantissa) > highest; ++exponent) mantissa /= 10;
    }
    auto places = static_cast<int>(std::min<size_t>(picture.fraction_max, 1000));
    Text text = Digital(RoundHalfEven(mantissa, places), places);
    size_t point = text.find(U'.');
    if (point == kNone) {
      text += format_.decimal_separator;
    } else {
      text.replace(point, 1, format_.decimal_separator);
    }
    text.erase(0, std::min(text.find_first_not_of(zero_), text.size()));
    while (!text.empty() && text.back() == zero_) text.pop_back();
    point = std::min(text.find(format_.decimal_separator), text.size());
    if (picture.integer_min > point) text.insert(0, picture.integer_min - point, zero_);
    point = std::min(text.find(format_.decimal_separator), text.size());
    size_t fraction = text.size() > point ? text.size() - point - 1 : 0;
    if (picture.fraction_min > fraction) text.append(picture.fraction_min - fraction, zero_);
    if (picture.regular_grouping > 0) {
      size_t groups = point == 0 ? 0 : (point - 1) / picture.regular_grouping;
      for (size_t group = 1; group <= groups; ++group) {
        text.insert(point - group * picture.regular_grouping, format_.grouping_separator);
      }
    } else {
      size_t end = point;
      for (size_t position : picture.integer_grouping) {
        text.insert(position <= end ? end - position : 0, format_.grouping_separator);
        ++end;
      }
    }
    point = std::min(text.find(format_.decimal_separator), text.size());
    for (size_t position : picture.fraction_grouping) {
      text.insert(std::min(position + point + 1, text.size()), format_.grouping_separator);
    }
    point = text.find(format_.decimal_separator);
    if (!text.empty() && (!Contains(picture.picture, format_.decimal_separator) || point == text.size() - 1)) {
      text.pop_back();
    }
    if (picture.exponent_min > 0) {
      Text digits = Digital(exponent, 0);
      if (digits.size() < picture.exponent_min) digits.insert(0, picture.exponent_min - digits.size(), zero_);
      text += format_.exponent_separator + (exponent < 0 ? format_.minus_sign : Text()) + digits;
    }
    return picture.prefix + text + picture.suffix;
  }

  const NumberFormat& format_;
  char32_t zero_;
};

}  // namespace

void NumberFormat::Set(std::string_view name, std::string_view value) {
  Text text = ToUtf32(value);
  if (name == "decimal-separator") decimal_separator = text;
  if (name == "grouping-separator") grouping_separator = text;
  if (name == "exponent-separator") exponent_separator = text;
  if (name == "minus-sign") minus_sign = text;
  if (name == "percent") percent = text;
  if (name == "per-mille") per_mille = text;
  if (name == "zero-digit") zero_digit = text;
  if (name == "digit") digit = text;
  if (name == "pattern-separator") pattern_separator = text;
}

std::string FormatNumber(double value, std::string_view picture, const NumberFormat& format) {
  return Formatter(format).Run(value, picture);
}

}  // namespace pawl::asl::jsonata
