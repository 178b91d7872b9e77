// $formatNumber: XPath's fn:format-number (https://www.w3.org/TR/xpath-functions-31/#func-format-number), numbers by
// pictures such as "#,##0.00;(#)".
#pragma once

#include <string>
#include <string_view>

namespace pawl::asl::jsonata {

// The characters with a meaning in pictures and results.
struct NumberFormat {
  std::u32string decimal_separator = U".";
  std::u32string grouping_separator = U",";
  std::u32string exponent_separator = U"e";
  std::u32string minus_sign = U"-";
  std::u32string percent = U"%";
  std::u32string per_mille = U"\u2030";
  std::u32string zero_digit = U"0";
  std::u32string digit = U"#";
  std::u32string pattern_separator = U";";

  // Sets the property with the name that $formatNumber's options use; unknown names are ignored.
  void Set(std::string_view name, std::string_view value);
};

// Throws Failure D3080 to D3093 for a wrong picture.
std::string FormatNumber(double value, std::string_view picture, const NumberFormat& format);

}  // namespace pawl::asl::jsonata
