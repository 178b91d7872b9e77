#include "scheduler/asl/intrinsics/functions.h"

#include <cmath>
#include <limits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "scheduler/asl/intrinsics/text.h"
#include "scheduler/asl/intrinsics/value_size.h"
#include "shared/base/status.h"

namespace pawl::asl::intrinsics {

using json::Value;

namespace {

// STEP_FUNCTIONS.md 2.3: of Base64 and hash arguments, in characters.
constexpr size_t kTextMax = 10'000;

// AWS's words for a function's own error are not recorded but for their frame, "The function '...' had the following
// error: " (users' reports): what follows the frame is Pawl's.
absl::StatusOr<const std::string*> Text(const Value& value, size_t characters_max = SIZE_MAX) {
  if (!value.is_string()) {
    return absl::InvalidArgumentError("expected a string, but got " + WithArticle(value));
  }
  if (value.as_string().size() > characters_max && CountCharacters(value.as_string()) > characters_max) {
    return absl::InvalidArgumentError(absl::StrCat("the string is longer than ", characters_max, " characters"));
  }
  return &value.as_string();
}

// Specification, "States.Format": as many values as placeholders. What AWS says where they differ is not recorded.
absl::StatusOr<Value> Format(std::span<const Value> values) {
  PAWL_ASSIGN_OR_RETURN(const std::string* format, Text(values[0]));
  std::string result;
  size_t next = 1;
  for (size_t i = 0; i < format->size(); ++i) {
    const char c = (*format)[i];
    const char after = i + 1 < format->size() ? (*format)[i + 1] : '\0';
    if (c == '\\' && (after == '\'' || after == '{' || after == '}' || after == '\\')) {
      result += after;
      ++i;
    } else if (c == '{' && after == '}') {
      if (next < values.size()) result += JavaText(values[next]);
      ++next;
      ++i;
    } else {
      result += c;
    }
  }
  if (next != values.size()) {
    return absl::InvalidArgumentError(absl::StrCat("the template has ", next - 1, " placeholders {}, but there are ",
                                                   values.size() - 1, " values for them"));
  }
  return Value::String(std::move(result));
}

absl::StatusOr<Value> Base64Decode(const Value& value) {
  PAWL_ASSIGN_OR_RETURN(const std::string* text, Text(value, kTextMax));
  std::string compact;  // MIME allows line breaks
  for (const char c : *text) {
    if (c != '\r' && c != '\n') compact += c;
  }
  std::string bytes;
  if (!absl::Base64Unescape(compact, &bytes)) return absl::InvalidArgumentError("the string is not Base64");
  return Value::String(ToValidUtf8(bytes));
}

absl::StatusOr<Value> Base64Encode(const Value& value) {
  PAWL_ASSIGN_OR_RETURN(const std::string* text, Text(value, kTextMax));
  return Value::String(absl::Base64Escape(*text));
}

// STEP_FUNCTIONS.md 2.3 names the algorithms.
absl::StatusOr<Value> Hash(const Value& data, const Value& algorithm) {
  const std::string serialized = data.is_string() ? std::string() : json::Serialize(data);
  const std::string& text = data.is_string() ? data.as_string() : serialized;
  if (text.size() > kTextMax && CountCharacters(text) > kTextMax) {
    return absl::InvalidArgumentError(absl::StrCat("the data is longer than ", kTextMax, " characters"));
  }
  PAWL_ASSIGN_OR_RETURN(const std::string* name, Text(algorithm));
  PAWL_ASSIGN_OR_RETURN(std::string digest, HashHex(text, *name));
  return Value::String(std::move(digest));
}

// STEP_FUNCTIONS.md 2.3: the third argument must be false.
absl::StatusOr<Value> JsonMerge(std::span<const Value> values) {
  for (const Value& value : values.first(2)) {
    if (!value.is_object()) {
      return absl::InvalidArgumentError("expected an object, but got " + WithArticle(value));
    }
  }
  if (!values[2].is_bool() || values[2].as_bool()) {
    return absl::InvalidArgumentError("the third argument must be false: only shallow merging is supported");
  }
  std::vector<json::Member> members(values[0].members().begin(), values[0].members().end());
  members.insert(members.end(), values[1].members().begin(), values[1].members().end());
  return Value::Object(std::move(members));  // of equal keys the last value stands
}

// Nothing (null, or blanks alone) gives null.
absl::StatusOr<Value> StringToJson(const Value& value) {
  if (value.is_null()) return Value();
  PAWL_ASSIGN_OR_RETURN(const std::string* text, Text(value));
  if (text->find_first_not_of(" \t\r\n") == std::string::npos) return Value();
  return json::Parse(*text);
}

// AWS documentation, "States.MathRandom" and "States.MathAdd": integers of 32 bits, and others are rounded.
absl::StatusOr<int64_t> Int32(const Value& value, std::string_view what) {
  PAWL_ASSIGN_OR_RETURN(const int64_t number, RoundedInteger(value, what));
  if (number < std::numeric_limits<int32_t>::min() || number > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(what), " must be between -2147483648 and 2147483647, but is ", number));
  }
  return number;
}

absl::StatusOr<Value> MathAdd(std::span<const Value> values) {
  PAWL_ASSIGN_OR_RETURN(const int64_t a, Int32(values[0], "the first argument"));
  PAWL_ASSIGN_OR_RETURN(const int64_t b, Int32(values[1], "the second argument"));
  return Value::Int(a + b);
}

// STEP_FUNCTIONS.md 2.3: the start counts, the end does not, so the range must not be empty.
absl::StatusOr<Value> MathRandom(std::span<const Value> values, base::Random& random) {
  PAWL_ASSIGN_OR_RETURN(const int64_t start, Int32(values[0], "the start"));
  PAWL_ASSIGN_OR_RETURN(const int64_t end, Int32(values[1], "the end"));
  if (start >= end) return absl::InvalidArgumentError("the start must be less than the end");
  const int64_t span = end - start;
  if (values.size() < 3) {
    return Value::Int(start + static_cast<int64_t>(random.NextDouble() * static_cast<double>(span)));
  }
  PAWL_ASSIGN_OR_RETURN(const int64_t seed, RoundedInteger(values[2], "the seed"));
  JavaRandom seeded(seed);
  if (span <= std::numeric_limits<int32_t>::max())
    return Value::Int(start + seeded.NextInt(static_cast<int32_t>(span)));
  return Value::Int(start + static_cast<int64_t>(seeded.NextDouble() * static_cast<double>(span)));
}

absl::StatusOr<Value> StringSplit(std::span<const Value> values) {
  PAWL_ASSIGN_OR_RETURN(const std::string* text, Text(values[0]));
  PAWL_ASSIGN_OR_RETURN(const std::string* delimiters, Text(values[1]));
  std::vector<Value> parts;
  for (std::string& part : SplitAtAny(*text, *delimiters)) parts.push_back(Value::String(std::move(part)));
  return Value::Array(std::move(parts));
}

}  // namespace

std::string WithArticle(const Value& value) {
  const std::string kind = json::KindName(value.kind());
  if (value.is_null()) return kind;
  return (value.is_array() || value.is_object() ? "an " : "a ") + kind;
}

absl::StatusOr<int64_t> RoundedInteger(const Value& value, std::string_view what) {
  if (!value.is_number()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(what), " must be a number, but is ", WithArticle(value)));
  }
  if (const std::optional<int64_t> whole = value.as_int64()) return *whole;
  const double rounded = std::floor(value.as_double() + 0.5);
  if (!(rounded > -9.2e18 && rounded < 9.2e18)) {
    return absl::InvalidArgumentError(absl::StrCat(std::string(what), " is out of range: ", value.number_text()));
  }
  return static_cast<int64_t>(rounded);
}

namespace {

// What writes or walks its values in full gets none without bound.
absl::Status CheckSize(Function function, std::span<const Value> values) {
  switch (function) {
    case Function::kArrayContains:
    case Function::kArrayUnique:
    case Function::kFormat:
    case Function::kHash:
    case Function::kJsonToString:
      break;
    default:
      return absl::OkStatus();
  }
  size_t left = kValueBytesMax;
  for (const Value& value : values) {
    const std::optional<size_t> size = SizeWithin(value, left);
    if (!size) return absl::InvalidArgumentError(absl::StrCat("its values have more than ", kValueBytesMax, " bytes"));
    left -= *size;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Value> Apply(Function function, std::span<const Value> values, base::Random& random) {
  PAWL_RETURN_IF_ERROR(CheckSize(function, values));
  switch (function) {
    case Function::kArray:
    case Function::kArrayContains:
    case Function::kArrayGetItem:
    case Function::kArrayLength:
    case Function::kArrayPartition:
    case Function::kArrayRange:
    case Function::kArrayUnique:
      return ApplyToArrays(function, values);
    case Function::kBase64Decode:
      return Base64Decode(values[0]);
    case Function::kBase64Encode:
      return Base64Encode(values[0]);
    case Function::kFormat:
      return Format(values);
    case Function::kHash:
      return Hash(values[0], values[1]);
    case Function::kJsonMerge:
      return JsonMerge(values);
    case Function::kJsonToString:
      return Value::String(json::Serialize(values[0]));
    case Function::kMathAdd:
      return MathAdd(values);
    case Function::kMathRandom:
      return MathRandom(values, random);
    case Function::kStringSplit:
      return StringSplit(values);
    case Function::kStringToJson:
      return StringToJson(values[0]);
    case Function::kUuid:
      return Value::String(base::RandomUuid(random));
  }
  return Value();
}

}  // namespace pawl::asl::intrinsics
