// No expression crashes, hangs or eats the memory: each ends in one of the limits' codes.

#include <gtest/gtest.h>

#include "scheduler/asl/jsonata/test_support.h"

namespace pawl::asl::jsonata {
namespace {

std::string Repeat(std::string_view text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string CodeOf(std::string_view expression, Limits limits = {}) {
  RunOptions options;
  options.limits = limits;
  return Evaluated(expression, R"({"a":1})", options).substr(0, 5);
}

TEST(Limits, RefuseTextThatNestsTenThousandLevels) {
  constexpr int kLevels = 10000;
  for (auto [open, close] : std::vector<std::pair<std::string, std::string>>{{"(", ")"},
                                                                             {"[", "]"},
                                                                             {"{\"a\":", "}"},
                                                                             {"$f(", ")"},
                                                                             {"a[", "]"},
                                                                             {"function($x){", "}"},
                                                                             {"-", ""},
                                                                             {"true ? ", ""},
                                                                             {"true ? 1 : ", ""},
                                                                             {"$a := ", ""},
                                                                             {"a ?? ", ""},
                                                                             {"|a|", ""}}) {
    EXPECT_EQ(CodeOf(Repeat(open, kLevels) + "1" + Repeat(close, kLevels)), "D1011") << open;
  }
  EXPECT_EQ(CodeOf("$f" + Repeat("()", kLevels)), "D1011");
}

TEST(Limits, LetChainsOfOperatorsBeLong) {
  EXPECT_EQ(Evaluated("1" + Repeat("+1", 20000)), "20001");
  EXPECT_EQ(Evaluated("true" + Repeat(" and true", 20000)), "true");
  EXPECT_EQ(Evaluated("a" + Repeat(".a", 20000)), "undefined");
}

TEST(Limits, EndEndlessRecursion) {
  EXPECT_EQ(CodeOf("($f := function(){1 + $f()}; $f())"), "D1011");
  EXPECT_EQ(CodeOf("($f := function(){$f()}; $f())", {.steps_max = 100'000}), "D1012");
  EXPECT_EQ(CodeOf("($f := function($n){$g($n)}; $g := function($n){$f($n)}; $f(1))", {.steps_max = 100'000}), "D1012");
  EXPECT_EQ(CodeOf("($f := \"$eval($f)\"; $eval($f))"), "D1011");
}

TEST(Limits, EndHunger) {
  EXPECT_EQ(CodeOf("$pad('', 100000000)"), "D1013");
  EXPECT_EQ(CodeOf("$pad('', 1e300)"), "D1013");
  EXPECT_EQ(CodeOf("($f := function($s, $n){$n = 0 ? $s : $f($s & $s, $n - 1)}; $length($f('aaaaaaaa', 40)))"),
            "D1013");
  EXPECT_EQ(CodeOf("($f := function($s, $n){$n = 0 ? $s : $f($append($s, $s), $n - 1)}; $count($f([1, 2], 40)))"),
            "D1013");
  EXPECT_EQ(CodeOf("[1..3000]{$string($): [1..3000]}"), "D1013");  // 9 million numbers in the result
  EXPECT_EQ(CodeOf("($s := $pad('', 1000000); [1..1000].{'s': $s})"), "D1013");
  EXPECT_EQ(CodeOf("$fromMillis(0, $pad('', 10000000, '[Y]'))"), "D1013");
  EXPECT_EQ(CodeOf("$toMillis('1', $pad('', 10000000, '[Y]'))"), "D1013");
  EXPECT_EQ(CodeOf("[1..10000001]"), "D2014");
  EXPECT_EQ(Evaluated("$sum([1..10000000])"), "50000005000000");
}

TEST(Limits, EndDeepValues) {
  const std::string deep = "$reduce([1..20000], function($a, $b){{'a': $a}})";
  EXPECT_EQ(CodeOf(deep), "D1011");
  EXPECT_EQ(CodeOf("$string(" + deep + ")"), "D1011");
  EXPECT_EQ(CodeOf(deep + " = " + deep), "D1011");
  EXPECT_EQ(CodeOf(deep + ".**"), "D1011");
  EXPECT_EQ(CodeOf("{'a': 1} ~> |$|{'x': $}|"), "D1011");  // a cycle
  EXPECT_EQ(CodeOf("($f := function($g, $n){$n = 0 ? $g : $f($g ~> $trim, $n - 1)}; $f($trim, 20000)('x'))"), "D1011");
}

TEST(Limits, BoundRegularExpressions) {
  EXPECT_EQ(Evaluated("$contains($pad('', 100000, 'a'), /(a+)+b/)"), "false");
  EXPECT_EQ(Evaluated("$count($match($pad('', 2000, 'a'), /(a|aa)+$/))"), "1");
  EXPECT_EQ(CodeOf("$count($match($pad('', 200000, 'a'), /a.*b|a/))", {.steps_max = 100'000}), "D1012");
  EXPECT_EQ(CodeOf("/(a{1000}){1000}/"), "S0303");
  EXPECT_EQ(CodeOf("function($x)<" + Repeat("s?", 5000) + ">{1}(1)"), "D1011");
}

TEST(Limits, BoundQuadraticFunctions) {
  EXPECT_EQ(Evaluated("$count($distinct([1..20000].{'a': $}))"), "20000");
  EXPECT_EQ(CodeOf("$count([1..100000].$eval($string($) & '+1'))", {.steps_max = 1'000'000}), "D1012");
  EXPECT_EQ(CodeOf("$count([1..1000]@$a.[1..1000]@$b.{'a': $a})", {.steps_max = 100'000}), "D1012");
}

}  // namespace
}  // namespace pawl::asl::jsonata
