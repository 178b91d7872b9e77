#include "scheduler/asl/jsonata/regex.h"

#include <re2/re2.h>

#include <cstdio>

#include "scheduler/asl/jsonata/error.h"
#include "scheduler/asl/jsonata/text.h"

namespace pawl::asl::jsonata {
namespace {

[[noreturn]] void Refuse(std::string why) {
  Failure failure("S0303");
  failure.message = std::move(why);
  throw failure;
}

// ECMAScript's WhiteSpace and LineTerminator (https://tc39.es/ecma262/#sec-white-space).
constexpr std::string_view kSpaces =
    R"(\t\n\v\f\r \x{A0}\x{1680}\x{2000}-\x{200A}\x{2028}\x{2029}\x{202F}\x{205F}\x{3000}\x{FEFF})";
constexpr std::string_view kNotSpaces =
    R"(\x{0}-\x{8}\x{E}-\x{1F}\x{21}-\x{9F}\x{A1}-\x{167F}\x{1681}-\x{1FFF}\x{200B}-\x{2027}\x{202A}-\x{202E})"
    R"(\x{2030}-\x{205E}\x{2060}-\x{2FFF}\x{3001}-\x{FEFE}\x{FF00}-\x{10FFFF})";

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  TranslatedPattern Run() {
    while (at_ < pattern_.size()) {
      char c = Peek();
      bool many = c == '*' || c == '+' || (c == '{' && IsQuantifier());
      bool atom = !many && c != ')' && c != '?' && c != '|' && c != '$';
      if (c == '|') after_repeat_ = false;
      if (many) after_repeat_ = true;
      if (atom && after_repeat_) reads_ahead_ = true;
      Item();
    }
    return {std::move(out_), reads_ahead_};
  }

 private:
  char Peek(size_t ahead = 0) const { return at_ + ahead < pattern_.size() ? pattern_[at_ + ahead] : '\0'; }

  void Item() {
    char c = Peek();
    switch (c) {
      case '\\':
        return Escape(false);
      case '[':
        return Class();
      case '(':
        return Group();
      case '.':
        out_ += R"([^\n\r\x{2028}\x{2029}])";
        ++at_;
        return;
      case '{':
        if (!IsQuantifier()) {
          out_ += "\\{";
          ++at_;
          return;
        }
        do {
          out_.push_back(Peek());
        } while (pattern_[at_++] != '}');
        return;
      default:
        out_.push_back(c);
        ++at_;
    }
  }

  // `{n}`, `{n,}` or `{n,m}`; any other brace is a character.
  bool IsQuantifier() const {
    size_t i = at_ + 1;
    size_t digits = i;
    while (i < pattern_.size() && pattern_[i] >= '0' && pattern_[i] <= '9') ++i;
    if (i == digits) return false;
    if (i < pattern_.size() && pattern_[i] == ',') {
      ++i;
      while (i < pattern_.size() && pattern_[i] >= '0' && pattern_[i] <= '9') ++i;
    }
    return i < pattern_.size() && pattern_[i] == '}';
  }

  void Group() {
    if (Peek(1) != '?') {
      out_.push_back('(');
      ++at_;
      return;
    }
    char kind = Peek(2);
    if (kind == ':') {
      out_ += "(?:";
      at_ += 3;
      return;
    }
    if (kind == '=' || kind == '!') Refuse("look-ahead is not supported, its time has no bound");
    if (kind == '<' && (Peek(3) == '=' || Peek(3) == '!'))
      Refuse("look-behind is not supported, its time has no bound");
    if (kind == '<') {
      out_ += "(?P<";
      at_ += 3;
      return;
    }
    Refuse("invalid group");
  }

  void AppendHex(unsigned long code) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "\\x{%lX}", code);
    out_ += buffer;
  }

  // The value of exactly `count` hexadecimal digits at `at`, or -1.
  long Hex(size_t at, size_t count) const {
    if (at + count > pattern_.size()) return -1;
    long value = 0;
    for (size_t i = at; i < at + count; ++i) {
      char c = pattern_[i];
      int digit = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
      if (digit < 0) return -1;
      value = value * 16 + digit;
    }
    return value;
  }

  void Escape(bool in_class) {
    if (at_ + 1 >= pattern_.size()) Refuse("\\ at end of pattern");
    char c = Peek(1);
    at_ += 2;
    switch (c) {
      case 'd':
      case 'D':
      case 'w':
      case 'W':
      case 't':
      case 'n':
      case 'v':
      case 'f':
      case 'r':
        out_.push_back('\\');
        out_.push_back(c);
        return;
      case 's':
      case 'S':
        if (!in_class) out_ += "[";
        out_ += c == 's' ? kSpaces : kNotSpaces;
        if (!in_class) out_ += "]";
        return;
      case 'b':
        out_ += in_class ? "\\x{8}" : "\\b";
        return;
      case 'B':
        out_ += in_class ? "B" : "\\B";
        return;
      case '0':
        if (Peek() >= '0' && Peek() <= '9') Refuse("octal escapes are not supported");
        out_ += "\\x{0}";
        return;
      case 'c':
        if ((Peek() >= 'a' && Peek() <= 'z') || (Peek() >= 'A' && Peek() <= 'Z')) {
          AppendHex(static_cast<unsigned long>(pattern_[at_++]) & 31);
        } else {
          out_ += "\\\\c";
        }
        return;
      case 'x':
      case 'u': {
        size_t count = c == 'x' ? 2 : 4;
        long code = Hex(at_, count);
        if (code < 0) {
          out_.push_back(c);
          return;
        }
        at_ += count;
        if (code >= 0xD800 && code <= 0xDBFF && Peek() == '\\' && Peek(1) == 'u') {
          long low = Hex(at_ + 2, 4);
          if (low >= 0xDC00 && low <= 0xDFFF) {
            at_ += 6;
            code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          }
        }
        AppendHex(static_cast<unsigned long>(code));
        return;
      }
      default:
        break;
    }
    if (c >= '1' && c <= '9') {
      if (in_class) Refuse("octal escapes are not supported");
      Refuse("back-references are not supported, their time has no bound");
    }
    if (c == 'k' && !in_class && pattern_.find("(?<") != std::string_view::npos) {
      Refuse("back-references are not supported, their time has no bound");
    }
    // Any other escaped character stands for itself.
    if (static_cast<unsigned char>(c) >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') {
      out_.push_back(c);
    } else {
      out_.push_back('\\');
      out_.push_back(c);
    }
  }

  void Class() {
    ++at_;
    bool negated = Peek() == '^';
    if (negated) ++at_;
    if (Peek() == ']') {  // JavaScript's [] matches nothing, [^] everything
      out_ += negated ? R"([\x{0}-\x{10FFFF}])" : R"([^\x{0}-\x{10FFFF}])";
      ++at_;
      return;
    }
    out_ += negated ? "[^" : "[";
    while (at_ < pattern_.size() && Peek() != ']') {
      char c = Peek();
      if (c == '\\') {
        // `[\w-x]`: a class cannot begin a range, so the minus stands for itself.
        bool is_class = Peek(1) != '\0' && std::string_view("dDwWsS").find(Peek(1)) != std::string_view::npos;
        Escape(true);
        if (is_class && Peek() == '-' && Peek(1) != ']') {
          out_ += "\\-";
          ++at_;
        }
        continue;
      }
      if (c == '-' && Peek(1) == '\\' && Peek(2) != '\0' &&
          std::string_view("dDwWsS").find(Peek(2)) != std::string_view::npos) {
        out_ += "\\-";
        ++at_;
        continue;
      }
      if (c == '[' || c == '&' || c == '~' || c == '^') out_.push_back('\\');
      out_.push_back(c);
      ++at_;
    }
    if (at_ >= pattern_.size()) Refuse("a character class has no closing ]");
    out_.push_back(']');
    ++at_;
  }

  std::string_view pattern_;
  size_t at_ = 0;
  std::string out_;
  bool after_repeat_ = false;
  bool reads_ahead_ = false;
};

}  // namespace

TranslatedPattern TranslatePattern(std::string_view pattern) { return Translator(pattern).Run(); }

Regex::Regex(std::string_view pattern, std::string_view flags) : source_(pattern) {
  auto [translated, reads_ahead] = TranslatePattern(pattern);
  reads_ahead_ = reads_ahead;
  if (flags.find('m') != std::string_view::npos) translated = "(?m)" + translated;
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(flags.find('i') == std::string_view::npos);
  options.set_max_mem(4 << 20);
  compiled_ = std::make_unique<re2::RE2>(translated, options);
  if (!compiled_->ok()) Refuse(compiled_->error());
}

Regex::~Regex() = default;

std::optional<Regex::Match> Regex::Find(std::string_view text, size_t from) const {
  if (from > text.size()) return std::nullopt;
  auto count = static_cast<size_t>(compiled_->NumberOfCapturingGroups()) + 1;
  std::vector<re2::StringPiece> parts(count);
  re2::StringPiece subject(text.data(), text.size());
  if (!compiled_->Match(subject, from, text.size(), re2::RE2::UNANCHORED, parts.data(), static_cast<int>(count))) {
    return std::nullopt;
  }
  auto span = [&](const re2::StringPiece& part) {
    if (part.data() == nullptr) return Span{from, from};
    auto begin = static_cast<size_t>(part.data() - text.data());
    return Span{begin, begin + part.size()};
  };
  Match match{span(parts[0]), {}};
  for (size_t i = 1; i < count; ++i) {
    match.groups.push_back(parts[i].data() == nullptr ? std::nullopt : std::optional(span(parts[i])));
  }
  return match;
}

}  // namespace pawl::asl::jsonata
