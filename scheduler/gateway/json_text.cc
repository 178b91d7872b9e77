#include "scheduler/gateway/json_text.h"

#include <vector>

namespace pawl::gateway {
namespace {

constexpr char kValueExpected[] =
    "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

// Walks the text with an explicit stack of open brackets; stops at the first fault.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::string FirstFault() {
    SkipSpace();
    if (at_end()) return "No content to map due to end-of-input";
    while (fault_.empty()) {
      Value();
      if (fault_.empty() && !AfterValue()) break;
    }
    return fault_;
  }

 private:
  bool at_end() const { return position_ >= text_.size(); }
  char peek() const { return text_[position_]; }

  void SkipSpace() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++position_;
  }

  void Unexpected(const std::string& expected) {
    if (at_end()) {
      if (open_.empty()) {
        fault_ = "Unexpected end-of-input";
      } else {
        fault_ = std::string("Unexpected end-of-input: expected close marker for ") +
                 (open_.back() == '{' ? "Object" : "Array");
      }
      return;
    }
    const char c = peek();
    fault_ = std::string("Unexpected character ('") + c + "' (code " +
             std::to_string(static_cast<int>(static_cast<unsigned char>(c))) + ")): " + expected;
  }

  // A value up to its first leaf: containers that open are pushed.
  void Value() {
    while (true) {
      SkipSpace();
      if (at_end()) return Unexpected("");
      const char c = peek();
      if (c == '{') {
        open_.push_back('{');
        ++position_;
        SkipSpace();
        if (!at_end() && peek() == '}') return;  // AfterValue closes it
        if (!Key()) return;
      } else if (c == '[') {
        open_.push_back('[');
        ++position_;
        SkipSpace();
        if (!at_end() && peek() == ']') return;
      } else if (c == '"') {
        return String();
      } else if (c == '-' || (c >= '0' && c <= '9')) {
        return Number();
      } else {
        return Token();
      }
    }
  }

  // Closes what ends here; true where another value follows.
  bool AfterValue() {
    while (true) {
      SkipSpace();
      if (open_.empty()) {
        if (!at_end()) Unexpected("was expecting end of input");
        return false;
      }
      if (at_end()) return Unexpected(""), false;
      const bool object = open_.back() == '{';
      if (peek() == (object ? '}' : ']')) {
        open_.pop_back();
        ++position_;
      } else if (peek() == ',') {
        ++position_;
        SkipSpace();
        return object ? Key() : true;
      } else {
        Unexpected(object ? "was expecting comma to separate Object entries"
                          : "was expecting comma to separate Array entries");
        return false;
      }
    }
  }

  bool Key() {
    if (at_end() || peek() != '"') return Unexpected("was expecting double-quote to start field name"), false;
    String();
    if (!fault_.empty()) return false;
    SkipSpace();
    if (at_end() || peek() != ':') {
      return Unexpected("was expecting a colon to separate field name and value"), false;
    }
    ++position_;
    return true;
  }

  void String() {
    for (++position_; !at_end(); ++position_) {
      const unsigned char c = static_cast<unsigned char>(peek());
      if (c == '"') {
        ++position_;
        return;
      }
      if (c < 0x20) {
        fault_ = "Illegal unquoted character ((CTRL-CHAR, code " + std::to_string(c) +
                 ")): has to be escaped using backslash to be included in string value";
        return;
      }
      if (c != '\\') continue;
      ++position_;
      if (at_end()) break;
      if (std::string_view("\"\\/bfnrtu").find(peek()) == std::string_view::npos) {
        fault_ = std::string("Unrecognized character escape '") + peek() + "' (code " +
                 std::to_string(static_cast<int>(static_cast<unsigned char>(peek()))) + ")";
        return;
      }
    }
    fault_ = "Unexpected end-of-input: was expecting closing quote for a string value";
  }

  void Number() {
    const size_t start = position_;
    if (peek() == '-') ++position_;
    const size_t first = position_;
    while (!at_end() && peek() >= '0' && peek() <= '9') ++position_;
    if (position_ == first) return Unexpected("Expected digit (0-9) to follow minus sign, for valid numeric value");
    if (text_[first] == '0' && position_ - first > 1) {
      fault_ = "Invalid numeric value: Leading zeroes not allowed";
      return;
    }
    if (!at_end() && peek() == '.') {
      ++position_;
      if (!Digits("Decimal point not followed by a digit")) return;
    }
    if (!at_end() && (peek() == 'e' || peek() == 'E')) {
      ++position_;
      if (!at_end() && (peek() == '+' || peek() == '-')) ++position_;
      if (!Digits("Exponent indicator not followed by a digit")) return;
    }
    if (!at_end() && IsTokenCharacter(peek())) {
      Unexpected("Expected space separating root-level values");
      position_ = start;
    }
  }

  bool Digits(const char* otherwise) {
    const size_t first = position_;
    while (!at_end() && peek() >= '0' && peek() <= '9') ++position_;
    if (position_ == first) Unexpected(otherwise);
    return position_ > first;
  }

  void Token() {
    const size_t start = position_;
    while (!at_end() && IsTokenCharacter(peek())) ++position_;
    const std::string_view token = text_.substr(start, position_ - start);
    if (token == "null" || token == "true" || token == "false") return;
    if (token.empty()) {
      Unexpected("expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
    } else {
      fault_ = "Unrecognized token '" + std::string(token) + "': " + kValueExpected;
    }
  }

  std::string_view text_;
  size_t position_ = 0;
  std::vector<char> open_;
  std::string fault_;
};

}  // namespace

std::string ExplainInvalidJson(std::string_view text) { return Scanner(text).FirstFault(); }

}  // namespace pawl::gateway
