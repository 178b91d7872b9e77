// Definitions and data made to hurt: each ends in a clear error, within a bounded time and memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {
namespace {

using ::testing::HasSubstr;

constexpr int kLevels = 10'000;

std::string Repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

// The cause with which the only state fails, or the definition is refused.
std::string FailureOf(const std::string& state, const std::string& input = "{}") {
  const CompileResult compiled = Compile(R"({"StartAt":"S","States":{"S":)" + state + "}}");
  if (compiled.program == nullptr) return "refused: " + InvalidDefinitionMessage(compiled.diagnostics);
  const absl::StatusOr<json::Value> parsed = json::Parse(input);
  if (!parsed.ok()) return "no input: " + std::string(parsed.status().message());
  const HeldValue data(*parsed);
  const HeldValue context(json::Value::Object({}));
  const Variables variables;
  base::SeededRandom random(1);
  const Scope scope{.input = data, .context = context, .variables = variables, .random = random, .now = {}};
  EnterOutcome outcome = Enter(*compiled.program->Find("S"), scope);
  const auto* failed = std::get_if<Failed>(&outcome);
  return failed == nullptr ? "no failure" : failed->failure.error + ": " + failed->failure.cause;
}

std::string OfOutput(const std::string& expression) {
  return FailureOf(R"({"Type":"Pass","QueryLanguage":"JSONata","End":true,"Output":"{% )" + expression + R"( %}"})");
}

TEST(Hostile, DeepTextIsRefused) {
  EXPECT_THAT(OfOutput(Repeated("(", kLevels) + "1" + Repeated(")", kLevels)), HasSubstr("refused: "));
  EXPECT_THAT(OfOutput(Repeated("[", kLevels) + Repeated("]", kLevels)), HasSubstr("D1011"));
  EXPECT_THAT(FailureOf(R"({"Type":"Pass","End":true,"InputPath":"$)" + Repeated("[0]", kLevels) + R"("})"),
              HasSubstr("refused: "));
  EXPECT_THAT(FailureOf(R"({"Type":"Pass","End":true,"Parameters":{"a.$":")" + Repeated("States.Array(", kLevels) +
                        Repeated(")", kLevels) + R"("}})"),
              HasSubstr("must be a valid JSONPath or a valid intrinsic function call"));
  EXPECT_THAT(
      FailureOf(R"({"Type":"Pass","End":true,"Result":)" + Repeated("[", kLevels) + Repeated("]", kLevels) + "}"),
      HasSubstr("TOO_DEEPLY_NESTED"));
  EXPECT_THAT(FailureOf(R"({"Type":"Choice","Choices":[)" + Repeated(R"({"Not":)", kLevels) + "1" +
                        Repeated("}", kLevels) + "]}"),
              HasSubstr("TOO_DEEPLY_NESTED"));
}

TEST(Hostile, DeepDataIsRefused) {
  const std::string deep = Repeated("[", kLevels) + Repeated("]", kLevels);
  EXPECT_THAT(FailureOf(R"({"Type":"Succeed"})", deep), HasSubstr("no input: "));
  EXPECT_THAT(
      FailureOf(R"j({"Type":"Pass","End":true,"Parameters":{"a.$":"States.StringToJson($)"}})j", "\"" + deep + "\""),
      HasSubstr("States.IntrinsicFailure"));
  EXPECT_THAT(OfOutput("$parse($join([1..10000].('['), ''))"), HasSubstr("States.QueryEvaluationError"));
}

TEST(Hostile, EndlessWorkEnds) {
  EXPECT_THAT(OfOutput("($f := function(){1 + $f()}; $f())"), HasSubstr("D1011"));
  EXPECT_THAT(OfOutput("($f := function(){$f()}; $f())"), HasSubstr("D1012"));
  EXPECT_THAT(OfOutput("$count($match($pad('', 200000, 'a'), /a.*b|a/))"), HasSubstr("D101"));
  EXPECT_THAT(OfOutput("$reduce([1..9000000], function($a, $b){$a + $b})"), HasSubstr("D1012"));
}

TEST(Hostile, ExpressionsForBacktrackersAreHarmless) {
  EXPECT_EQ(OfOutput("$contains($pad('', 100000, 'a'), /(a+)+b/)"), "no failure");
  EXPECT_EQ(OfOutput("$contains($pad('', 100000, 'a'), /(a|a)*b/)"), "no failure");
  EXPECT_EQ(FailureOf(R"({"Type":"Pass","End":true,"InputPath":"$[?(@ =~ /(a+)+b/)]"})",
                      "[\"" + std::string(100'000, 'a') + "\"]"),
            "no failure");
  EXPECT_THAT(FailureOf(R"({"Type":"Choice","Choices":[{"Variable":"$.a","StringMatches":")" + Repeated("*a", 500) +
                            R"(b","Next":"E"}]},"E":{"Type":"Succeed"})",
                        R"({"a":")" + std::string(10'000, 'a') + "\"}"),
              HasSubstr("does not point to a next state"));
}

TEST(Hostile, HungerEnds) {
  EXPECT_THAT(OfOutput("$pad('', 100000000)"), HasSubstr("D1013"));
  EXPECT_THAT(OfOutput("[1..3000]{$string($): [1..3000]}"), HasSubstr("D1013"));
  EXPECT_THAT(OfOutput("$range(1, 1000000000, 1)"), HasSubstr("States.QueryEvaluationError"));
  EXPECT_THAT(FailureOf(R"({"Type":"Pass","End":true,"InputPath":"$..*..*..*..*"})",
                        Repeated("[", 900) + "1" + Repeated("]", 900)),
              HasSubstr("visits too many values"));
}

// A few bytes name a value of gigabytes, because values share their parts.
TEST(Hostile, ValuesOfSharedPartsAreNotWrittenOut) {
  const std::string large = R"({"x":")" + std::string(200'000, 'a') + "\"}";
  const std::string refs = "$" + Repeated(",$", 2'000);
  const std::string too_large = "States.DataLimitExceeded: The state/task 'S' returned a result with a size exceeding";
  const auto of_parameters = [&](const std::string& form) {
    return FailureOf(R"({"Type":"Pass","End":true,"Parameters":)" + form + "}", large);
  };
  EXPECT_THAT(of_parameters(R"j({"a.$":"States.Array()j" + refs + R"j()"})j"), HasSubstr(too_large));
  std::string members;
  for (int i = 0; i < 2'000; ++i) members += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(.$":"$")";
  EXPECT_THAT(of_parameters("{" + members + "}"), HasSubstr(too_large));
  EXPECT_THAT(FailureOf(R"({"Type":"Pass","End":true,"Assign":{"v":{)" + members + "}}}", large), HasSubstr(too_large));
  for (const char* function :
       {"States.JsonToString(States.Array(", "States.Hash(States.Array(", "States.ArrayUnique(States.Array("}) {
    const std::string end = std::string(function).starts_with("States.Hash") ? "),'MD5')" : "))";
    EXPECT_THAT(of_parameters(R"({"a.$":")" + (function + refs) + end + "\"}"), HasSubstr("its values have more than"))
        << function;
  }
  EXPECT_THAT(of_parameters(R"j({"a.$":"States.Format(')j" + Repeated("{}", 2'001) + "'," + refs + R"j()"})j"),
              HasSubstr("its values have more than"));
  const std::string nested = Repeated("[", 900) + "\"" + std::string(200'000, 'a') + "\"" + Repeated("]", 900);
  EXPECT_THAT(FailureOf(R"({"Type":"Pass","End":true,"InputPath":"$..*"})", nested), HasSubstr(too_large));
}

}  // namespace
}  // namespace pawl::asl
