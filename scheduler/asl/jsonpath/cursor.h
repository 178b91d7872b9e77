// A position in a path's text. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::asl::jsonpath {

class Cursor {
 public:
  explicit Cursor(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ >= text_.size(); }
  // The current character, or one further on; NUL behind the end.
  char Peek(size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  void Advance(size_t count = 1) { position_ += count; }
  bool Consume(char c) { return ConsumeText(std::string_view(&c, 1)); }
  bool ConsumeText(std::string_view expected);
  void SkipBlanks();

  size_t position() const { return position_; }
  void set_position(size_t position) { position_ = position; }
  // The text from `begin` up to the current character.
  std::string_view Since(size_t begin) const { return text_.substr(begin, position_ - begin); }

  // At an opening quote: the string up to the same quote, unescaped; stands behind it afterwards.
  absl::StatusOr<std::string> QuotedString();
  // At '[' or '{': the JSON literal up to its end; strings may stand in single quotes. As JSON text.
  absl::StatusOr<std::string> JsonLiteral();

  // INVALID_ARGUMENT: "invalid path '...' at position 3: expected ...".
  absl::Status Error(std::string_view what) const;

 private:
  std::string_view text_;
  size_t position_ = 0;
};

}  // namespace pawl::asl::jsonpath
