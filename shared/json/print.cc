// JSON text from values: one pass, one growing string, an explicit stack in place of recursion.
#include <array>

#include "absl/container/inlined_vector.h"
#include "shared/json/node.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

// 0: printed as it is; 'u': \u00XX; anything else: backslash and this letter.
constexpr std::array<char, 256> kEscapes = [] {
  std::array<char, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = 'u';
  table['\b'] = 'b';
  table['\f'] = 'f';
  table['\n'] = 'n';
  table['\r'] = 'r';
  table['\t'] = 't';
  table['"'] = '"';
  table['\\'] = '\\';
  return table;
}();

// A container half printed: `next` is the number of the item or member that comes next.
struct Frame {
  const Value* container;
  size_t next;
};

template <bool kPretty>
class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void Print(const Value& root) {
    Begin(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const Value& container = *frame.container;
      const bool is_array = container.kind() == Kind::kArray;
      if (frame.next == container.size()) {
        frames_.pop_back();
        if (container.size() > 0) NewLine();
        out_ += is_array ? ']' : '}';
        continue;
      }
      if (frame.next > 0) out_ += ',';
      NewLine();
      const size_t number = frame.next++;
      if (is_array) {
        Begin(container.items()[number]);  // may invalidate `frame`
      } else {
        const Member& member = container.members()[number];
        AppendQuoted(member.key, out_);
        out_ += kPretty ? std::string_view(": ") : std::string_view(":");
        Begin(member.value);
      }
    }
  }

 private:
  // Prints a scalar whole, and of a container the opening bracket.
  void Begin(const Value& value) {
    switch (value.kind()) {
      case Kind::kNull:
        out_ += "null";
        return;
      case Kind::kBool:
        out_ += value.as_bool() ? std::string_view("true") : std::string_view("false");
        return;
      case Kind::kNumber:
        out_ += value.number_text();
        return;
      case Kind::kString:
        AppendQuoted(value.as_string(), out_);
        return;
      case Kind::kArray:
        out_ += '[';
        break;
      case Kind::kObject:
        out_ += '{';
        break;
    }
    frames_.push_back({&value, 0});
  }

  void NewLine() {
    if constexpr (kPretty) {
      out_ += '\n';
      out_.append(2 * frames_.size(), ' ');
    }
  }

  std::string& out_;
  absl::InlinedVector<Frame, 16> frames_;
};

}  // namespace

void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  size_t plain_begin = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char escape = kEscapes[static_cast<unsigned char>(text[i])];
    if (escape == 0) [[likely]]
      continue;
    out.append(text, plain_begin, i - plain_begin);
    plain_begin = i + 1;
    out += '\\';
    out += escape;
    if (escape == 'u') {
      constexpr std::string_view kHex = "0123456789abcdef";
      const auto code = static_cast<unsigned char>(text[i]);
      out += "00";
      out += kHex[code >> 4];
      out += kHex[code & 15];
    }
  }
  out.append(text, plain_begin, text.size() - plain_begin);
  out += '"';
}

std::string Serialize(const Value& value) {
  std::string out;
  Printer<false>(out).Print(value);
  return out;
}

std::string SerializePretty(const Value& value) {
  std::string out;
  Printer<true>(out).Print(value);
  return out;
}

}  // namespace pawl::json
