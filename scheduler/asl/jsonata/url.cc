#include "scheduler/asl/jsonata/url.h"

#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

constexpr std::string_view kMarks = "-_.!~*'()";
constexpr std::string_view kReserved = ";/?:@&=+$,#";

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kMarks.find(c) != std::string_view::npos;
}

std::optional<std::string> Encode(std::string_view text, std::string_view kept) {
  if (HasLoneSurrogate(text)) return std::nullopt;
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string result;
  for (char c : text) {
    if (IsPlain(c) || kept.find(c) != std::string_view::npos) {
      result.push_back(c);
    } else {
      auto byte = static_cast<unsigned char>(c);
      result += {'%', kHex[byte >> 4], kHex[byte & 15]};
    }
  }
  return result;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte of the escape at `at`, or -1.
int EscapedByte(std::string_view text, size_t at) {
  if (at + 2 >= text.size() || text[at] != '%') return -1;
  int high = HexDigit(text[at + 1]);
  int low = HexDigit(text[at + 2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::optional<std::string> Decode(std::string_view text, std::string_view kept) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '%') {
      result.push_back(text[i++]);
      continue;
    }
    int byte = EscapedByte(text, i);
    if (byte < 0) return std::nullopt;
    size_t begin = i;
    i += 3;
    if (byte < 0x80) {
      if (kept.find(static_cast<char>(byte)) != std::string_view::npos) {
        result += text.substr(begin, 3);
      } else {
        result.push_back(static_cast<char>(byte));
      }
      continue;
    }
    size_t more = byte >= 0xF0 ? 3 : byte >= 0xE0 ? 2 : 1;
    if (byte < 0xC2 || byte > 0xF4) return std::nullopt;
    std::string bytes(1, static_cast<char>(byte));
    for (size_t k = 0; k < more; ++k, i += 3) {
      int next = EscapedByte(text, i);
      if (next < 0 || (next & 0xC0) != 0x80) return std::nullopt;
      bytes.push_back(static_cast<char>(next));
    }
    size_t end = 0;
    NextCodePoint(bytes, end);
    if (end != bytes.size() || HasLoneSurrogate(bytes)) return std::nullopt;
    result += bytes;
  }
  return result;
}

}  // namespace

std::optional<std::string> EncodeUrlComponent(std::string_view text) { return Encode(text, ""); }
std::optional<std::string> EncodeUrl(std::string_view text) { return Encode(text, kReserved); }
std::optional<std::string> DecodeUrlComponent(std::string_view text) { return Decode(text, ""); }
std::optional<std::string> DecodeUrl(std::string_view text) { return Decode(text, kReserved); }

}  // namespace pawl::asl::jsonata
