#include "scheduler/asl/jsonata/rounding.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// value * 10^shift, by way of the shortest decimal text.
double Shifted(double value, double shift) {
  if (shift != std::trunc(shift)) return std::numeric_limits<double>::quiet_NaN();
  if (value == 0 || shift < -10000) return 0;
  if (shift > 10000) return std::numeric_limits<double>::quiet_NaN();
  std::string text = NumberToString(value);
  size_t e = text.find('e');
  int exponent = static_cast<int>(shift);
  if (e != std::string::npos) {
    exponent += std::atoi(text.c_str() + e + 1);
    text.resize(e);
  }
  return std::strtod((text + "e" + std::to_string(exponent)).c_str(), nullptr);
}

}  // namespace

double RoundHalfEven(double value, double precision) {
  if (std::isnan(value) || std::isinf(value)) return value;
  double shifted = precision == 0 ? value : Shifted(value, precision);
  if (!std::isfinite(shifted)) return precision == 0 || std::isnan(shifted) ? shifted : value;
  double result = std::floor(shifted + 0.5);
  if (std::fabs(shifted) >= 4503599627370496.0) result = shifted;  // whole already
  if (result - shifted > 0.5) result -= 1;                         // 0.49999999999999994
  if (std::fabs(result - shifted) == 0.5 && std::fabs(std::fmod(result, 2)) == 1) result -= 1;
  if (precision != 0) result = Shifted(result, -precision);
  return result == 0 ? 0 : result;
}

std::string NumberInBase(double value, int radix) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (radix == 10) return NumberToString(value);
  bool negative = value < 0;
  double rest = std::fabs(value);
  if (rest == 0) return "0";
  std::string digits;
  // Beyond 53 bits the low digits are unknown; JavaScript engines write zeros.
  for (; rest >= 9007199254740992.0; rest /= radix) digits.push_back('0');
  while (rest >= 1) {
    auto digit = static_cast<int>(std::fmod(rest, radix));
    digits.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[digit]);
    rest = std::floor(rest / radix);
  }
  if (negative) digits.push_back('-');
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string ToFixed(double value, int places) {
  if (std::fabs(value) >= 1e21) return NumberToString(value);
  int length = std::snprintf(nullptr, 0, "%.*f", places, value);
  std::string text(static_cast<size_t>(length), '\0');
  std::snprintf(text.data(), text.size() + 1, "%.*f", places, value);
  return text;
}

}  // namespace pawl::asl::jsonata
