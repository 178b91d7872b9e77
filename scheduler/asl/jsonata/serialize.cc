#include "scheduler/asl/jsonata/serialize.h"

#include <cmath>
#include <vector>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

void CheckDepth(int depth) {
  if (depth > kValueDepthMax) throw Failure("D1011");
}

class Stringifier {
 public:
  explicit Stringifier(const StringifyOptions& options) : options_(options) {}

  void Append(const Value& value, int depth) {
    CheckDepth(depth);
    if (out_.size() > checked_bytes_ + (1 << 16)) {
      Heap::Current().Require(out_.size());
      checked_bytes_ = out_.size();
    }
    switch (value.tag()) {
      case Tag::kUndefined:
      case Tag::kNull:
        out_ += "null";
        return;
      case Tag::kBool:
        out_ += value.boolean() ? "true" : "false";
        return;
      case Tag::kNumber:
        return AppendNumber(value.number());
      case Tag::kJsonString:
      case Tag::kString:
        return AppendJsonString(value.text(), out_);
      case Tag::kJsonArray:
      case Tag::kArray:
        return AppendArray(value, depth);
      case Tag::kJsonObject:
      case Tag::kObject:
        return AppendObject(value, depth);
      case Tag::kNative:
      case Tag::kRegex:
      case Tag::kFunction:
      case Tag::kTuple:
        out_ += "\"\"";
        return;
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void AppendNumber(double number) {
    if (std::isnan(number)) {
      out_ += "null";
      return;
    }
    if (std::isinf(number)) throw Failure("D1001").Json("null");
    bool whole = number == std::trunc(number);
    out_ += NumberToString(whole && !options_.round_whole_numbers ? number : RoundToPrecision15(number));
  }

  void AppendArray(const Value& array, int depth) {
    size_t count = array.size();
    if (count == 0) {
      out_ += "[]";
      return;
    }
    out_.push_back('[');
    for (size_t i = 0; i < count; ++i) {
      if (i > 0) out_.push_back(',');
      NewLine(depth + 1);
      Append(array.At(i), depth + 1);
    }
    NewLine(depth);
    out_.push_back(']');
  }

  void AppendObject(const Value& object, int depth) {
    bool first = true;
    out_.push_back('{');
    for (const ObjectEntry& entry : Members(object, options_.js_order)) {
      if (entry.value.is_undefined()) continue;
      if (!first) out_.push_back(',');
      first = false;
      NewLine(depth + 1);
      AppendJsonString(entry.key.text(), out_);
      out_.push_back(':');
      if (options_.pretty) out_.push_back(' ');
      Append(entry.value, depth + 1);
    }
    if (!first) NewLine(depth);
    out_.push_back('}');
  }

  void NewLine(int depth) {
    if (!options_.pretty) return;
    out_.push_back('\n');
    out_.append(static_cast<size_t>(depth) * 2, ' ');
  }

  const StringifyOptions& options_;
  std::string out_;
  size_t checked_bytes_ = 0;
};

json::Value NumberToJson(double number, bool strict) {
  if (!std::isfinite(number)) {
    if (strict) throw Failure("D1001").Json("null");
    return json::Value::Null();
  }
  if (number == std::trunc(number) && std::fabs(number) < 1e15) return json::Value::Int(static_cast<int64_t>(number));
  return json::Value::NumberText(NumberToString(number));
}

// Makes the result, whose memory is not the heap's; it is counted all the same, because values that the heap holds once
// (ranges, strings) may stand in a result many times.
class ResultBuilder {
 public:
  explicit ResultBuilder(const ResultOptions& options) : options_(options) {}

  json::Value Build(const Value& value, int depth) {
    CheckDepth(depth);
    switch (value.tag()) {
      case Tag::kUndefined:
      case Tag::kNull:
        return json::Value::Null();
      case Tag::kBool:
        return json::Value::Bool(value.boolean());
      case Tag::kNumber:
        Count(kNumberBytes);
        return NumberToJson(value.number(), options_.strict);
      case Tag::kJsonString:
      case Tag::kJsonArray:
      case Tag::kJsonObject:
        return *value.json();
      case Tag::kString:
        Count(kNumberBytes + value.text().size());
        return json::Value::String(WithoutLoneSurrogates(value.text()));
      case Tag::kArray: {
        std::vector<json::Value> items;
        size_t count = value.size();
        Count(count * sizeof(json::Value));
        items.reserve(count);
        for (size_t i = 0; i < count; ++i) items.push_back(Build(value.At(i), depth + 1));
        return json::Value::Array(std::move(items));
      }
      case Tag::kObject: {
        std::vector<json::Member> members;
        Count(value.member_count() * sizeof(json::Member));
        members.reserve(value.member_count());
        for (const ObjectEntry& entry : Members(value, options_.js_order)) {
          if (entry.value.is_undefined() || (entry.value.is_function() && !options_.strict)) continue;
          members.push_back({WithoutLoneSurrogates(entry.key.text()), Build(entry.value, depth + 1)});
        }
        return json::Value::Object(std::move(members));
      }
      case Tag::kRegex:
        if (options_.strict || depth == 0) throw UnsupportedResult{"regex"};
        return json::Value::Null();
      case Tag::kNative:
      case Tag::kFunction:
        if (options_.strict || depth == 0) throw UnsupportedResult{"function"};
        return json::Value::Null();
      case Tag::kTuple:
        return json::Value::Null();
    }
    return json::Value::Null();
  }

 private:
  static constexpr size_t kNumberBytes = 24;  // of a node, about

  void Count(size_t bytes) {
    bytes_ += bytes;
    Heap::Current().Require(bytes_);
  }

  const ResultOptions& options_;
  size_t bytes_ = 0;
};

}  // namespace

std::string Stringify(const Value& value, const StringifyOptions& options) {
  if (value.is_string()) return std::string(value.text());
  if (value.is_function()) return "";
  if (value.is_number() && !std::isfinite(value.number())) throw Failure("D3001").Json("null");
  const ArrayNode* node = value.array_node();
  Stringifier stringifier(options);
  stringifier.Append(node != nullptr && node->outer_wrapper ? node->At(0) : value, 0);
  return stringifier.Take();
}

std::optional<std::string> DescribeValue(const Value& value) {
  constexpr size_t kShownMax = 4096;  // Pawl's own: a message stays a message
  if (value.is_undefined() || value.is_function()) return std::nullopt;
  if (value.is_number()) {
    return std::isfinite(value.number()) ? NumberToString(value.number()) : std::string("null");
  }
  try {
    StringifyOptions options;
    Stringifier stringifier(options);
    stringifier.Append(value, 0);
    std::string text = stringifier.Take();
    if (text.size() <= kShownMax) return text;
    text.resize(kShownMax);
    while (!text.empty() && (static_cast<unsigned char>(text.back()) & 0xC0) == 0x80) text.pop_back();
    if (!text.empty() && static_cast<unsigned char>(text.back()) >= 0xC0) text.pop_back();
    return text + "...";
  } catch (const Failure&) {
    return std::nullopt;
  }
}

json::Value ToJson(const Value& value, const ResultOptions& options) { return ResultBuilder(options).Build(value, 0); }

}  // namespace pawl::asl::jsonata
