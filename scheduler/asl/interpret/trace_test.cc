#include "scheduler/asl/interpret/trace.h"

#include <gtest/gtest.h>

#include <string>

#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {
namespace {

using json::Value;

// One state "S" with a trace around it.
struct Traced {
  explicit Traced(const std::string& fields, const std::string& input_text)
      : compiled(Compile(R"({"StartAt":"S","States":{"S":{)" + fields + R"(},"T":{"Type":"Succeed"}}})")),
        input(*json::Parse(input_text)) {
    EXPECT_NE(compiled.program, nullptr) << InvalidDefinitionMessage(compiled.diagnostics);
  }
  const State& state() const { return *compiled.program->Find("S"); }
  std::string Told() const {
    std::string told;
    for (const Trace::TracedStage& stage : trace.stages()) {
      told += stage.name + "=" + json::Serialize(stage.value) + "\n";
    }
    return told;
  }

  CompileResult compiled;
  HeldValue input;
  HeldValue context{Value::Object({})};
  Variables variables;
  base::SeededRandom random{1};
  Trace trace;
  Scope scope{
      .input = input, .context = context, .variables = variables, .random = random, .now = {}, .inspector = &trace};
};

constexpr char kTask[] = R"("Type":"Task","Resource":"arn:aws:lambda:us-east-1:000000000000:function:f","Next":"T")";

TEST(Trace, TellsAllStagesOfATaskInOrder) {
  Traced traced(std::string(kTask) + R"(,"InputPath":"$.a","Parameters":{"p.$":"$.b"},"ResultSelector":{"s.$":"$.r"},
      "ResultPath":"$.out","OutputPath":"$.out","Assign":{"v.$":"$.s"})",
                R"({"a":{"b":1}})");
  (void)Enter(traced.state(), traced.scope);
  (void)Complete(traced.state(), traced.scope, HeldValue(*json::Parse(R"({"r":2})")));
  EXPECT_EQ(traced.Told(), R"(input={"a":{"b":1}}
afterInputPath={"b":1}
afterParameters={"p":1}
result={"r":2}
afterResultSelector={"s":2}
assignedVariables={"v":2}
afterResultPath={"a":{"b":1},"out":{"s":2}}
output={"s":2}
)");
  EXPECT_EQ(json::Serialize(*traced.trace.Find("result")), R"({"r":2})");
  EXPECT_EQ(traced.trace.Find("afterItemsPath"), nullptr);
}

TEST(Trace, TellsJsonataOutputAndAssign) {
  Traced traced(R"("QueryLanguage":"JSONata","Type":"Pass","Output":{"o":"{% $states.input.n %}"},"Assign":{"v":1},
      "Next":"T")",
                R"({"n":3})");
  (void)Enter(traced.state(), traced.scope);
  EXPECT_EQ(traced.Told(), "input={\"n\":3}\nassignedVariables={\"v\":1}\noutput={\"o\":3}\n");
}

TEST(Trace, TellsWhichRetrierAndCatcherWereAsked) {
  Traced traced(std::string(kTask) + R"(,"Retry":[{"ErrorEquals":["B"]},
      {"ErrorEquals":["A"],"IntervalSeconds":3,"BackoffRate":2,"MaxAttempts":2}],
      "Catch":[{"ErrorEquals":["B"],"Next":"T"},{"ErrorEquals":["A"],"Next":"T","ResultPath":"$.e"}])",
                "{}");
  const Failure failure{"A", "why", true, {}};
  const int32_t once[] = {0, 1};
  (void)HandleFailure(traced.state(), traced.scope, failure, once);
  ASSERT_EQ(traced.trace.retriers().size(), 2u);
  EXPECT_FALSE(traced.trace.retriers()[0].covers);
  EXPECT_EQ(traced.trace.retriers()[1].delay, std::chrono::seconds(6));
  EXPECT_EQ(traced.trace.retriers()[1].used, 1);
  EXPECT_TRUE(traced.trace.catchers().empty());

  traced.trace.Clear();
  const int32_t used_up[] = {0, 2};
  (void)HandleFailure(traced.state(), traced.scope, failure, used_up);
  EXPECT_TRUE(traced.trace.retriers()[1].covers);
  EXPECT_EQ(traced.trace.retriers()[1].delay, std::nullopt);
  ASSERT_EQ(traced.trace.catchers().size(), 2u);
  EXPECT_TRUE(traced.trace.catchers()[1].covers);
  EXPECT_EQ(json::Serialize(*traced.trace.Find("output")), R"({"e":{"Error":"A","Cause":"why"}})");
}

TEST(Trace, TellsWhichRulesWereTried) {
  Traced traced(R"("Type":"Choice","Choices":[{"Variable":"$.n","NumericEquals":1,"Next":"T"},
      {"Variable":"$.n","NumericEquals":2,"Next":"T"}])",
                R"({"n":2})");
  (void)Enter(traced.state(), traced.scope);
  ASSERT_EQ(traced.trace.rules().size(), 2u);
  EXPECT_FALSE(traced.trace.rules()[0].matched);
  EXPECT_TRUE(traced.trace.rules()[1].matched);
  EXPECT_EQ(traced.trace.rules()[1].why, "$.n = 2 NumericEquals 2");
}

}  // namespace
}  // namespace pawl::asl
