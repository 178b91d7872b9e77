#include "scheduler/asl/jsonata/number_words.h"

#include <array>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <vector>

#include "scheduler/asl/jsonata/error.h"

namespace pawl::asl::jsonata {
namespace {

constexpr std::array<const char*, 20> kFew = {
    "Zero", "One",    "Two",    "Three",    "Four",     "Five",    "Six",     "Seven",     "Eight",    "Nine",
    "Ten",  "Eleven", "Twelve", "Thirteen", "Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen"};
constexpr std::array<const char*, 20> kOrdinals = {"Zeroth",    "First",     "Second",      "Third",      "Fourth",
                                                   "Fifth",     "Sixth",     "Seventh",     "Eighth",     "Ninth",
                                                   "Tenth",     "Eleventh",  "Twelfth",     "Thirteenth", "Fourteenth",
                                                   "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth"};
constexpr std::array<const char*, 9> kDecades = {"Twenty",  "Thirty", "Forty",  "Fifty",  "Sixty",
                                                 "Seventy", "Eighty", "Ninety", "Hundred"};
constexpr std::array<const char*, 4> kMagnitudes = {"Thousand", "Million", "Billion", "Trillion"};

std::string Lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

// `continued`: other words stand before.
std::string Words(double number, bool continued, bool ordinal) {
  auto small = static_cast<size_t>(number < 1000 ? number : 0);
  if (number <= 19) return std::string(continued ? " and " : "") + (ordinal ? kOrdinals[small] : kFew[small]);
  if (number < 100) {
    std::string words = std::string(continued ? " and " : "") + kDecades[small / 10 - 2];
    if (small % 10 > 0) return words + "-" + Words(static_cast<double>(small % 10), false, ordinal);
    if (ordinal) words.replace(words.size() - 1, 1, "ieth");
    return words;
  }
  if (number < 1000) {
    std::string words = std::string(continued ? ", " : "") + kFew[small / 100] + " Hundred";
    if (small % 100 > 0) return words + Words(static_cast<double>(small % 100), true, ordinal);
    return ordinal ? words + "th" : words;
  }
  auto magnitude = static_cast<size_t>(std::floor(std::log10(number) / 3));
  if (magnitude > kMagnitudes.size()) magnitude = kMagnitudes.size();
  double factor = std::pow(10, static_cast<double>(magnitude) * 3);
  double mantissa = std::floor(number / factor);
  double rest = number - mantissa * factor;
  std::string words =
      std::string(continued ? ", " : "") + Words(mantissa, false, false) + " " + kMagnitudes[magnitude - 1];
  if (rest > 0) return words + Words(rest, true, ordinal);
  return ordinal ? words + "th" : words;
}

struct Vocabulary {
  std::vector<std::string> words;
  std::unordered_map<std::string, double> values;

  Vocabulary() {
    for (size_t i = 0; i < kFew.size(); ++i) Add(Lower(kFew[i]), static_cast<double>(i));
    for (size_t i = 0; i < kOrdinals.size(); ++i) Add(Lower(kOrdinals[i]), static_cast<double>(i));
    for (size_t i = 0; i < kDecades.size(); ++i) {
      std::string word = Lower(kDecades[i]);
      auto value = static_cast<double>((i + 2) * 10);
      Add(word, value);
      Add(word.substr(0, word.size() - 1) + "ieth", value);
    }
    Add("hundredth", 100);
    for (size_t i = 0; i < kMagnitudes.size(); ++i) {
      double value = std::pow(10, static_cast<double>(i + 1) * 3);
      Add(Lower(kMagnitudes[i]), value);
      Add(Lower(kMagnitudes[i]) + "th", value);
    }
  }

  void Add(const std::string& word, double value) {
    words.push_back(word);
    values[word] = value;
  }
};

const Vocabulary& TheVocabulary() {
  static const Vocabulary vocabulary;
  return vocabulary;
}

// Cuts at ", ", " and ", and single spaces, backslashes and minus signs.
std::vector<std::string> Split(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  std::vector<std::string> parts(1);
  for (size_t i = 0; i < text.size();) {
    size_t cut = 0;
    if (text[i] == ',' && i + 1 < text.size() && is_space(text[i + 1])) {
      cut = 2;
    } else if (is_space(text[i]) && text.substr(i + 1, 3) == "and" && i + 4 < text.size() && is_space(text[i + 4])) {
      cut = 5;
    } else if (is_space(text[i]) || text[i] == '\\' || text[i] == '-') {
      cut = 1;
    }
    if (cut == 0) {
      parts.back().push_back(text[i++]);
    } else {
      parts.emplace_back();
      i += cut;
    }
  }
  return parts;
}

}  // namespace

std::string NumberToWords(double value, bool ordinal) {
  // The reference recurses without end here.
  if (!std::isfinite(value)) throw Failure("D1011");
  // Beyond the trillions the words repeat ("trillion trillion"), each time 12 digits further; doubles end at 1e308.
  return Words(value, false, ordinal);
}

double WordsToNumber(std::string_view text) {
  const Vocabulary& vocabulary = TheVocabulary();
  std::vector<double> segments = {0};
  for (const std::string& word : Split(text)) {
    auto known = vocabulary.values.find(word);
    double value = known == vocabulary.values.end() ? std::numeric_limits<double>::quiet_NaN() : known->second;
    if (value < 100) {
      double top = segments.back();
      segments.pop_back();
      if (top >= 1000) {
        segments.push_back(top);
        top = 0;
      }
      segments.push_back(top + value);
    } else {
      segments.back() *= value;
    }
  }
  double sum = 0;
  for (double segment : segments) sum += segment;
  return sum;
}

std::string WordsPattern() {
  std::string pattern = "(?:";
  for (const std::string& word : TheVocabulary().words) pattern += word + "|";
  return pattern + "and|[\\-, ])+";
}

std::string NumberToRoman(double value) {
  constexpr std::array<std::pair<int, const char*>, 13> kNumerals = {{{1000, "m"},
                                                                      {900, "cm"},
                                                                      {500, "d"},
                                                                      {400, "cd"},
                                                                      {100, "c"},
                                                                      {90, "xc"},
                                                                      {50, "l"},
                                                                      {40, "xl"},
                                                                      {10, "x"},
                                                                      {9, "ix"},
                                                                      {5, "v"},
                                                                      {4, "iv"},
                                                                      {1, "i"}}};
  if (value > 1e6) {  // a numeral per thousand: the text would have no bound
    Failure failure("D3130");
    throw failure.Text("i");
  }
  std::string result;
  for (auto [number, numeral] : kNumerals) {
    for (; value >= number; value -= number) result += numeral;
  }
  return result;
}

double RomanToNumber(std::string_view text) {
  double sum = 0;
  double highest = 1;
  for (size_t i = text.size(); i-- > 0;) {
    double value = std::numeric_limits<double>::quiet_NaN();
    switch (text[i]) {
      case 'M':
        value = 1000;
        break;
      case 'D':
        value = 500;
        break;
      case 'C':
        value = 100;
        break;
      case 'L':
        value = 50;
        break;
      case 'X':
        value = 10;
        break;
      case 'V':
        value = 5;
        break;
      case 'I':
        value = 1;
        break;
      default:
        break;
    }
    if (value < highest) {
      sum -= value;
    } else {
      highest = value;
      sum += value;
    }
  }
  return sum;
}

std::string NumberToLetters(double value, char first) {
  if (!std::isfinite(value)) throw Failure("D1011");  // the reference does not end
  std::string result;
  while (value > 0) {
    result.insert(result.begin(), static_cast<char>(first + static_cast<int>(std::fmod(value - 1, 26))));
    value = std::floor((value - 1) / 26);
  }
  return result;
}

double LettersToNumber(std::string_view text, char first) {
  double sum = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    double letter = static_cast<unsigned char>(text[text.size() - i - 1]) - first + 1;
    sum += letter * std::pow(26, static_cast<double>(i));
  }
  return sum;
}

}  // namespace pawl::asl::jsonata
