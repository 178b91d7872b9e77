#include "scheduler/asl/jsonpath/compare.h"

#include <algorithm>
#include <charconv>

#include "re2/re2.h"

namespace pawl::asl::jsonpath {
namespace {

using json::Kind;
using json::Value;

// The text of java.math.BigDecimal for a JSON number, which is what Jayway compares with strings: 1.50 stays 1.50,
// -0.123e2 becomes -12.3, 1e3 becomes 1E+3.
std::string BigDecimalText(const std::string& number) {
  const size_t mark = number.find_first_of("eE");
  const std::string mantissa = number.substr(0, mark);
  int64_t exponent = 0;
  if (mark != std::string::npos) {
    const char* begin = number.data() + mark + 1;
    if (*begin == '+') ++begin;
    if (std::from_chars(begin, number.data() + number.size(), exponent).ec != std::errc()) return number;
    if (std::abs(exponent) > 1'000'000) return number;
  }
  const bool negative = mantissa.front() == '-';
  std::string digits;
  int64_t scale = 0;
  bool after_point = false;
  for (const char c : mantissa) {
    if (c == '.') after_point = true;
    if (c < '0' || c > '9') continue;
    digits += c;
    if (after_point) ++scale;
  }
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  scale -= exponent;
  const auto count = static_cast<int64_t>(digits.size());
  const int64_t adjusted = count - 1 - scale;
  const std::string sign = negative && digits.find_first_not_of('0') != std::string::npos ? "-" : "";
  if (scale == 0) return sign + digits;
  if (scale > 0 && adjusted >= -6) {
    if (scale >= count) digits.insert(0, static_cast<size_t>(scale - count + 1), '0');
    digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
    return sign + digits;
  }
  if (count > 1) digits.insert(1, 1, '.');
  return sign + digits + "E" + (adjusted >= 0 ? "+" : "") + std::to_string(adjusted);
}

bool NumbersEqual(const Value& a, const Value& b) { return a == b; }

// Jayway's equality, which is not symmetric: a string equals a number of exactly this text, a number equals a string
// that reads as the same number.
bool Equal(const Value& left, const Value& right) {
  if (left.is_string() && right.is_number()) return left.as_string() == BigDecimalText(right.number_text());
  if (left.is_number() && right.is_string()) {
    const absl::StatusOr<Value> number = json::Parse(right.as_string(), {.depth_max = 0});
    return number.ok() && number->is_number() && NumbersEqual(left, *number);
  }
  return left == right;
}

bool Contains(const Value& list, const Value& wanted) {
  const std::span<const Value> items = list.items();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return Equal(wanted, item); });
}

// Numbers with numbers, strings with strings; anything else has no order.
std::optional<int> Order(const Value& left, const Value& right) {
  if (left.is_number() && right.is_number()) {
    if (left == right) return 0;
    const double a = left.as_double();
    const double b = right.as_double();
    if (a != b) return a < b ? -1 : 1;
    // Beyond the precision of doubles: whole numbers still have an order.
    const std::optional<int64_t> whole_a = left.as_int64();
    const std::optional<int64_t> whole_b = right.as_int64();
    if (whole_a && whole_b) return *whole_a < *whole_b ? -1 : 1;
    return 0;
  }
  if (left.is_string() && right.is_string()) {
    const int order = left.as_string().compare(right.as_string());
    return order < 0 ? -1 : order > 0 ? 1 : 0;
  }
  return std::nullopt;
}

bool IsSize(const Value& left, const Value& right) {
  const std::optional<int64_t> size = right.as_int64();
  if (!size) return false;
  if (left.is_string()) {
    // UTF-16 units, as Java counts.
    int64_t units = 0;
    for (const char c : left.as_string()) {
      const auto byte = static_cast<unsigned char>(c);
      units += (byte & 0xc0) != 0x80 ? (byte >= 0xf0 ? 2 : 1) : 0;
    }
    return units == *size;
  }
  return left.is_array() && static_cast<int64_t>(left.size()) == *size;
}

bool IsEmpty(const Value& left, const Value& right) {
  if (!right.is_bool()) return false;
  if (left.is_string()) return left.as_string().empty() == right.as_bool();
  if (left.is_array() || left.is_object()) return (left.size() == 0) == right.as_bool();
  return false;
}

bool AnyOf(const Value& left, const Value& right) {
  const std::span<const Value> items = left.items();
  return std::any_of(items.begin(), items.end(), [&](const Value& item) { return Contains(right, item); });
}

bool AllWithin(const Value& wanted, const Value& list) {
  const std::span<const Value> items = wanted.items();
  return std::all_of(items.begin(), items.end(), [&](const Value& item) { return Contains(list, item); });
}

// Arrays and objects are one class of nodes to Jayway.
bool SameType(const Value& left, const Value& right) {
  const auto type = [](const Value& value) { return value.is_object() ? Kind::kArray : value.kind(); };
  return type(left) == type(right);
}

bool ComparePresent(Operator op, const Value& left, const Value& right) {
  switch (op) {
    case Operator::kEqual:
      return Equal(left, right);
    case Operator::kNotEqual:
      return !Equal(left, right);
    case Operator::kSameTypeEqual:
      return SameType(left, right) && Equal(left, right);
    case Operator::kSameTypeNotEqual:
      return !(SameType(left, right) && Equal(left, right));
    case Operator::kLess:
      return Order(left, right).value_or(0) < 0;
    case Operator::kLessOrEqual:
      return Order(left, right).value_or(1) <= 0;
    case Operator::kGreater:
      return Order(left, right).value_or(0) > 0;
    case Operator::kGreaterOrEqual:
      return Order(left, right).value_or(-1) >= 0;
    case Operator::kIn:
      return right.is_array() && Contains(right, left);
    case Operator::kNotIn:
      return !(right.is_array() && Contains(right, left));
    case Operator::kSubsetOf:
      return left.is_array() && right.is_array() && AllWithin(left, right);
    case Operator::kAnyOf:
      return left.is_array() && right.is_array() && AnyOf(left, right);
    case Operator::kNoneOf:
      return left.is_array() && right.is_array() && !AnyOf(left, right);
    case Operator::kAll:
      return left.is_array() && right.is_array() && AllWithin(right, left);
    case Operator::kContains:
      if (left.is_string() && right.is_string()) {
        return left.as_string().find(right.as_string()) != std::string::npos;
      }
      return left.is_array() && Contains(left, right);
    case Operator::kSize:
      return IsSize(left, right);
    case Operator::kEmpty:
      return IsEmpty(left, right);
    case Operator::kMatches:
      return false;
  }
  return false;
}

}  // namespace

bool Compare(Operator op, const OperandValue& left, const OperandValue& right) {
  if (left && right) return ComparePresent(op, *left, *right);
  return op == Operator::kNotEqual || op == Operator::kSameTypeNotEqual || op == Operator::kNotIn;
}

bool Matches(const re2::RE2& pattern, const OperandValue& value) {
  if (!value) return re2::RE2::FullMatch("", pattern);
  switch (value->kind()) {
    case Kind::kString:
      return re2::RE2::FullMatch(value->as_string(), pattern);
    case Kind::kNumber:
      return re2::RE2::FullMatch(BigDecimalText(value->number_text()), pattern);
    case Kind::kBool:
      return re2::RE2::FullMatch(value->as_bool() ? "true" : "false", pattern);
    case Kind::kArray: {
      const std::span<const Value> items = value->items();
      return std::any_of(items.begin(), items.end(),
                         [&](const Value& item) { return !item.is_array() && Matches(pattern, OperandValue(item)); });
    }
    case Kind::kNull:
    case Kind::kObject:
      return re2::RE2::FullMatch("", pattern);
  }
  return false;
}

}  // namespace pawl::asl::jsonpath
