#include "scheduler/asl/syntax/json_fault.h"

#include <vector>

#include "absl/strings/str_cat.h"

namespace pawl::asl::syntax {
namespace {

constexpr char kTokens[] = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

bool IsWordCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// A scanner with the open brackets on a stack of its own; stops at the first fault.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  JsonFault Run() {
    bool wants_value = true;
    while (fault_.message.empty()) {
      SkipSpace();
      if (wants_value) {
        wants_value = !Value();
      } else if (open_.empty()) {
        if (!at_end()) Unexpected("was expecting end of input");
        break;
      } else {
        wants_value = Separator();
      }
    }
    return fault_;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return text_[at_]; }
  void SkipSpace() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  void Fault(std::string message, size_t offset) {
    if (fault_.message.empty()) fault_ = {std::move(message), offset};
  }

  void Unexpected(std::string_view expected) {
    if (at_end()) {
      Fault(open_.empty() ? std::string("No content to map due to end-of-input")
                          : absl::StrCat("Unexpected end-of-input: expected close marker for ",
                                         open_.back() == '{' ? "Object" : "Array"),
            at_);
      return;
    }
    const int code = static_cast<unsigned char>(peek());
    Fault(absl::StrCat("Unexpected character ('", std::string(1, peek()), "' (code ", code,
                       ")): ", std::string(expected)),
          at_ + 1);
  }

  // True where a whole value, or an empty container, has been passed.
  bool Value() {
    if (at_end()) return Unexpected(""), false;
    const char c = peek();
    if (c == '{' || c == '[') {
      open_.push_back(c);
      ++at_;
      SkipSpace();
      if (!at_end() && peek() == (c == '{' ? '}' : ']')) {
        ++at_;
        open_.pop_back();
        return true;
      }
      if (c == '{') Key();
      return false;
    }
    if (c == '"') return String(), true;
    if (c == '-' || IsDigit(c)) return Number(), true;
    return Word();
  }

  // After a value inside a container; true where another value follows.
  bool Separator() {
    const bool object = open_.back() == '{';
    if (!at_end() && peek() == ',') {
      ++at_;
      SkipSpace();
      if (object) Key();
      return true;
    }
    if (!at_end() && peek() == (object ? '}' : ']')) {
      ++at_;
      open_.pop_back();
      return false;
    }
    Unexpected(object ? "was expecting comma to separate Object entries"
                      : "was expecting comma to separate Array entries");
    return false;
  }

  void Key() {
    if (at_end() || peek() != '"') return Unexpected("was expecting double-quote to start field name");
    String();
    if (!fault_.message.empty()) return;
    SkipSpace();
    if (at_end() || peek() != ':') return Unexpected("was expecting a colon to separate field name and value");
    ++at_;
  }

  void String() {
    for (++at_; !at_end(); ++at_) {
      const unsigned char c = static_cast<unsigned char>(peek());
      if (c == '"') {
        ++at_;
        return;
      }
      if (c < 0x20) {
        return Fault(absl::StrCat("Illegal unquoted character ((CTRL-CHAR, code ", static_cast<int>(c),
                                  ")): has to be escaped using backslash to be included in string value"),
                     at_ + 1);
      }
      if (c != '\\') continue;
      ++at_;
      if (at_end()) break;
      if (std::string_view("\"\\/bfnrtu").find(peek()) == std::string_view::npos) {
        return Fault(absl::StrCat("Unrecognized character escape '", std::string(1, peek()), "' (code ",
                                  static_cast<int>(static_cast<unsigned char>(peek())), ")"),
                     at_ + 1);
      }
    }
    Fault("Unexpected end-of-input in VALUE_STRING", at_);
  }

  void Number() {
    const size_t begin = at_;
    if (peek() == '-') ++at_;
    const size_t digits = at_;
    while (!at_end() && IsDigit(peek())) ++at_;
    if (at_ == digits) return Unexpected("Expected digit (0-9) to follow minus sign, for valid numeric value");
    if (at_ - digits > 1 && text_[digits] == '0') {
      return Fault("Invalid numeric value: Leading zeroes not allowed", begin + 1);
    }
    if (!at_end() && peek() == '.') {
      ++at_;
      if (at_end() || !IsDigit(peek())) return Unexpected("Decimal point not followed by a digit");
      while (!at_end() && IsDigit(peek())) ++at_;
    }
    if (!at_end() && (peek() == 'e' || peek() == 'E')) {
      ++at_;
      if (!at_end() && (peek() == '+' || peek() == '-')) ++at_;
      if (at_end() || !IsDigit(peek())) return Unexpected("Exponent indicator not followed by a digit");
      while (!at_end() && IsDigit(peek())) ++at_;
    }
  }

  bool Word() {
    const size_t begin = at_;
    while (!at_end() && IsWordCharacter(peek())) ++at_;
    const std::string_view word = text_.substr(begin, at_ - begin);
    if (word == "null" || word == "true" || word == "false") return true;
    if (word.empty()) {
      Unexpected(absl::StrCat("expected a valid value ", kTokens));
      return false;
    }
    Fault(absl::StrCat("Unrecognized token '", std::string(word), "': was expecting ", kTokens), at_);
    return false;
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<char> open_;
  JsonFault fault_;
};

}  // namespace

JsonFault FindJsonFault(std::string_view text) { return Scanner(text).Run(); }

}  // namespace pawl::asl::syntax
