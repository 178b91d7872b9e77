// Numeric, aggregation and boolean functions (https://docs.jsonata.org/numeric-functions).

#include <cmath>
#include <cstdlib>
#include <limits>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/format_number.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/integer_picture.h"
#include "scheduler/asl/jsonata/rounding.h"
#include "scheduler/asl/jsonata/serialize.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

// Folds the numbers of the argument array.
template <typename Fold>
double FoldNumbers(NativeCall& call, double start, Fold fold) {
  const Value& array = call[0];
  size_t count = array.size();
  call.evaluator.Charge(count / 16);
  double result = start;
  for (size_t i = 0; i < count; ++i) {
    Value item = array.At(i);
    result = fold(result, item.is_number() ? item.number() : std::numeric_limits<double>::quiet_NaN());
  }
  return result;
}

double Add(double a, double b) { return a + b; }

Value Sum(NativeCall& call) { return call[0].is_undefined() ? Value() : Value::Number(FoldNumbers(call, 0, Add)); }

Value Count(NativeCall& call) {
  return Value::Number(call[0].is_undefined() ? 0 : static_cast<double>(call[0].size()));
}

Value Max(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() == 0) return Value();
  return Value::Number(FoldNumbers(call, -std::numeric_limits<double>::infinity(),
                                   [](double a, double b) { return b > a || std::isnan(b) ? b : a; }));
}

Value Min(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() == 0) return Value();
  return Value::Number(FoldNumbers(call, std::numeric_limits<double>::infinity(),
                                   [](double a, double b) { return b < a || std::isnan(b) ? b : a; }));
}

Value Average(NativeCall& call) {
  if (call[0].is_undefined() || call[0].size() == 0) return Value();
  return Value::Number(FoldNumbers(call, 0, Add) / static_cast<double>(call[0].size()));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// -?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?
bool IsDecimal(std::string_view text) {
  size_t i = text.starts_with('-') ? 1 : 0;
  auto digits = [&] {
    size_t begin = i;
    while (i < text.size() && IsDigit(text[i])) ++i;
    return i > begin;
  };
  if (!digits()) return false;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits()) return false;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    if (!digits()) return false;
  }
  return i == text.size();
}

// 0x, 0o and 0b with digits; nothing else.
std::optional<double> WithRadix(std::string_view text) {
  if (text.size() < 3 || text[0] != '0') return std::nullopt;
  int radix = 0;
  switch (text[1]) {
    case 'x':
    case 'X':
      radix = 16;
      break;
    case 'o':
    case 'O':
      radix = 8;
      break;
    case 'b':
    case 'B':
      radix = 2;
      break;
    default:
      return std::nullopt;
  }
  double result = 0;
  for (char c : text.substr(2)) {
    int digit = IsDigit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 99;
    if (digit >= radix) return std::nullopt;
    result = result * radix + digit;
  }
  return result;
}

Value NumberFunction(NativeCall& call) {
  const Value& argument = call[0];
  if (argument.is_undefined() || argument.is_number()) return argument;
  if (argument.is_bool()) return Value::Number(argument.boolean() ? 1 : 0);
  if (argument.is_string()) {
    std::string text(argument.text());
    if (IsDecimal(text)) {
      double number = std::strtod(text.c_str(), nullptr);
      if (std::isfinite(number)) return Value::Number(number);
    }
    if (std::optional<double> number = WithRadix(text)) return Value::Number(*number);
  }
  Failure failure("D3030");
  failure.value = DescribeValue(argument);
  throw failure.Index(1);
}

template <double (*kFunction)(double)>
Value Unary(NativeCall& call) {
  return call[0].is_undefined() ? Value() : Value::Number(kFunction(call[0].number()));
}

double Abs(double x) { return std::fabs(x); }
double Floor(double x) { return std::floor(x); }
double Ceil(double x) { return std::ceil(x); }

Value Round(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  return Value::Number(RoundHalfEven(call[0].number(), call[1].is_number() ? call[1].number() : 0));
}

Value Sqrt(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (call[0].number() < 0) throw Failure("D3060").Json(NumberToString(call[0].number())).Index(1);
  return Value::Number(std::sqrt(call[0].number()));
}

Value Power(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  double exponent = call[1].is_number() ? call[1].number() : std::numeric_limits<double>::quiet_NaN();
  double base = call[0].number();
  double result = std::pow(base, exponent);
  if (std::fabs(base) == 1 && std::isinf(exponent)) result = std::numeric_limits<double>::quiet_NaN();
  if (std::isfinite(result)) return Value::Number(result);
  Failure failure("D3061");
  failure.value = DescribeValue(call[0]);
  failure.exponent = DescribeValue(call[1]).value_or("undefined");
  throw failure.Index(1);
}

Value RandomNumber(NativeCall& call) { return Value::Number(call.evaluator.random().NextDouble()); }

Value FormatBase(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  double value = RoundHalfEven(call[0].number(), 0);
  double radix = call[1].is_number() ? RoundHalfEven(call[1].number(), 0) : 10;
  if (radix < 2 || radix > 36) throw Failure("D3100").Json(NumberToString(radix));
  return Value::String(NumberInBase(value, static_cast<int>(radix)));
}

Value FormatNumberFunction(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_string()) throw Failure("T0410").Index(2);
  NumberFormat format;
  if (call[2].is_object()) {
    for (const ObjectEntry& entry : Members(call[2], false)) {
      format.Set(entry.key.text(), entry.value.is_undefined() ? "" : call.evaluator.StringOf(entry.value));
    }
  }
  return Value::String(FormatNumber(call[0].number(), call[1].text(), format));
}

Value FormatIntegerFunction(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_string()) throw Failure("T0410").Index(2);
  return Value::String(FormatInteger(std::floor(call[0].number()), IntegerPicture(call[1].text())));
}

Value ParseIntegerFunction(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_string()) throw Failure("T0410").Index(2);
  return Value::Number(ParseIntegerText(call[0].text(), IntegerPicture(call[1].text())));
}

Value Boolean(NativeCall& call) { return call[0].is_undefined() ? Value() : Value::Bool(Evaluator::Truthy(call[0])); }

Value Not(NativeCall& call) { return call[0].is_undefined() ? Value() : Value::Bool(!Evaluator::Truthy(call[0])); }

constexpr NativeSpec kFunctions[] = {
    {"sum", "<a<n>:n>", 1, Sum},
    {"count", "<a:n>", 1, Count},
    {"max", "<a<n>:n>", 1, Max},
    {"min", "<a<n>:n>", 1, Min},
    {"average", "<a<n>:n>", 1, Average},
    {"number", "<(nsb)-:n>", 1, NumberFunction},
    {"floor", "<n-:n>", 1, Unary<Floor>},
    {"ceil", "<n-:n>", 1, Unary<Ceil>},
    {"round", "<n-n?:n>", 2, Round},
    {"abs", "<n-:n>", 1, Unary<Abs>},
    {"sqrt", "<n-:n>", 1, Sqrt},
    {"power", "<n-n:n>", 2, Power},
    {"random", "<:n>", 0, RandomNumber, NativeSpec::Where::kNotInStepFunctions},
    {"formatNumber", "<n-so?:s>", 3, FormatNumberFunction},
    {"formatBase", "<n-n?:s>", 2, FormatBase},
    {"formatInteger", "<n-s:s>", 2, FormatIntegerFunction},
    {"parseInteger", "<s-s:n>", 2, ParseIntegerFunction},
    {"boolean", "<x-:b>", 1, Boolean},
    {"not", "<x-:b>", 1, Not},
};

}  // namespace

std::span<const NativeSpec> NumberFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
