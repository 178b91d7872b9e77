// String functions (https://docs.jsonata.org/string-functions), except those that take regular expressions.

#include <algorithm>
#include <cmath>
#include <cstring>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/evaluator.h"
#include "scheduler/asl/jsonata/functions.h"
#include "scheduler/asl/jsonata/text.h"
#include "scheduler/asl/jsonata/url.h"

namespace pawl::asl::jsonata {
namespace {

Value StringFunction(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (call[0].is_string()) return call[0];
  bool pretty = call[1].is_bool() && call[1].boolean();
  return Value::String(call.evaluator.StringOf(call[0], pretty));
}

// Array.prototype.slice's reading of an index on `size` elements.
size_t SliceIndex(double index, size_t size) {
  if (std::isnan(index)) return 0;
  index = std::trunc(index);
  auto length = static_cast<double>(size);
  if (index < 0) return static_cast<size_t>(std::max(0.0, length + index));
  return static_cast<size_t>(std::min(index, length));
}

Value Substring(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  // Without a start the length has nothing to count from: JavaScript slices up to NaN.
  if (!call[1].is_number()) return call[2].is_number() ? Value::String("") : call[0];
  std::string_view text = call[0].text();
  bool ascii = IsAscii(text);
  size_t size = ascii ? text.size() : CodePointCount(text);
  auto length = static_cast<double>(size);
  double start = call[1].number();
  if (length + start < 0) start = 0;
  size_t end = size;
  if (call[2].is_number()) {
    if (call[2].number() <= 0) return Value::String("");
    end = SliceIndex(start >= 0 ? start + call[2].number() : length + start + call[2].number(), size);
  }
  size_t begin = SliceIndex(start, size);
  if (begin >= end) return Value::String("");
  if (ascii) return Value::String(text.substr(begin, end - begin));
  size_t from = ByteOffsetOfCodePoint(text, begin);
  return Value::String(text.substr(from, ByteOffsetOfCodePoint(text.substr(from), end - begin)));
}

size_t Find(std::string_view text, std::string_view part, size_t from = 0) {
  if (part.empty()) return from <= text.size() ? from : std::string_view::npos;
  if (from >= text.size()) return std::string_view::npos;
  // memmem is linear in the worst case, std::string_view::find is not.
  const void* found = memmem(text.data() + from, text.size() - from, part.data(), part.size());
  return found == nullptr ? std::string_view::npos : static_cast<size_t>(static_cast<const char*>(found) - text.data());
}

Value SubstringBefore(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_string()) return call[0];
  size_t at = Find(call[0].text(), call[1].text());
  return at == std::string_view::npos ? call[0] : Value::String(call[0].text().substr(0, at));
}

Value SubstringAfter(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_string()) return call[0];
  size_t at = Find(call[0].text(), call[1].text());
  return at == std::string_view::npos ? call[0] : Value::String(call[0].text().substr(at + call[1].text().size()));
}

Value Lowercase(NativeCall& call) {
  return call[0].is_undefined() ? Value() : Value::String(ToLowerCase(call[0].text()));
}

Value Uppercase(NativeCall& call) {
  return call[0].is_undefined() ? Value() : Value::String(ToUpperCase(call[0].text()));
}

Value Length(NativeCall& call) {
  return call[0].is_undefined() ? Value() : Value::Number(static_cast<double>(CodePointCount(call[0].text())));
}

Value Trim(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::string result;
  for (char c : call[0].text()) {
    bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (space && !result.empty() && result.back() == ' ') continue;
    result.push_back(space ? ' ' : c);
  }
  if (!result.empty() && result.front() == ' ') result.erase(0, 1);
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return Value::String(result);
}

Value Pad(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  if (!call[1].is_number()) return call[0];
  std::string_view text = call[0].text();
  std::string_view filling = call[2].is_string() && !call[2].text().empty() ? call[2].text() : " ";
  double width = std::trunc(call[1].number());
  double missing = std::fabs(width) - static_cast<double>(CodePointCount(text));
  if (!(missing > 0)) return call[0];
  if (missing > 1e15) Heap::Current().Require(SIZE_MAX);
  auto count = static_cast<size_t>(missing);
  Heap::Current().Require(count + text.size());
  std::u32string points = ToUtf32(filling);
  std::string padding;
  padding.reserve(count);
  for (size_t i = 0; i < count; ++i) AppendCodePoint(points[i % points.size()], padding);
  call.evaluator.Charge(count / 64);
  return Value::String(width > 0 ? std::string(text) + padding : padding + std::string(text));
}

Value Join(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::string result;
  std::string_view separator = call[1].is_string() ? call[1].text() : "";
  size_t count = call[0].size();
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) result += separator;
    Value item = call[0].At(i);
    if (item.is_string()) AppendText(item.text(), result);
    if (i % 256 == 0) {
      call.evaluator.Charge(8);
      Heap::Current().Require(result.size());
    }
  }
  return Value::String(result);
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// As Node's Buffer.from(text, 'binary'): the low byte of each UTF-16 unit.
Value Base64Encode(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::u16string units = ToUtf16(call[0].text());
  std::string result;
  for (size_t i = 0; i < units.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) bits = (bits << 8) | (i + k < units.size() ? units[i + k] & 0xFFu : 0u);
    size_t bytes = std::min<size_t>(3, units.size() - i);
    for (size_t k = 0; k < 4; ++k) {
      result.push_back(k <= bytes ? kBase64[(bits >> (18 - 6 * k)) & 63] : '=');
    }
  }
  return Value::String(result);
}

// As Node: both alphabets, other characters skipped, `=` ends it; each byte becomes one character.
Value Base64Decode(NativeCall& call) {
  if (call[0].is_undefined()) return Value();
  std::string result;
  uint32_t bits = 0;
  int held = 0;
  for (char c : call[0].text()) {
    if (c == '=') break;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    size_t digit = kBase64.find(c);
    if (digit == std::string_view::npos) continue;
    bits = (bits << 6) | static_cast<uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      AppendCodePoint((bits >> held) & 0xFF, result);
    }
  }
  return Value::String(result);
}

template <std::optional<std::string> (*kConvert)(std::string_view)>
Value Url(NativeCall& call, std::string_view name) {
  if (call[0].is_undefined()) return Value();
  std::optional<std::string> result = kConvert(call[0].text());
  if (result) return Value::String(*result);
  Failure failure("D3140");
  failure.Text(call[0].text());
  failure.function_name = name;
  throw failure;
}

constexpr NativeSpec kFunctions[] = {
    {"string", "<x-b?:s>", 1, StringFunction},
    {"substring", "<s-nn?:s>", 3, Substring},
    {"substringBefore", "<s-s:s>", 2, SubstringBefore},
    {"substringAfter", "<s-s:s>", 2, SubstringAfter},
    {"lowercase", "<s-:s>", 1, Lowercase},
    {"uppercase", "<s-:s>", 1, Uppercase},
    {"length", "<s-:n>", 1, Length},
    {"trim", "<s-:s>", 1, Trim},
    {"pad", "<s-ns?:s>", 3, Pad},
    {"join", "<a<s>s?:s>", 2, Join},
    {"base64encode", "<s-:s>", 1, Base64Encode},
    {"base64decode", "<s-:s>", 1, Base64Decode},
    {"encodeUrlComponent", "<s-:s>", 1,
     [](NativeCall& call) { return Url<EncodeUrlComponent>(call, "encodeUrlComponent"); }},
    {"encodeUrl", "<s-:s>", 1, [](NativeCall& call) { return Url<EncodeUrl>(call, "encodeUrl"); }},
    {"decodeUrlComponent", "<s-:s>", 1,
     [](NativeCall& call) { return Url<DecodeUrlComponent>(call, "decodeUrlComponent"); }},
    {"decodeUrl", "<s-:s>", 1, [](NativeCall& call) { return Url<DecodeUrl>(call, "decodeUrl"); }},
};

}  // namespace

std::span<const NativeSpec> StringFunctions() { return kFunctions; }

}  // namespace pawl::asl::jsonata
