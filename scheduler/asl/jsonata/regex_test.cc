#include "scheduler/asl/jsonata/regex.h"

#include <gtest/gtest.h>

#include "scheduler/asl/jsonata/error.h"

namespace pawl::asl::jsonata {
namespace {

bool Matches(std::string_view pattern, std::string_view text, std::string_view flags = "") {
  return Regex(pattern, flags).Find(text, 0).has_value();
}

TEST(Regex, MeansWhatJavaScriptMeans) {
  EXPECT_TRUE(Matches("^a$", "a"));
  EXPECT_FALSE(Matches("a$", "a\n"));
  EXPECT_TRUE(Matches("^b", "a\nb", "m"));
  EXPECT_FALSE(Matches("a.b", "a\nb"));
  EXPECT_FALSE(Matches("a.b", "a\u2028b"));
  EXPECT_TRUE(Matches("\\s", "\u00a0"));
  EXPECT_TRUE(Matches("^[^\\s]$", "x"));
  EXPECT_TRUE(Matches("[\\b]", "\b"));
  EXPECT_TRUE(Matches("\\u0041\\x42\\cJ", "AB\n"));
  EXPECT_TRUE(Matches("\\ud83d\\ude00", "\U0001F600"));
  EXPECT_TRUE(Matches("[^]", "\n"));
  EXPECT_FALSE(Matches("[]", "a"));
  EXPECT_TRUE(Matches("x{,2}", "x{,2}"));
  EXPECT_TRUE(Matches("\\Q\\E", "QE"));
  EXPECT_TRUE(Matches("[[:a]", "["));
  EXPECT_TRUE(Matches("(?<year>[0-9]{4})", "2024"));
  EXPECT_TRUE(Matches("HELLO", "hello", "i"));
  EXPECT_TRUE(Matches("[\\w-]", "-"));
}

TEST(Regex, RefusesWhatHasNoBound) {
  for (const char* pattern :
       {"(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(a)\\1", "(?<n>a)\\k<n>", "a{1001}", "(", "[a", "a**"}) {
    EXPECT_THROW(Regex(pattern, ""), Failure) << pattern;
  }
}

TEST(Regex, FindsFromAnOffsetWithTheTextBeforeInView) {
  Regex word("\\bb", "");
  EXPECT_FALSE(word.Find("ab", 1).has_value());
  Regex begin("^b", "");
  EXPECT_FALSE(begin.Find("ab", 1).has_value());
  Regex groups("(a)|(b)", "");
  auto match = groups.Find("xb", 0);
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->whole.begin, 1u);
  EXPECT_FALSE(match->groups[0].has_value());
  EXPECT_TRUE(match->groups[1].has_value());
}

TEST(Regex, KnowsWhichPatternsReadAhead) {
  EXPECT_TRUE(Regex("a.*b|a", "").reads_ahead());
  EXPECT_TRUE(Regex("(a+)+$b", "").reads_ahead());
  EXPECT_FALSE(Regex("[0-9]+", "").reads_ahead());
  EXPECT_FALSE(Regex("ab|c+", "").reads_ahead());
}

}  // namespace
}  // namespace pawl::asl::jsonata
