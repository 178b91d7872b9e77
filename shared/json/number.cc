// Numbers as text: JSON's grammar, exact decimal comparison, and the shortest text of a double.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

#include "shared/base/check.h"
#include "shared/json/node.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A JSON number as 0.DIGITS * 10^exponent, DIGITS without leading or trailing zeros; empty digits are zero.
struct Decimal {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

Decimal ToDecimal(std::string_view text) {
  Decimal result;
  size_t at = 0;
  if (text[at] == '-') {
    result.negative = true;
    ++at;
  }
  bool after_point = false;
  for (; at < text.size() && (IsDigit(text[at]) || text[at] == '.'); ++at) {
    if (text[at] == '.') {
      after_point = true;
    } else if (text[at] == '0' && result.digits.empty()) {
      if (after_point) --result.exponent;
    } else {
      result.digits.push_back(text[at]);
      if (!after_point) ++result.exponent;
    }
  }
  if (at < text.size()) {  // 'e' or 'E'
    ++at;
    const bool negative_exponent = text[at] == '-';
    if (text[at] == '-' || text[at] == '+') ++at;
    // Saturates far beyond any number that text of a permitted size could level out.
    int64_t exponent = 0;
    for (; at < text.size(); ++at) exponent = std::min<int64_t>(exponent * 10 + (text[at] - '0'), int64_t{1} << 50);
    result.exponent += negative_exponent ? -exponent : exponent;
  }
  while (!result.digits.empty() && result.digits.back() == '0') result.digits.pop_back();
  if (result.digits.empty()) return Decimal();
  return result;
}

// The usual whole number: an optional minus and digits, within 64 bits.
std::optional<int64_t> PlainInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

int Sign(bool negative, int order) { return negative ? -order : order; }

}  // namespace

bool IsNumberText(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && IsDigit(text[at])) ++at;
    return at - begin;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const size_t whole_begin = at;
  const size_t whole = digits();
  if (whole == 0 || (whole > 1 && text[whole_begin] == '0')) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

int CompareNumberTexts(std::string_view a, std::string_view b) {
  if (a == b) return 0;
  const std::optional<int64_t> integer_a = PlainInteger(a);
  const std::optional<int64_t> integer_b = integer_a ? PlainInteger(b) : std::nullopt;
  if (integer_a && integer_b) return *integer_a < *integer_b ? -1 : *integer_a > *integer_b ? 1 : 0;

  const Decimal left = ToDecimal(a);
  const Decimal right = ToDecimal(b);
  const int sign_left = left.digits.empty() ? 0 : left.negative ? -1 : 1;
  const int sign_right = right.digits.empty() ? 0 : right.negative ? -1 : 1;
  if (sign_left != sign_right) return sign_left < sign_right ? -1 : 1;
  if (sign_left == 0) return 0;
  if (left.exponent != right.exponent) return Sign(left.negative, left.exponent < right.exponent ? -1 : 1);
  const int order = left.digits.compare(right.digits);
  return Sign(left.negative, order < 0 ? -1 : order > 0 ? 1 : 0);
}

double Value::as_double() const {
  const std::string& text = number_text();
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) {
    // from_chars does not tell overflow from underflow.
    const Decimal decimal = ToDecimal(text);
    const double magnitude = decimal.exponent > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return decimal.negative ? -magnitude : magnitude;
  }
  return value;
}

std::optional<int64_t> Value::as_int64() const {
  if (!is_number()) return std::nullopt;
  const std::string& text = number_text();
  if (const std::optional<int64_t> plain = PlainInteger(text)) return plain;

  const Decimal decimal = ToDecimal(text);
  if (decimal.digits.empty()) return 0;
  const auto digit_count = static_cast<int64_t>(decimal.digits.size());
  if (decimal.exponent < digit_count || decimal.exponent > 19) return std::nullopt;
  std::string whole = decimal.negative ? "-" : "";
  whole += decimal.digits;
  whole.append(static_cast<size_t>(decimal.exponent - digit_count), '0');
  return PlainInteger(whole);
}

std::string NumberToText(double value) {
  PAWL_CHECK(std::isfinite(value), "JSON has finite numbers only");
  if (value == 0) return "0";
  // Shortest digits first, as d.ddde±x; then laid out by the rules of ECMAScript's Number::toString.
  char buffer[40];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof buffer, std::abs(value), std::chars_format::scientific);
  PAWL_CHECK(error == std::errc(), "40 characters hold any double");
  const std::string_view scientific(buffer, static_cast<size_t>(end - buffer));
  const size_t mark = scientific.find('e');
  std::string digits(1, scientific[0]);
  if (mark > 2) digits += scientific.substr(2, mark - 2);
  int exponent = std::atoi(std::string(scientific.substr(mark + 1)).c_str());

  const int count = static_cast<int>(digits.size());
  const int point = exponent + 1;  // digits before the decimal point
  std::string text = value < 0 ? "-" : "";
  if (count <= point && point <= 21) {
    text += digits;
    text.append(static_cast<size_t>(point - count), '0');
  } else if (0 < point && point <= 21) {
    text.append(digits, 0, static_cast<size_t>(point));
    text += '.';
    text.append(digits, static_cast<size_t>(point), std::string::npos);
  } else if (-6 < point && point <= 0) {
    text += "0.";
    text.append(static_cast<size_t>(-point), '0');
    text += digits;
  } else {
    text += digits[0];
    if (count > 1) {
      text += '.';
      text.append(digits, 1, std::string::npos);
    }
    text += exponent < 0 ? "e-" : "e+";
    text += std::to_string(std::abs(exponent));
  }
  return text;
}

}  // namespace pawl::json
