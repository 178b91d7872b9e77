#include "scheduler/asl/intrinsics/text.h"

#include "scheduler/asl/intrinsics/functions.h"

namespace pawl::asl::intrinsics {
namespace {

// Bytes of the UTF-8 character at the front of `text`, or 0 where there is none (RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF).
size_t CharacterSize(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto continues = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return continues(1, low, high) && continues(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return continues(1, low, high) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

size_t CountCharacters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) count += byte >= 0xf0 ? 2 : 1;
  }
  return count;
}

std::string ToValidUtf8(std::string_view bytes) {
  std::string result;
  while (!bytes.empty()) {
    const size_t size = CharacterSize(bytes);
    if (size == 0) {
      result += "\xef\xbf\xbd";
      bytes.remove_prefix(1);
    } else {
      result += bytes.substr(0, size);
      bytes.remove_prefix(size);
    }
  }
  return result;
}

std::vector<std::string> SplitAtAny(std::string_view text, std::string_view delimiters) {
  std::vector<std::string> parts;
  std::string part;
  while (!text.empty()) {
    const size_t size = std::max<size_t>(CharacterSize(text), 1);
    const std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    // UTF-8 characters never begin inside another one, so finding the bytes is finding the character.
    if (delimiters.find(character) == std::string_view::npos) {
      part += character;
    } else if (!part.empty()) {
      parts.push_back(std::move(part));
      part.clear();
    }
  }
  if (!part.empty()) parts.push_back(std::move(part));
  return parts;
}

std::string JavaText(const json::Value& root) {
  struct Frame {
    const json::Value* container;
    size_t next;
  };
  std::string out;
  std::vector<Frame> frames;
  const auto begin = [&](const json::Value& value) {
    switch (value.kind()) {
      case json::Kind::kNull:
        out += "null";
        break;
      case json::Kind::kBool:
        out += value.as_bool() ? "true" : "false";
        break;
      case json::Kind::kNumber:
        out += value.number_text();
        break;
      case json::Kind::kString:
        out += value.as_string();
        break;
      case json::Kind::kArray:
      case json::Kind::kObject:
        out += value.is_array() ? '[' : '{';
        frames.push_back({&value, 0});
        break;
    }
  };
  begin(root);
  while (!frames.empty()) {
    Frame& frame = frames.back();
    const json::Value& container = *frame.container;
    if (frame.next == container.size()) {
      out += container.is_array() ? ']' : '}';
      frames.pop_back();
      continue;
    }
    if (frame.next > 0) out += ", ";
    const size_t number = frame.next++;
    if (container.is_array()) {
      begin(container.items()[number]);
    } else {
      const json::Member& member = container.members()[number];
      out += member.key;
      out += '=';
      begin(member.value);
    }
  }
  return out;
}

}  // namespace pawl::asl::intrinsics
