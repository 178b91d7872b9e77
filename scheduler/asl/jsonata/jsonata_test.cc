#include "scheduler/asl/jsonata/jsonata.h"

#include <gtest/gtest.h>

#include <thread>

#include "scheduler/asl/jsonata/test_support.h"

namespace pawl::asl::jsonata {
namespace {

constexpr std::string_view kShop =
    R"({"items":[{"a":1,"b":"x","tags":["p","q"]},{"a":2,"b":"y","tags":["q"]},{"a":3,"b":"x","tags":[]}],"one":[{"k":5}],"k":"v"})";

TEST(Jsonata, FlattensPathsAndUnwrapsSingletons) {
  EXPECT_EQ(Evaluated("items.a", kShop), "[1,2,3]");
  EXPECT_EQ(Evaluated("one.k", kShop), "5");
  EXPECT_EQ(Evaluated("one.k[]", kShop), "[5]");
  EXPECT_EQ(Evaluated("items.tags", kShop), R"(["p","q","q"])");
  EXPECT_EQ(Evaluated("items.tags[0]", kShop), R"(["p","q"])");
  EXPECT_EQ(Evaluated("(items.tags)[0]", kShop), R"("p")");
  EXPECT_EQ(Evaluated("items.[a]", kShop), "[[1],[2],[3]]");
  EXPECT_EQ(Evaluated("items.none", kShop), "undefined");
  EXPECT_EQ(Evaluated("[items.none]", kShop), "[]");
}

TEST(Jsonata, FiltersByPositionAndCondition) {
  EXPECT_EQ(Evaluated("items[-1].a", kShop), "3");
  EXPECT_EQ(Evaluated("items[[0,2]].a", kShop), "[1,3]");
  EXPECT_EQ(Evaluated("items[a > 1].b", kShop), R"(["y","x"])");
  EXPECT_EQ(Evaluated("items['q' in tags].a", kShop), "[1,2]");
}

TEST(Jsonata, GroupsOrdersAndBinds) {
  EXPECT_EQ(Evaluated("items{b: $sum(a)}", kShop), R"({"x":4,"y":2})");
  EXPECT_EQ(Evaluated("items^(b, >a).a", kShop), "[3,1,2]");
  EXPECT_EQ(Evaluated("items#$i[$i > 0].{'i': $i, 'a': a}", kShop), R"([{"i":1,"a":2},{"i":2,"a":3}])");
  // `@` binds without moving the context, so the next step starts again where the first did.
  EXPECT_EQ(Evaluated("items@$x.tags@$t.($x.b & $t)", kShop), "undefined");
  EXPECT_EQ(Evaluated("items@$x.one@$o.($x.b & $o.k)", kShop), R"(["x5","y5","x5"])");
  EXPECT_EQ(Evaluated("items.tags.{'t': $, 'b': %.b}", kShop),
            R"([{"t":"p","b":"x"},{"t":"q","b":"x"},{"t":"q","b":"y"}])");
  EXPECT_EQ(Evaluated("%", kShop), "S0217@0");
}

TEST(Jsonata, TransformsACopyOnly) {
  EXPECT_EQ(Evaluated("($x := one ~> |$|{'n': k + 1}, 'k'|; [$x, one])", kShop), R"([{"n":6},{"k":5}])");
  EXPECT_EQ(Evaluated("one ~> |$|5|", kShop), "T2011@11");
}

TEST(Jsonata, ClosesOverVariablesAndAppliesPartially) {
  EXPECT_EQ(Evaluated("($add := function($a, $b){$a + $b}; $inc := $add(?, 1); $map([1..3], $inc))"), "[2,3,4]");
  EXPECT_EQ(Evaluated("($f := $uppercase ~> $substringBefore(?, 'B'); $f('abc'))"), R"("A")");
  EXPECT_EQ(Evaluated("($f := $map(?, $string) ~> $sum; [] ~> $f)"), "undefined");
  EXPECT_EQ(Evaluated("($x := 1; ($x := 2); $x)"), "1");
}

TEST(Jsonata, CallsInTailPositionWithoutDepth) {
  RunOptions options;
  options.limits.depth_max = 30;
  EXPECT_EQ(
      Evaluated("($f := function($n, $sum){$n = 0 ? $sum : $f($n - 1, $sum + $n)}; $f(10000, 0))", "null", options),
      "50005000");
}

TEST(Jsonata, PrintsNumbersAsJavaScriptDoes) {
  EXPECT_EQ(Evaluated("[1.0, 0.1 + 0.2, 1e21, 1e-7, -0, 100000000000000000000]"),
            "[1,0.30000000000000004,1e+21,1e-7,0,100000000000000000000]");
  EXPECT_EQ(Evaluated("$string(0.1 + 0.2)"), R"("0.3")");
}

TEST(Jsonata, PassesInputThroughUnchanged) {
  EXPECT_EQ(Evaluated("$.big", R"({"big":{"n":12345678901234567890,"x":1.0}})"),
            R"({"n":12345678901234567890,"x":1.0})");
}

TEST(Jsonata, ReportsCodesAndPositions) {
  EXPECT_EQ(Evaluated("1 +"), "S0207@3");
  EXPECT_EQ(Evaluated("[1,2)"), "S0202@5");
  EXPECT_EQ(Evaluated("\"abc"), "S0101@4");
  EXPECT_EQ(Evaluated("1 + 'a'"), "T2002@3");
  EXPECT_EQ(Evaluated("$nothing(1)"), "T1006@9");
  EXPECT_EQ(Evaluated("$sum('a')"), "T0412@5");
  EXPECT_EQ(MessageOf("$undefined(1)"), "Attempted to invoke a non-function");
  EXPECT_EQ(MessageOf("$min(2, 3)"), "Argument 2 of function \"min\" does not match function signature");
  EXPECT_EQ(MessageOf("$error('mine')"), "mine");
}

TEST(Jsonata, TellsFunctionsApart) {
  EXPECT_EQ(Evaluated("$sum"), "function");
  EXPECT_EQ(Evaluated("function($x){$x}"), "function");
  EXPECT_EQ(Evaluated("$x := /a/"), "regex");
}

TEST(Jsonata, KnowsDefaultOperatorsOnlyIn22) {
  RunOptions old;
  old.dialect.version = Version::k2_0_6;
  EXPECT_EQ(Evaluated("nothing ?? 5"), "5");
  EXPECT_EQ(Evaluated("0 ?: 5"), "5");
  EXPECT_EQ(Evaluated("nothing ?? 5", "null", old), "S0211@10");
  EXPECT_EQ(Evaluated("0 ?: 5", "null", old), "S0211@4");
}

TEST(Jsonata, BindsVariables) {
  RunOptions options;
  options.bindings = {{"x", json::Value::Int(5)}};
  EXPECT_EQ(Evaluated("$x + $y", "null", options), "undefined");
  EXPECT_EQ(Evaluated("$x + 1", "null", options), "6");
}

TEST(Jsonata, ListsFreeVariables) {
  auto compiled = Expression::Compile("($a := $states.input; $map($b, function($v){$v + $a + $c})) & $b");
  ASSERT_TRUE(std::holds_alternative<Expression>(compiled));
  EXPECT_EQ(std::get<Expression>(compiled).free_variables(), (std::vector<std::string>{"states", "b", "c"}));
}

TEST(Jsonata, MayBeSharedBetweenThreads) {
  auto compiled = Expression::Compile("$sum(items[a > 1].(a * 10)) & $string(items{b: a})");
  const Expression& expression = std::get<Expression>(compiled);
  std::optional<json::Value> input = json::Parse(kShop).value();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 200; ++i) {
        Result result = expression.Evaluate(input, {});
        ASSERT_TRUE(std::holds_alternative<std::optional<json::Value>>(result));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pawl::asl::jsonata
