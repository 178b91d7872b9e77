// Integers by pictures, for $formatInteger, $parseInteger and the parts of dates: decimal patterns ("#,##0", "001"),
// letters, Roman numerals and English words, cardinal or ordinal
// (https://www.w3.org/TR/xpath-functions-31/#formatting-integers).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pawl::asl::jsonata {

struct IntegerPicture {
  enum class Kind { kDecimal, kLetters, kRoman, kWords, kSequence };
  enum class Case { kUpper, kLower, kTitle };
  struct Separator {
    size_t position;  // digits to its right
    std::string character;
  };

  // Throws Failure D3131.
  explicit IntegerPicture(std::string_view picture);

  Kind kind = Kind::kDecimal;
  Case letter_case = Case::kLower;
  bool ordinal = false;
  std::string token;  // the picture of an unsupported numbering sequence
  char32_t zero = U'0';
  size_t mandatory_digits = 0;
  size_t optional_digits = 0;
  bool regular = false;  // one separator that repeats, the first of `separators`
  std::vector<Separator> separators;
  size_t parse_width = 0;  // exact number of digits when parsing, 0: any
};

// `value` is whole. Throws Failure D3130 for unsupported sequences.
std::string FormatInteger(double value, const IntegerPicture& picture);

// NaN where the text has no number. Throws Failure D3130.
double ParseIntegerText(std::string_view text, const IntegerPicture& picture);

// The regular expression (RE2 syntax, no groups) that a number of that picture matches. Throws Failure D3130.
std::string PatternOf(const IntegerPicture& picture);

}  // namespace pawl::asl::jsonata
