// Numbers as English words, letters and Roman numerals.
#pragma once

#include <string>
#include <string_view>

namespace pawl::asl::jsonata {

// Words in title case: "One Hundred and Twenty-Three". `value` is whole and not negative.
std::string NumberToWords(double value, bool ordinal);
// `text` in lower case; NaN where a word is none of the known.
double WordsToNumber(std::string_view text);
// The words that WordsToNumber knows, as alternatives of a regular expression.
std::string WordsPattern();

std::string NumberToRoman(double value);      // lower case
double RomanToNumber(std::string_view text);  // upper case
std::string NumberToLetters(double value, char first);
double LettersToNumber(std::string_view text, char first);

}  // namespace pawl::asl::jsonata
