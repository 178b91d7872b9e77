// Text to value. nlohmann/json reads the text (its parser keeps its own stack, so depth costs memory, not stack) and
// calls the handlers below; this file is the only one that includes it for payloads.
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/json/node.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

// "line 2, column 5" of a byte offset; columns count bytes.
std::string PlaceOf(std::string_view text, size_t offset) {
  offset = std::min(offset, text.size());
  size_t line = 1;
  size_t line_begin = 0;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') {
      ++line;
      line_begin = i + 1;
    }
  }
  return absl::StrCat("line ", line, ", column ", offset - line_begin + 1);
}

// nlohmann's message without its own number and place: "[json.exception.parse_error.101] parse error at line 1, column
// 2: syntax error ..." becomes "syntax error ...".
std::string Reason(std::string message) {
  if (const size_t close = message.find("] "); close != std::string::npos) message.erase(0, close + 2);
  if (message.starts_with("parse error at line")) {
    if (const size_t colon = message.find(": "); colon != std::string::npos) message.erase(0, colon + 2);
  }
  return message;
}

// What building and mere checking have in common: depth and errors.
class Handler {
 public:
  Handler(std::string_view text, int depth_max) : text_(text), depth_max_(depth_max) {}

  bool parse_error(size_t position, const std::string& /*last_token*/, const nlohmann::detail::exception& error) {
    status_ = absl::InvalidArgumentError(
        absl::StrCat("invalid JSON at ", PlaceOf(text_, position == 0 ? 0 : position - 1), ": ", Reason(error.what())));
    return false;
  }
  const absl::Status& status() const { return status_; }

 protected:
  bool Enter() {
    if (++depth_ <= depth_max_) return true;
    status_ = absl::ResourceExhaustedError(absl::StrCat("JSON nested deeper than ", depth_max_, " levels"));
    return false;
  }
  void Leave() { --depth_; }

 private:
  std::string_view text_;
  int depth_max_;
  int depth_ = 0;
  absl::Status status_;
};

class Checker : public Handler {
 public:
  using Handler::Handler;
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(int64_t) { return true; }
  bool number_unsigned(uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(const std::string&) { return true; }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool key(const std::string&) { return true; }
  bool start_object(size_t) { return Enter(); }
  bool start_array(size_t) { return Enter(); }
  bool end_object() { return Leave(), true; }
  bool end_array() { return Leave(), true; }
};

// Finished values wait on one stack; a closing bracket takes its own off the top and puts the container there.
class Builder : public Handler {
 public:
  Builder(std::string_view text, int depth_max) : Handler(text, depth_max) {
    values_.reserve(32);
    keys_.reserve(32);
    starts_.reserve(8);
  }

  bool null() { return Push(Value()); }
  bool boolean(bool value) { return Push(Value::Bool(value)); }
  // nlohmann gives negative whole numbers here, so a zero was written "-0".
  bool number_integer(int64_t value) { return value == 0 ? PushNumber("-0") : PushInteger(value); }
  bool number_unsigned(uint64_t value) { return PushInteger(value); }
  bool number_float(double, const std::string& text) { return PushNumber(text); }
  // Texts are copied, not moved: the copy is exactly as large as it must be, and the lexer keeps its grown buffer.
  bool string(const std::string& text) { return Push(MakeText(Kind::kString, text)); }
  bool binary(std::vector<uint8_t>&) { return false; }
  bool key(const std::string& text) {
    keys_.push_back(text);
    return true;
  }
  bool start_object(size_t) { return Start(); }
  bool start_array(size_t) { return Start(); }

  bool end_object() {
    const size_t first = starts_.back();
    const size_t count = values_.size() - first;
    Value object = MakeObject(keys_.data() + (keys_.size() - count), values_.data() + first, count);
    keys_.resize(keys_.size() - count);
    return Finish(std::move(object));
  }

  bool end_array() {
    const size_t first = starts_.back();
    return Finish(MakeArray(values_.data() + first, values_.size() - first));
  }

  Value Result() { return std::move(values_.front()); }

 private:
  bool Push(Value value) {
    values_.push_back(std::move(value));
    return true;
  }
  bool PushNumber(std::string text) { return Push(MakeText(Kind::kNumber, std::move(text))); }
  template <typename Integer>
  bool PushInteger(Integer value) {
    char buffer[24];
    const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    return PushNumber(std::string(buffer, end));
  }
  bool Start() {
    starts_.push_back(values_.size());
    return Enter();
  }
  bool Finish(Value container) {
    values_.resize(starts_.back());
    starts_.pop_back();
    Leave();
    return Push(std::move(container));
  }

  std::vector<Value> values_;
  std::vector<std::string> keys_;  // of the members whose objects are open
  std::vector<size_t> starts_;     // per open container: how many values stood below it
};

template <typename Sax>
absl::Status Run(std::string_view text, const ParseLimits& limits, Sax& handler) {
  if (text.size() > limits.bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("JSON text of ", text.size(), " bytes is longer than ", limits.bytes_max, " bytes"));
  }
  // nlohmann takes a NUL for the end of the text.
  if (const void* nul = text.empty() ? nullptr : std::memchr(text.data(), 0, text.size())) {
    const size_t offset = static_cast<size_t>(static_cast<const char*>(nul) - text.data());
    return absl::InvalidArgumentError(absl::StrCat("invalid JSON at ", PlaceOf(text, offset), ": a NUL character"));
  }
  if (nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &handler)) return absl::OkStatus();
  return handler.status();
}

}  // namespace

absl::StatusOr<Value> Parse(std::string_view text, const ParseLimits& limits) {
  Builder builder(text, limits.depth_max);
  if (absl::Status status = Run(text, limits, builder); !status.ok()) return status;
  return builder.Result();
}

bool IsValid(std::string_view text, const ParseLimits& limits) {
  Checker checker(text, limits.depth_max);
  return Run(text, limits, checker).ok();
}

}  // namespace pawl::json
