#include "shared/config/value_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace pawl::config {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(Duration, ReadsEveryUnit) {
  EXPECT_EQ(*ParseDuration("0"), milliseconds(0));
  EXPECT_EQ(*ParseDuration("250ms"), milliseconds(250));
  EXPECT_EQ(*ParseDuration("10s"), milliseconds(10000));
  EXPECT_EQ(*ParseDuration("5m"), milliseconds(300000));
  EXPECT_EQ(*ParseDuration("2h"), milliseconds(7200000));
  EXPECT_EQ(*ParseDuration("1d"), milliseconds(86400000));
}

TEST(Duration, RefusesWhatHasNoUnitOrNoNumber) {
  for (const char* text :
       {"", "10", "s", "-1s", "1.5s", "10 s", "10y", "99999999999999999999d", "9223372036854775807d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Duration, IsShownInTheLargestUnitThatDividesIt) {
  for (const char* text : {"0", "1500ms", "10s", "5m", "36h", "2d"})
    EXPECT_EQ(ShowDuration(*ParseDuration(text)), text);
}

TEST(ValueForm, NamesTheRangeThatWasExpected) {
  int port = 0;
  const Target target = IntTarget{&port, {.min = 0, .max = 65535}};
  EXPECT_THAT(ReadTexts({"70000"}, target).message(),
              ::testing::Eq("expected integer from 0 to 65535, found \"70000\""));
  EXPECT_FALSE(ReadTexts({"8x"}, target).ok());
  EXPECT_FALSE(ReadTexts({""}, target).ok());
  EXPECT_TRUE(ReadTexts({"8333"}, target).ok());
  EXPECT_EQ(port, 8333);
}

TEST(ValueForm, RefusesNumbersThatDoNotFitTheVariable) {
  int narrow = 0;
  int64_t wide = 0;
  EXPECT_FALSE(ReadTexts({"3000000000"}, IntTarget{&narrow, {}}).ok());
  EXPECT_TRUE(ReadTexts({"3000000000"}, IntTarget{&wide, {}}).ok());
  EXPECT_EQ(wide, 3000000000);
}

TEST(ValueForm, DoesNotRepeatASecret) {
  std::string password;
  const Target target = StringTarget{&password, {.secret = true}};
  EXPECT_THAT(std::string(ReadTexts({"hunter2", "hunter3"}, target).message()), ::testing::Not(HasSubstr("hunter")));
}

TEST(ValueForm, TakesJsonOfTheFittingKindOnly) {
  bool flag = false;
  std::vector<std::string> list;
  EXPECT_TRUE(ReadJson(json::Value::Bool(true), BoolTarget{&flag}).ok());
  EXPECT_TRUE(flag);
  EXPECT_TRUE(ReadJson(*json::Parse(R"(["a","b"])"), ListTarget{&list, {}}).ok());
  EXPECT_THAT(list, ::testing::ElementsAre("a", "b"));
  EXPECT_FALSE(ReadJson(*json::Parse("[1]"), ListTarget{&list, {}}).ok());
  EXPECT_FALSE(ReadJson(json::Value::Int(1), BoolTarget{&flag}).ok());
  EXPECT_FALSE(ReadJson(json::Value::Null(), ListTarget{&list, {}}).ok());
}

}  // namespace
}  // namespace pawl::config
