#include "scheduler/asl/jsonpath/functions.h"

#include <algorithm>
#include <cmath>

#include "scheduler/asl/jsonpath/evaluate.h"

namespace pawl::asl::jsonpath {
namespace {

using json::Kind;
using json::Value;

// The items of arrays and the other values of `values`, one level deep, that are of one kind.
std::vector<const Value*> Collect(const Value& value, const std::vector<Value>& arguments, Kind kind) {
  std::vector<const Value*> result;
  const auto add_items = [&](const Value& array) {
    for (const Value& item : array.items()) {
      if (item.kind() == kind) result.push_back(&item);
    }
  };
  if (value.is_array()) add_items(value);
  for (const Value& argument : arguments) {
    if (argument.is_array()) {
      add_items(argument);
    } else if (argument.kind() == kind) {
      result.push_back(&argument);
    }
  }
  return result;
}

// As Java prints a double: whole numbers keep one zero behind the point.
absl::StatusOr<Value> DoubleValue(double number) {
  if (!std::isfinite(number)) return absl::InvalidArgumentError("an aggregation function gave no finite number");
  std::string text = json::NumberToText(number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return Value::NumberText(std::move(text));
}

absl::StatusOr<Value> Aggregate(Function function, const Value& value, const std::vector<Value>& arguments) {
  const std::vector<const Value*> numbers = Collect(value, arguments, Kind::kNumber);
  if (numbers.empty()) {
    // Jayway's own text.
    return absl::InvalidArgumentError("Aggregation function attempted to calculate value using empty array");
  }
  double least = numbers.front()->as_double();
  double greatest = least;
  double sum = 0;
  double squares = 0;
  for (const Value* number : numbers) {
    const double x = number->as_double();
    least = std::min(least, x);
    greatest = std::max(greatest, x);
    sum += x;
    squares += x * x;
  }
  const auto count = static_cast<double>(numbers.size());
  switch (function) {
    case Function::kMin:
      return DoubleValue(least);
    case Function::kMax:
      return DoubleValue(greatest);
    case Function::kAvg:
      return DoubleValue(sum / count);
    case Function::kStddev:
      return DoubleValue(std::sqrt(std::max(0.0, squares / count - sum * sum / count / count)));
    default:
      return DoubleValue(sum);
  }
}

// Pawl's own bound; Jayway has none.
constexpr size_t kConcatBytesMax = size_t{64} << 20;

absl::StatusOr<Value> Concat(const Value& value, const std::vector<Value>& arguments) {
  std::string result;
  for (const Value* text : Collect(value, {}, Kind::kString)) result += text->as_string();
  // Of the arguments numbers and booleans count too, as Java prints them.
  const auto add = [&](const Value& argument) {
    if (result.size() > kConcatBytesMax) return;
    if (argument.is_string()) result += argument.as_string();
    if (argument.is_number() || argument.is_bool()) result += json::Serialize(argument);
  };
  for (const Value& argument : arguments) {
    if (argument.is_array()) {
      for (const Value& item : argument.items()) add(item);
    } else {
      add(argument);
    }
  }
  if (result.size() > kConcatBytesMax) return absl::ResourceExhaustedError("the path concatenates too much text");
  return Value::String(std::move(result));
}

Value Append(const Value& value, const std::vector<Value>& arguments) {
  if (!value.is_array()) return value;
  std::vector<Value> items(value.items().begin(), value.items().end());
  items.insert(items.end(), arguments.begin(), arguments.end());
  return Value::Array(std::move(items));
}

absl::StatusOr<Value> Position(const Value& value, int64_t index) {
  if (const Value* item = value.is_array() ? ItemAt(value, index) : nullptr) return *item;
  return absl::InvalidArgumentError("Aggregation function attempted to calculate value using empty array");
}

}  // namespace

absl::StatusOr<Value> ApplyFunction(Function function, const Value& value, const std::vector<Value>& arguments) {
  switch (function) {
    case Function::kMin:
    case Function::kMax:
    case Function::kAvg:
    case Function::kStddev:
    case Function::kSum:
      return Aggregate(function, value, arguments);
    case Function::kLength:
    case Function::kSize: {
      const Value& counted = arguments.empty() ? value : arguments.front();
      if (!counted.is_array() && !counted.is_object()) return Value();
      return Value::Int(static_cast<int64_t>(counted.size()));
    }
    case Function::kKeys: {
      if (!value.is_object()) return Value();
      std::vector<Value> keys;
      keys.reserve(value.size());
      for (const json::Member& member : value.members()) keys.push_back(Value::String(member.key));
      return Value::Array(std::move(keys));
    }
    case Function::kConcat:
      return Concat(value, arguments);
    case Function::kAppend:
      return Append(value, arguments);
    case Function::kFirst:
      return Position(value, 0);
    case Function::kLast:
      return Position(value, -1);
    case Function::kIndex: {
      const std::optional<int64_t> index = arguments.empty() ? std::nullopt : arguments.front().as_int64();
      if (!index) return absl::InvalidArgumentError("the function index takes a whole number");
      return Position(value, *index);
    }
  }
  return Value();
}

}  // namespace pawl::asl::jsonpath
