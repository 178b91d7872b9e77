// Splits an expression into tokens, one at a time: whether `/` divides or begins a regular expression is the parser's
// knowledge. Positions are ends of tokens in UTF-16 units, as the language's errors report them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/asl/jsonata/jsonata.h"
#include "scheduler/asl/jsonata/regex.h"

namespace pawl::asl::jsonata {

enum class TokenType { kEnd, kName, kVariable, kOperator, kString, kNumber, kValue, kRegex };

struct Token {
  TokenType type = TokenType::kEnd;
  std::string text;  // name, operator, string; `true`, `false`, `null`; UTF-8
  double number = 0;
  std::unique_ptr<Regex> regex;
  size_t position = 0;
};

class Lexer {
 public:
  Lexer(std::string_view text, Version version);

  // The next token; kEnd at the end. `infix`: a `/` here divides. Throws Failure S0101 to S0106, S0301 to S0303.
  Token Next(bool infix);
  size_t length() const { return text_.size(); }

 private:
  char16_t At(size_t offset) const { return offset < text_.size() ? text_[offset] : u'\0'; }
  Token Make(TokenType type, std::string text) const;
  bool SkipComment();
  Token ScanRegex();
  Token ScanString();
  Token ScanQuotedName();
  std::optional<Token> ScanNumber();
  Token ScanName();

  std::u16string text_;
  Version version_;
  size_t at_ = 0;
};

// JavaScript's text of a token's value, for messages and signatures.
std::string TokenText(const Token& token);

}  // namespace pawl::asl::jsonata
