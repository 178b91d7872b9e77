// Regular expressions of the language: JavaScript's syntax, run by RE2 in time linear in the text.
//
// What RE2 cannot do in bounded time (look-around, back-references, repeats above 1000) is refused at compile time with
// S0303. Matching is by code points, JavaScript's `.`, `\s`, `\w`, `\d`, `\b` and `$` mean what they mean there.
// Thread rule: immutable, may be shared.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace pawl::asl::jsonata {

class Regex {
 public:
  // `flags` of `i` and `m`. Throws Failure S0303.
  Regex(std::string_view pattern, std::string_view flags);
  ~Regex();
  Regex(const Regex&) = delete;
  Regex& operator=(const Regex&) = delete;

  struct Span {
    size_t begin;
    size_t end;
  };
  // Byte offsets of the whole match and the groups; a group that took no part is absent.
  struct Match {
    Span whole;
    std::vector<std::optional<Span>> groups;
  };
  // The first match at or behind the byte offset `from`.
  std::optional<Match> Find(std::string_view text, size_t from) const;

  const std::string& source() const { return source_; }
  // Whether a search may read far beyond the match it finds, as `a.*b|a` does: a repetition without bound stands before
  // something else. Many matches then cost the square of the text.
  bool reads_ahead() const { return reads_ahead_; }
  size_t position = 0;  // in the expression, for error messages

 private:
  std::string source_;
  bool reads_ahead_ = false;
  std::unique_ptr<re2::RE2> compiled_;
};

// JavaScript's pattern in RE2's syntax, and Regex::reads_ahead of it. Throws Failure S0303.
struct TranslatedPattern {
  std::string text;
  bool reads_ahead = false;
};
TranslatedPattern TranslatePattern(std::string_view pattern);

}  // namespace pawl::asl::jsonata
