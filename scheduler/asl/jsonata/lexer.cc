#include "scheduler/asl/jsonata/lexer.h"

#include <cmath>
#include <cstdlib>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

bool IsSpace(char16_t c) { return c == u' ' || (c >= u'\t' && c <= u'\v') || c == u'\r'; }
bool IsDigit(char16_t c) { return c >= u'0' && c <= u'9'; }

bool IsOperator(char16_t c) {
  return c != 0 && c < 0x80 &&
         std::string_view(".[]{}(),@#;:?+-*/%|=<>^&!~").find(static_cast<char>(c)) != std::string_view::npos;
}

int HexDigit(char16_t c) {
  if (IsDigit(c)) return c - u'0';
  if (c >= u'a' && c <= u'f') return c - u'a' + 10;
  if (c >= u'A' && c <= u'F') return c - u'A' + 10;
  return -1;
}

}  // namespace

std::string TokenText(const Token& token) {
  if (token.type == TokenType::kNumber) return NumberToString(token.number);
  if (token.type == TokenType::kEnd) return "(end)";
  if (token.type == TokenType::kRegex) return "/" + token.regex->source() + "/";
  return token.text;
}

Lexer::Lexer(std::string_view text, Version version) : text_(ToUtf16(text)), version_(version) {}

Token Lexer::Make(TokenType type, std::string text) const {
  Token token;
  token.type = type;
  token.text = std::move(text);
  token.position = at_;
  return token;
}

bool Lexer::SkipComment() {
  if (At(at_) != u'/' || At(at_ + 1) != u'*') return false;
  size_t begin = at_;
  at_ += 2;
  while (!(At(at_) == u'*' && At(at_ + 1) == u'/')) {
    if (++at_ >= text_.size()) throw Failure("S0106", begin);
  }
  at_ += 2;
  return true;
}

Token Lexer::Next(bool infix) {
  do {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  } while (SkipComment());
  if (at_ >= text_.size()) {
    Token end;
    end.position = text_.size();
    return end;
  }
  char16_t c = text_[at_];
  if (c == u'/' && !infix) {
    ++at_;
    return ScanRegex();
  }
  char16_t following = At(at_ + 1);
  for (std::string_view pair : {"..", ":=", "!=", ">=", "<=", "**", "~>", "?:", "??"}) {
    if (pair[0] == '?' && version_ == Version::k2_0_6) continue;
    if (c != static_cast<char16_t>(pair[0]) || following != static_cast<char16_t>(pair[1])) continue;
    at_ += 2;
    return Make(TokenType::kOperator, std::string(pair));
  }
  if (IsOperator(c)) {
    ++at_;
    return Make(TokenType::kOperator, std::string(1, static_cast<char>(c)));
  }
  if (c == u'"' || c == u'\'') return ScanString();
  if (std::optional<Token> number = ScanNumber()) return std::move(*number);
  if (c == u'`') return ScanQuotedName();
  return ScanName();
}

// The `/` is behind us. The end is a `/` that is neither escaped nor within brackets.
Token Lexer::ScanRegex() {
  size_t begin = at_;
  int depth = 0;
  for (; at_ < text_.size(); ++at_) {
    char16_t c = text_[at_];
    bool escaped = at_ > 0 && text_[at_ - 1] == u'\\';
    if (c == u'/' && depth == 0) {
      size_t backslashes = 0;
      while (at_ > backslashes && text_[at_ - backslashes - 1] == u'\\') ++backslashes;
      if (backslashes % 2 == 0) {
        std::string pattern = FromUtf16(std::u16string_view(text_).substr(begin, at_ - begin));
        if (pattern.empty()) throw Failure("S0301", at_);
        size_t flags_begin = ++at_;
        while (At(at_) == u'i' || At(at_) == u'm') ++at_;
        std::string flags = FromUtf16(std::u16string_view(text_).substr(flags_begin, at_ - flags_begin));
        Token token = Make(TokenType::kRegex, "");
        try {
          token.regex = std::make_unique<Regex>(pattern, flags);
          token.regex->position = at_;
        } catch (Failure& failure) {
          throw failure.At(at_);
        }
        return token;
      }
    }
    if ((c == u'(' || c == u'[' || c == u'{') && !escaped) ++depth;
    if ((c == u')' || c == u']' || c == u'}') && !escaped) --depth;
  }
  throw Failure("S0302", at_);
}

Token Lexer::ScanString() {
  char16_t quote = text_[at_++];
  std::u16string content;
  for (; at_ < text_.size(); ++at_) {
    char16_t c = text_[at_];
    if (c == quote) {
      ++at_;
      return Make(TokenType::kString, FromUtf16(content));
    }
    if (c != u'\\') {
      content.push_back(c);
      continue;
    }
    c = At(++at_);
    switch (c) {
      case u'"':
      case u'\\':
      case u'/':
        content.push_back(c);
        break;
      case u'b':
        content.push_back(u'\b');
        break;
      case u'f':
        content.push_back(u'\f');
        break;
      case u'n':
        content.push_back(u'\n');
        break;
      case u'r':
        content.push_back(u'\r');
        break;
      case u't':
        content.push_back(u'\t');
        break;
      case u'u': {
        int code = 0;
        for (size_t i = 1; i <= 4; ++i) {
          int digit = HexDigit(At(at_ + i));
          if (digit < 0) throw Failure("S0104", at_);
          code = code * 16 + digit;
        }
        content.push_back(static_cast<char16_t>(code));
        at_ += 4;
        break;
      }
      default:
        throw Failure("S0103", at_).Token(FromUtf16(std::u16string_view(text_).substr(at_, 1)));
    }
  }
  throw Failure("S0101", at_);
}

// -?(0|[1-9][0-9]*)(\.[0-9]+)?([Ee][-+]?[0-9]+)?  (a minus has become an operator before this is asked)
std::optional<Token> Lexer::ScanNumber() {
  size_t end = at_;
  if (!IsDigit(At(end))) return std::nullopt;
  if (At(end) == u'0') {
    ++end;
  } else {
    while (IsDigit(At(end))) ++end;
  }
  if (At(end) == u'.' && IsDigit(At(end + 1))) {
    ++end;
    while (IsDigit(At(end))) ++end;
  }
  if (At(end) == u'e' || At(end) == u'E') {
    size_t digits = end + 1;
    if (At(digits) == u'-' || At(digits) == u'+') ++digits;
    if (IsDigit(At(digits))) {
      while (IsDigit(At(digits))) ++digits;
      end = digits;
    }
  }
  std::string text(text_.begin() + static_cast<ptrdiff_t>(at_), text_.begin() + static_cast<ptrdiff_t>(end));
  double number = std::strtod(text.c_str(), nullptr);
  if (!std::isfinite(number)) throw Failure("S0102", at_).Token(text);
  at_ = end;
  Token token = Make(TokenType::kNumber, "");
  token.number = number;
  return token;
}

Token Lexer::ScanQuotedName() {
  size_t begin = ++at_;
  size_t end = text_.find(u'`', begin);
  if (end == std::u16string::npos) {
    at_ = text_.size();
    throw Failure("S0105", at_);
  }
  at_ = end + 1;
  return Make(TokenType::kName, FromUtf16(std::u16string_view(text_).substr(begin, end - begin)));
}

Token Lexer::ScanName() {
  size_t begin = at_;
  while (at_ < text_.size() && !IsSpace(text_[at_]) && !IsOperator(text_[at_])) ++at_;
  std::string name = FromUtf16(std::u16string_view(text_).substr(begin, at_ - begin));
  if (name[0] == '$') return Make(TokenType::kVariable, name.substr(1));
  if (name == "and" || name == "or" || name == "in") return Make(TokenType::kOperator, name);
  if (name == "true" || name == "false" || name == "null") return Make(TokenType::kValue, name);
  return Make(TokenType::kName, name);
}

}  // namespace pawl::asl::jsonata
