// The dialect of Step Functions.

#include <gtest/gtest.h>

#include "scheduler/asl/jsonata/test_support.h"

namespace pawl::asl::jsonata {
namespace {

std::string RunSteps(std::string_view expression, std::string_view states = "null") {
  RunOptions options;
  options.dialect = {Version::k2_0_6, true};
  options.bindings = {{"states", json::Parse(states).value()}};
  return Evaluated(expression, "null", options);
}

TEST(StepsDialect, RefusesContextAtTheTopLevel) {
  for (const char* expression :
       {"$", "$$", "name", "name.x", "*", "**", "$x + name", "$$.a", "{'a': name}", "function(){name}", "$sum(name)"}) {
    EXPECT_EQ(RunSteps(expression).substr(0, 5), "S0501") << expression;
  }
}

TEST(StepsDialect, AllowsContextInsidePaths) {
  EXPECT_EQ(RunSteps("$states.input[$ > 1]", R"({"input":[1,2,3]})"), "[2,3]");
  EXPECT_EQ(RunSteps("$states.input.(a * 2)", R"({"input":[{"a":1},{"a":2}]})"), "[2,4]");
  EXPECT_EQ(RunSteps("$states.input{b: a}", R"({"input":[{"a":1,"b":"x"}]})"), R"({"x":1})");
  EXPECT_EQ(RunSteps("$states.input^(>a).a", R"({"input":[{"a":1},{"a":2}]})"), "[2,1]");
}

// Recorded: intrinsic_functions.array_jsonata.array_partition and array_range.
TEST(StepsFunctions, PartitionAndRange) {
  EXPECT_EQ(RunSteps("$partition([0,1,2], 2)"), "[[0,1],[2]]");
  EXPECT_EQ(RunSteps("$partition([0,1,2], 5)"), "[[0,1,2]]");
  EXPECT_EQ(RunSteps("$partition([0,1], 0)").substr(0, 5), "D3137");
  EXPECT_EQ(RunSteps("$range(0, 9, 3)"), "[0,3,6,9]");
  EXPECT_EQ(RunSteps("$range(0, 10, 3)"), "[0,3,6,9]");
  EXPECT_EQ(RunSteps("$range(1, 9, 9)"), "1");
  EXPECT_EQ(RunSteps("$range(5, 1, -2)"), "[5,3,1]");
  EXPECT_EQ(RunSteps("$range(0, 1, 0)").substr(0, 5), "D3137");
  EXPECT_EQ(RunSteps("$range(0, 1e9, 1)").substr(0, 5), "D2014");
}

// Recorded: intrinsic_functions.json_manipulation_jsonata.parse.
TEST(StepsFunctions, Parse) {
  EXPECT_EQ(RunSteps("$parse('-0') + 0"), "0");
  EXPECT_EQ(RunSteps("$parse('1.1')"), "1.1");
  EXPECT_EQ(RunSteps("$parse('{\"Arg1\": 1, \"Arg2\": []}')"), R"({"Arg1":1,"Arg2":[]})");
  EXPECT_EQ(RunSteps("$parse('{')").substr(0, 5), "D3137");
}

TEST(StepsFunctions, HashRandomAndUuid) {
  EXPECT_EQ(RunSteps("$hash('abc', 'SHA-256')"),
            R"("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")");
  EXPECT_EQ(RunSteps("$hash('abc', 'CRC')").substr(0, 5), "D3137");
  EXPECT_EQ(RunSteps("$random(42) = $random(42)"), "true");
  EXPECT_EQ(RunSteps("$random(42)"), "0.7275636800328681");  // new java.util.Random(42).nextDouble()
  EXPECT_EQ(RunSteps("($r := $random(); $r >= 0 and $r < 1)"), "true");
  EXPECT_EQ(RunSteps("$length($uuid())"), "36");
}

TEST(StepsDialect, HasNoEvalAndRefusesWhatIsNoJson) {
  EXPECT_EQ(RunSteps("$eval('1')").substr(0, 5), "T1006");
  EXPECT_EQ(RunSteps("[$sum]"), "function");
  EXPECT_EQ(RunSteps("1/0").substr(0, 5), "D1001");
}

// Recorded: intrinsic_functions.math_operations_jsonata.math_random_seeded.
TEST(StepsDialect, NamesUnknownFunctionsAsAwsDoes) {
  EXPECT_EQ(MessageOf("$randomSeeded($states.input.FunctionInput.fst)", {Version::k2_0_6, true}),
            "Attempted to invoke a non-function");
}

// Recorded: evaluate_jsonata.base_evaluate_expressions.base_jsonata_regular_expressions.
TEST(StepsDialect, RunsRegularExpressions) { EXPECT_EQ(RunSteps("$contains(\"hello$world\", /^hello\\$/)"), "true"); }

}  // namespace
}  // namespace pawl::asl::jsonata
