#include "scheduler/gateway/arn.h"

#include <gtest/gtest.h>

#include "scheduler/gateway/reason.h"

namespace pawl::gateway {
namespace {

TEST(Arn, StateMachinesRoundTrip) {
  const Caller caller{.account = "123456789012", .region = "eu-west-1"};
  const std::string text = MakeStateMachineArn(caller, "train");
  EXPECT_EQ(text, "arn:aws:states:eu-west-1:123456789012:stateMachine:train");
  const auto arn = ParseStateMachineArn(text);
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->region, "eu-west-1");
  EXPECT_EQ(arn->account, "123456789012");
  EXPECT_EQ(arn->name, "train");
  EXPECT_EQ(arn->qualifier, "");
}

TEST(Arn, StateMachinesMayHaveAQualifier) {
  const auto arn = ParseStateMachineArn("arn:aws:states:us-east-1:000000000000:stateMachine:m:3");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->name, "m");
  EXPECT_EQ(arn->qualifier, "3");
}

TEST(Arn, ExecutionsRoundTrip) {
  const std::string text = MakeExecutionArn("us-east-1", "000000000000", "m", "run-1");
  const auto arn = ParseExecutionArn(text);
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->machine, "m");
  EXPECT_EQ(arn->name, "run-1");
}

TEST(Arn, ActivitiesRoundTrip) {
  const auto arn = ParseActivityArn(MakeActivityArn(Caller{}, "a"));
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->name, "a");
}

TEST(Arn, OtherTextsAreNoArns) {
  for (const char* text : {"", "x", "arn:aws:states", "arn:aws:states:us-east-1:000000000000:stateMachine:",
                           "arn:aws:states:us-east-1::stateMachine:m", "arn:aws:lambda:us-east-1:1:stateMachine:m",
                           "arn:aws:states:us-east-1:000000000000:stateMachine:m:1:2",
                           "arn:aws:states:us-east-1:000000000000:stateMachine::1"}) {
    EXPECT_FALSE(ParseStateMachineArn(text)) << text;
  }
  EXPECT_FALSE(ParseExecutionArn("arn:aws:states:us-east-1:000000000000:execution:m"));
  EXPECT_FALSE(ParseExecutionArn("arn:aws:states:us-east-1:000000000000:stateMachine:m:1"));
}

TEST(Arn, ChecksAreRefusedInStepFunctionsWords) {
  const absl::Status prefix = CheckArn("not_a_valid_arn", ArnKind::kStateMachine);
  EXPECT_EQ(ReasonOf(prefix), Reason::kInvalidArn);
  EXPECT_EQ(std::string(prefix.message()), "Invalid Arn: 'Invalid ARN prefix: not_a_valid_arn'");
  EXPECT_EQ(std::string(CheckArn("arn:aws:states:us-east-1:0:express:m:r:u", ArnKind::kExecution).message()),
            "Invalid Arn: 'Resource type not valid in this context: express'");
  EXPECT_TRUE(CheckArn("arn:aws:states:us-east-1:0:activity:a", ArnKind::kActivity).ok());
}

TEST(Name, ExcludesWhatStepFunctionsExcludes) {
  for (const char* name :
       {"activity]name", "a:b", "a\\b", "a&b", "a/b", "a>b",       "a#b",  "a{b",          "a,b",   "a%b",
        "a`b",           "a b", "a$b",  "a[b", "a<b", "a;b",       "a\"b", "a\x1f",        "a\x7f", "a?b",
        "a*b",           "a|b", "a^b",  "a~b", "",    "a\xc2\x80", "\xff", "a\xe3\x80\x80"}) {
    EXPECT_FALSE(IsValidName(name)) << name;
  }
  EXPECT_FALSE(IsValidName(std::string_view("\0a", 2)));
  for (const char* name : {"a", "ACTIVITY_NAME_ABC", "a.b-c_d@e!f(g)+h='i'", "activit\xc3\xa9", "\xf0\x9f\x98\x80"}) {
    EXPECT_TRUE(IsValidName(name)) << name;
  }
}

TEST(Name, HasAtMostEightyCharactersWhateverTheirBytes) {
  std::string name;
  for (int i = 0; i < 80; ++i) name += "\xc3\xa9";
  EXPECT_TRUE(IsValidName(name));
  EXPECT_FALSE(IsValidName(name + "x"));
}

}  // namespace
}  // namespace pawl::gateway
