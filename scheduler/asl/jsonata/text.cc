#include "scheduler/asl/jsonata/text.h"

#include <locale.h>
#include <wctype.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

namespace pawl::asl::jsonata {
namespace {

bool IsHighSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDBFF; }
bool IsLowSurrogate(char32_t c) { return c >= 0xDC00 && c <= 0xDFFF; }
bool IsSurrogate(char32_t c) { return c >= 0xD800 && c <= 0xDFFF; }

bool IsContinuation(std::string_view text, size_t offset) {
  return offset < text.size() && (static_cast<unsigned char>(text[offset]) & 0xC0) == 0x80;
}

// glibc's C.UTF-8 carries Unicode's simple case mapping; it is part of every Debian installation.
locale_t CaseLocale() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", static_cast<locale_t>(nullptr));
  return locale;
}

char32_t UpperOf(char32_t c) {
  if (c < 0x80) return c >= 'a' && c <= 'z' ? c - 32 : c;
  locale_t locale = CaseLocale();
  return locale == nullptr ? c : static_cast<char32_t>(towupper_l(static_cast<wint_t>(c), locale));
}

char32_t LowerOf(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  locale_t locale = CaseLocale();
  return locale == nullptr ? c : static_cast<char32_t>(towlower_l(static_cast<wint_t>(c), locale));
}

bool IsLetter(char32_t c) {
  if (c < 0x80) return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  locale_t locale = CaseLocale();
  return locale != nullptr && iswalpha_l(static_cast<wint_t>(c), locale);
}

// Unicode's SpecialCasing.txt, unconditional upper case mappings of the Latin ligatures and the sharp s.
const char* SpecialUpper(char32_t c) {
  switch (c) {
    case 0xDF:
      return "SS";
    case 0x149:
      return "\xCA\xBC"
             "N";
    case 0x1F0:
      return "J\xCC\x8C";
    case 0xFB00:
      return "FF";
    case 0xFB01:
      return "FI";
    case 0xFB02:
      return "FL";
    case 0xFB03:
      return "FFI";
    case 0xFB04:
      return "FFL";
    case 0xFB05:
    case 0xFB06:
      return "ST";
    default:
      return nullptr;
  }
}

}  // namespace

char32_t NextCodePoint(std::string_view text, size_t& offset) {
  auto byte = static_cast<unsigned char>(text[offset++]);
  if (byte < 0x80) return byte;
  auto continuation = [&](size_t at) { return static_cast<char32_t>(static_cast<unsigned char>(text[at]) & 0x3F); };
  if (byte >= 0xC2 && byte <= 0xDF && IsContinuation(text, offset)) {
    char32_t c = (static_cast<char32_t>(byte & 0x1F) << 6) | continuation(offset);
    offset += 1;
    return c;
  }
  if ((byte & 0xF0) == 0xE0 && IsContinuation(text, offset) && IsContinuation(text, offset + 1)) {
    char32_t c = (static_cast<char32_t>(byte & 0x0F) << 12) | (continuation(offset) << 6) | continuation(offset + 1);
    if (c >= 0x800) {
      offset += 2;
      return c;
    }
  }
  if ((byte & 0xF8) == 0xF0 && IsContinuation(text, offset) && IsContinuation(text, offset + 1) &&
      IsContinuation(text, offset + 2)) {
    char32_t c = (static_cast<char32_t>(byte & 0x07) << 18) | (continuation(offset) << 12) |
                 (continuation(offset + 1) << 6) | continuation(offset + 2);
    if (c >= 0x10000 && c <= 0x10FFFF) {
      offset += 3;
      return c;
    }
  }
  return 0xFFFD;
}

void AppendCodePoint(char32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (c >> 6)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else if (c < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (c >> 12)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    out.push_back(static_cast<char>(0xF0 | (c >> 18)));
    out.push_back(static_cast<char>(0x80 | ((c >> 12) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | ((c >> 6) & 0x3F)));
    out.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
}

bool IsAscii(std::string_view text) {
  for (char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return false;
  }
  return true;
}

size_t CodePointCount(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++count) NextCodePoint(text, i);
  return count;
}

size_t ByteOffsetOfCodePoint(std::string_view text, size_t index) {
  size_t offset = 0;
  for (; index > 0 && offset < text.size(); --index) NextCodePoint(text, offset);
  return offset;
}

size_t Utf16Length(std::string_view text) {
  size_t units = 0;
  for (size_t i = 0; i < text.size();) units += NextCodePoint(text, i) >= 0x10000 ? 2 : 1;
  return units;
}

size_t ByteOffsetOfUtf16(std::string_view text, size_t units) {
  size_t offset = 0;
  while (units > 0 && offset < text.size()) {
    size_t width = NextCodePoint(text, offset) >= 0x10000 ? 2 : 1;
    units -= width < units ? width : units;
  }
  return offset;
}

std::u16string ToUtf16(std::string_view text) {
  std::u16string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    char32_t c = NextCodePoint(text, i);
    if (c >= 0x10000) {
      c -= 0x10000;
      result.push_back(static_cast<char16_t>(0xD800 + (c >> 10)));
      result.push_back(static_cast<char16_t>(0xDC00 + (c & 0x3FF)));
    } else {
      result.push_back(static_cast<char16_t>(c));
    }
  }
  return result;
}

std::string FromUtf16(std::u16string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    char32_t c = text[i];
    if (IsHighSurrogate(c) && i + 1 < text.size() && IsLowSurrogate(text[i + 1])) {
      c = 0x10000 + ((c - 0xD800) << 10) + (text[++i] - 0xDC00u);
    }
    AppendCodePoint(c, result);
  }
  return result;
}

std::u32string ToUtf32(std::string_view text) {
  std::u32string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) result.push_back(NextCodePoint(text, i));
  return result;
}

std::string FromUtf32(std::u32string_view text) {
  std::string result;
  result.reserve(text.size());
  for (char32_t c : text) AppendCodePoint(c, result);
  return result;
}

void AppendText(std::string_view text, std::string& out) {
  auto at = [](std::string_view s, size_t i) { return static_cast<unsigned char>(s[i]); };
  // 0xED 0xA0..0xAF is a high, 0xED 0xB0..0xBF a low surrogate.
  if (out.size() >= 3 && text.size() >= 3 && at(out, out.size() - 3) == 0xED &&
      (at(out, out.size() - 2) & 0xF0) == 0xA0 && at(text, 0) == 0xED && (at(text, 1) & 0xF0) == 0xB0) {
    size_t high_at = out.size() - 3;
    size_t low_at = 0;
    char32_t high = NextCodePoint(out, high_at);
    char32_t low = NextCodePoint(text, low_at);
    out.resize(out.size() - 3);
    AppendCodePoint(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), out);
    text.remove_prefix(3);
  }
  out.append(text);
}

bool HasLoneSurrogate(std::string_view text) {
  if (text.find('\xED') == std::string_view::npos) return false;
  for (size_t i = 0; i < text.size();) {
    if (IsSurrogate(NextCodePoint(text, i))) return true;
  }
  return false;
}

std::string WithoutLoneSurrogates(std::string_view text) {
  if (!HasLoneSurrogate(text)) return std::string(text);
  std::string result;
  for (size_t i = 0; i < text.size();) {
    char32_t c = NextCodePoint(text, i);
    AppendCodePoint(IsSurrogate(c) ? 0xFFFD : c, result);
  }
  return result;
}

// UTF-8 orders like code points, UTF-16 puts the surrogate pairs (U+10000 and up) before U+E000..U+FFFF.
int CompareText(std::string_view a, std::string_view b) {
  size_t common = a.size() < b.size() ? a.size() : b.size();
  size_t i = 0;
  while (i < common && a[i] == b[i]) ++i;
  if (i == common) return a.size() == b.size() ? 0 : (a.size() < b.size() ? -1 : 1);
  auto x = static_cast<unsigned char>(a[i]);
  auto y = static_cast<unsigned char>(b[i]);
  if (x >= 0xEE && y >= 0xEE && (x >= 0xF0) != (y >= 0xF0)) return x >= 0xF0 ? -1 : 1;
  return x < y ? -1 : 1;
}

std::string NumberToString(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  if (value == 0) return "0";
  if (value == std::trunc(value) && std::fabs(value) < 1e15) {
    char buffer[24];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<int64_t>(value)).ptr;
    return std::string(buffer, end);
  }
  char buffer[40];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  std::string result;
  if (text[0] == '-') {
    result = "-";
    text.remove_prefix(1);
  }
  size_t e = text.find('e');
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  int count = static_cast<int>(digits.size());
  int point = exponent + 1;  // n of the ECMAScript text
  if (count <= point && point <= 21) return result + digits + std::string(static_cast<size_t>(point - count), '0');
  if (0 < point && point <= 21) {
    return result + digits.substr(0, static_cast<size_t>(point)) + "." + digits.substr(static_cast<size_t>(point));
  }
  if (-6 < point && point <= 0) return result + "0." + std::string(static_cast<size_t>(-point), '0') + digits;
  result += digits[0];
  if (count > 1) result += "." + digits.substr(1);
  result += exponent < 0 ? "e-" : "e+";
  return result + std::to_string(exponent < 0 ? -exponent : exponent);
}

double RoundToPrecision15(double value) {
  if (!std::isfinite(value)) return value;
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%.14e", value);
  return std::strtod(buffer, nullptr);
}

double ParseInt(std::string_view text) {
  size_t i = 0;
  while (i < text.size() && (text[i] == ' ' || (text[i] >= '\t' && text[i] <= '\r'))) ++i;
  bool negative = i < text.size() && text[i] == '-';
  if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
  size_t begin = i;
  while (i < text.size() && text[i] >= '0' && text[i] <= '9') ++i;
  if (i == begin) return std::numeric_limits<double>::quiet_NaN();
  double number = std::strtod(std::string(text.substr(begin, i - begin)).c_str(), nullptr);
  return negative ? -number : number;
}

std::string ToUpperCase(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    char32_t c = NextCodePoint(text, i);
    if (const char* special = SpecialUpper(c)) {
      result += special;
    } else {
      AppendCodePoint(UpperOf(c), result);
    }
  }
  return result;
}

std::string ToLowerCase(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  bool after_letter = false;
  for (size_t i = 0; i < text.size();) {
    char32_t c = NextCodePoint(text, i);
    if (c == 0x130) {
      result += "i\xCC\x87";
    } else if (c == 0x3A3 && after_letter) {  // final sigma
      size_t next = i;
      bool before_letter = next < text.size() && IsLetter(NextCodePoint(text, next));
      AppendCodePoint(before_letter ? 0x3C3 : 0x3C2, result);
    } else {
      AppendCodePoint(LowerOf(c), result);
    }
    after_letter = IsLetter(c);
  }
  return result;
}

void AppendJsonString(std::string_view text, std::string& out) {
  out.push_back('"');
  for (size_t i = 0; i < text.size();) {
    auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x80) {
      if (byte == '"' || byte == '\\') out.push_back('\\');
      out.push_back(static_cast<char>(byte));
      ++i;
      continue;
    }
    char32_t c = NextCodePoint(text, i);
    if (c >= 0x80 && !IsSurrogate(c)) {
      AppendCodePoint(c, out);
      continue;
    }
    switch (c) {
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default: {
        char buffer[8];
        std::snprintf(buffer, sizeof buffer, "\\u%04x", static_cast<unsigned>(c));
        out += buffer;
      }
    }
  }
  out.push_back('"');
}

std::string JsonString(std::string_view text) {
  std::string result;
  AppendJsonString(text, result);
  return result;
}

}  // namespace pawl::asl::jsonata
