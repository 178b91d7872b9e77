#include "scheduler/asl/jsonata/integer_picture.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/number_words.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// The zeros of the decimal digit groups of the Basic Multilingual Plane (Unicode, general category Nd).
constexpr std::array<char32_t, 37> kZeros = {
    0x30,   0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66,
    0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80, 0x1A90, 0x1B50,
    0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0, 0xFF10};

// The zero of the group that `c` belongs to, or 0.
char32_t ZeroOf(char32_t c) {
  for (char32_t zero : kZeros) {
    if (c >= zero && c <= zero + 9) return zero;
  }
  return 0;
}

// The interval of separators that are one character and repeat regularly, otherwise 0.
size_t RegularInterval(const std::vector<IntegerPicture::Separator>& separators) {
  if (separators.empty()) return 0;
  size_t factor = separators[0].position;
  for (const auto& separator : separators) {
    if (separator.character != separators[0].character) return 0;
    factor = std::gcd(factor, separator.position);
  }
  for (size_t i = 1; i <= separators.size(); ++i) {
    auto at = [&](const IntegerPicture::Separator& separator) { return separator.position == i * factor; };
    if (std::none_of(separators.begin(), separators.end(), at)) return 0;
  }
  return factor;
}

std::string OrdinalSuffix(std::u32string_view digits) {
  char32_t last = digits.empty() ? U'0' : digits.back();
  bool teen = digits.size() > 1 && digits[digits.size() - 2] == U'1';
  if (teen) return "th";
  if (last == U'1') return "st";
  if (last == U'2') return "nd";
  return last == U'3' ? "rd" : "th";
}

[[noreturn]] void RefuseSequence(const IntegerPicture& picture) { throw Failure("D3130").Text(picture.token); }

std::string FormatDecimal(double value, const IntegerPicture& picture) {
  std::u32string digits = ToUtf32(NumberToString(value));
  constexpr size_t kDigitsMax = 10000;  // Pawl's own bound: a picture of millions of digits asks for memory alone
  size_t wanted = std::min(picture.mandatory_digits, kDigitsMax);
  if (digits.size() < wanted) digits.insert(0, wanted - digits.size(), U'0');
  if (picture.zero != U'0') {
    for (char32_t& digit : digits) digit = digit + picture.zero - U'0';
  }
  if (picture.regular) {
    size_t interval = picture.separators[0].position;
    std::u32string separator = ToUtf32(picture.separators[0].character);
    size_t count = (digits.size() - 1) / interval;
    for (size_t i = count; i > 0; --i) digits.insert(digits.size() - i * interval, separator);
  } else {
    for (auto separator = picture.separators.rbegin(); separator != picture.separators.rend(); ++separator) {
      // Beyond the digits JavaScript's substr counts from the end, which loses what stands before.
      if (digits.size() < separator->position) {
        digits.erase(0, digits.size() - std::min(digits.size(), separator->position - digits.size()));
        digits.insert(0, ToUtf32(separator->character));
      } else {
        digits.insert(digits.size() - separator->position, ToUtf32(separator->character));
      }
    }
  }
  std::string text = FromUtf32(digits);
  return picture.ordinal ? text + OrdinalSuffix(digits) : text;
}

}  // namespace

IntegerPicture::IntegerPicture(std::string_view picture) {
  size_t semicolon = picture.rfind(';');
  if (semicolon != std::string_view::npos) ordinal = picture.substr(semicolon + 1).starts_with('o');
  std::string_view primary = picture.substr(0, semicolon);
  if (primary == "A" || primary == "I" || primary == "W") letter_case = Case::kUpper;
  if (primary == "Ww") letter_case = Case::kTitle;
  if (primary == "A" || primary == "a") {
    kind = Kind::kLetters;
  } else if (primary == "I" || primary == "i") {
    kind = Kind::kRoman;
  } else if (primary == "W" || primary == "w" || primary == "Ww") {
    kind = Kind::kWords;
  }
  if (kind != Kind::kDecimal) return;
  std::u32string points = ToUtf32(primary);
  std::reverse(points.begin(), points.end());
  char32_t group = 0;
  size_t position = 0;
  for (char32_t c : points) {
    if (char32_t this_group = ZeroOf(c)) {
      if (group != 0 && group != this_group) throw Failure("D3131");
      group = this_group;
      ++mandatory_digits;
      ++position;
    } else if (c == U'#') {
      ++optional_digits;
      ++position;
    } else {
      std::string character;
      AppendCodePoint(c, character);
      separators.push_back({position, character});
    }
  }
  if (mandatory_digits == 0) {
    kind = Kind::kSequence;
    token = std::string(primary);
    return;
  }
  zero = group;
  if (size_t interval = RegularInterval(separators); interval > 0) {
    regular = true;
    separators = {{interval, separators[0].character}};
  }
}

std::string FormatInteger(double value, const IntegerPicture& picture) {
  bool negative = value < 0;
  double magnitude = std::fabs(value);
  std::string text;
  switch (picture.kind) {
    case IntegerPicture::Kind::kLetters:
      text = NumberToLetters(magnitude, picture.letter_case == IntegerPicture::Case::kUpper ? 'A' : 'a');
      break;
    case IntegerPicture::Kind::kRoman:
      text = NumberToRoman(magnitude);
      break;
    case IntegerPicture::Kind::kWords:
      text = NumberToWords(magnitude, picture.ordinal);
      break;
    case IntegerPicture::Kind::kDecimal:
      text = FormatDecimal(magnitude, picture);
      break;
    case IntegerPicture::Kind::kSequence:
      RefuseSequence(picture);
  }
  bool cased = picture.kind == IntegerPicture::Kind::kRoman || picture.kind == IntegerPicture::Kind::kWords;
  if (cased && picture.letter_case == IntegerPicture::Case::kUpper) text = ToUpperCase(text);
  if (cased && picture.letter_case == IntegerPicture::Case::kLower) text = ToLowerCase(text);
  return negative ? "-" + text : text;
}

double ParseIntegerText(std::string_view text, const IntegerPicture& picture) {
  bool upper = picture.letter_case == IntegerPicture::Case::kUpper;
  switch (picture.kind) {
    case IntegerPicture::Kind::kLetters:
      return LettersToNumber(text, upper ? 'A' : 'a');
    case IntegerPicture::Kind::kRoman:
      return RomanToNumber(upper ? std::string(text) : ToUpperCase(text));
    case IntegerPicture::Kind::kWords:
      return WordsToNumber(ToLowerCase(text));
    case IntegerPicture::Kind::kSequence:
      RefuseSequence(picture);
    case IntegerPicture::Kind::kDecimal:
      break;
  }
  if (picture.ordinal) text.remove_suffix(std::min<size_t>(2, text.size()));
  std::string digits(text);
  auto remove = [&digits](std::string_view part) {
    for (size_t at = digits.find(part); at != std::string::npos; at = digits.find(part, at))
      digits.erase(at, part.size());
  };
  if (picture.regular) {
    remove(",");
  } else {
    for (const auto& separator : picture.separators) remove(separator.character);
  }
  if (picture.zero != U'0') {
    std::string plain;
    for (char32_t c : ToUtf32(digits)) {
      AppendCodePoint(c >= picture.zero && c < picture.zero + 10 ? c - picture.zero + U'0' : U'?', plain);
    }
    digits = plain;
  }
  return ParseInt(digits);
}

std::string PatternOf(const IntegerPicture& picture) {
  bool upper = picture.letter_case == IntegerPicture::Case::kUpper;
  switch (picture.kind) {
    case IntegerPicture::Kind::kLetters:
      return upper ? "[A-Z]+" : "[a-z]+";
    case IntegerPicture::Kind::kRoman:
      return upper ? "[MDCLXVI]+" : "[mdclxvi]+";
    case IntegerPicture::Kind::kWords:
      return WordsPattern();
    case IntegerPicture::Kind::kSequence:
      RefuseSequence(picture);
    case IntegerPicture::Kind::kDecimal:
      break;
  }
  std::string pattern = "[0-9]";
  pattern += picture.parse_width > 0 ? "{" + std::to_string(picture.parse_width) + "}" : "+";
  return picture.ordinal ? pattern + "(?:th|st|nd|rd)" : pattern;
}

}  // namespace pawl::asl::jsonata
