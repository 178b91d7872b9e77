#include "scheduler/asl/jsonpath/cursor.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonpath {
namespace {

void AppendUtf8(uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3f));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

// The four hexadecimal digits at the front of `text`.
std::optional<uint32_t> HexCode(std::string_view text) {
  if (text.size() < 4) return std::nullopt;
  uint32_t code = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9'   ? c - '0'
                      : c >= 'a' && c <= 'f' ? c - 'a' + 10
                      : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                             : -1;
    if (digit < 0) return std::nullopt;
    code = code * 16 + static_cast<uint32_t>(digit);
  }
  return code;
}

}  // namespace

bool Cursor::ConsumeText(std::string_view expected) {
  if (text_.substr(std::min(position_, text_.size()), expected.size()) != expected) return false;
  position_ += expected.size();
  return true;
}

void Cursor::SkipBlanks() {
  while (Peek() == ' ') Advance();
}

absl::StatusOr<std::string> Cursor::QuotedString() {
  const char quote = Peek();
  const size_t begin = position_;
  Advance();
  std::string result;
  while (!at_end() && Peek() != quote) {
    char c = Peek();
    Advance();
    if (c != '\\' || at_end()) {
      result += c;
      continue;
    }
    c = Peek();
    Advance();
    switch (c) {
      case 'n':
        result += '\n';
        break;
      case 't':
        result += '\t';
        break;
      case 'r':
        result += '\r';
        break;
      case 'b':
        result += '\b';
        break;
      case 'f':
        result += '\f';
        break;
      case 'u': {
        std::optional<uint32_t> code = HexCode(text_.substr(position_));
        if (!code) return Error("four hexadecimal digits after \\u");
        Advance(4);
        if (*code >= 0xd800 && *code < 0xdc00 && Peek() == '\\' && Peek(1) == 'u') {
          if (const std::optional<uint32_t> low = HexCode(text_.substr(position_ + 2));
              low && *low >= 0xdc00 && *low < 0xe000) {
            code = 0x10000 + ((*code - 0xd800) << 10) + (*low - 0xdc00);
            Advance(6);
          }
        }
        if (*code >= 0xd800 && *code < 0xe000) return Error("a surrogate pair, not half of one");
        AppendUtf8(*code, result);
        break;
      }
      default:
        result += c;
    }
  }
  if (!Consume(quote)) {
    position_ = begin;
    return Error("a closing quote for this string");
  }
  return result;
}

absl::StatusOr<std::string> Cursor::JsonLiteral() {
  const size_t begin = position_;
  std::string out;
  size_t depth = 0;
  while (!at_end()) {
    const char c = Peek();
    if (c == '\'' || c == '"') {
      PAWL_ASSIGN_OR_RETURN(const std::string text, QuotedString());
      json::AppendQuoted(text, out);
      continue;
    }
    out += c;
    Advance();
    if (c == '[' || c == '{') ++depth;
    if ((c == ']' || c == '}') && --depth == 0) return out;
  }
  position_ = begin;
  return Error("a closing bracket for this literal");
}

absl::Status Cursor::Error(std::string_view what) const {
  return absl::InvalidArgumentError(absl::StrCat("invalid path '", std::string(text_), "' at position ", position_ + 1,
                                                 ": expected ", std::string(what)));
}

}  // namespace pawl::asl::jsonpath
