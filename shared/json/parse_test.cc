#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(std::string_view text, const ParseLimits& limits = {}) {
  const absl::StatusOr<Value> value = Parse(text, limits);
  EXPECT_FALSE(value.ok()) << text;
  EXPECT_FALSE(IsValid(text, limits)) << text;
  return std::string(value.status().message());
}

TEST(Parse, ReadsEveryKind) {
  const absl::StatusOr<Value> value = Parse(" {\"a\" : [1, -2.5, \"x\", true, false, null], \"b\":{}}\n");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(Serialize(*value), R"({"a":[1,-2.5,"x",true,false,null],"b":{}})");
  EXPECT_TRUE(IsValid("[]"));
}

TEST(Parse, OfDuplicateKeysTheLastValueStandsAtThePlaceOfTheFirst) {
  EXPECT_EQ(Serialize(*Parse(R"({"a":1,"b":{"a":2},"a":[3]})")), R"({"a":[3],"b":{"a":2}})");
}

TEST(Parse, ReadsEscapesAndSurrogatePairs) {
  EXPECT_EQ(Parse(R"("\u00e9\ud83d\ude00\n\/")")->as_string(), "é\U0001F600\n/");
  EXPECT_EQ(Parse(R"("a\u0000b")")->as_string(), std::string("a\0b", 3));
}

TEST(Parse, SaysWhereAndWhatIsWrong) {
  EXPECT_THAT(ErrorOf("{\"a\": 1,\n  oops}"), HasSubstr("invalid JSON at line 2, column 3: syntax error"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("line 1, column 1"));
  EXPECT_THAT(ErrorOf("[1] x"), HasSubstr("line 1, column 5"));
  EXPECT_THAT(ErrorOf("[1,]"), HasSubstr("line 1, column 4"));
  EXPECT_THAT(ErrorOf("{} {}"), HasSubstr("expected end of input"));
}

TEST(Parse, RefusesWhatOnlyLooksLikeJson) {
  for (const char* text : {"{'a':1}", "[01]", "[1.]", "[.5]", "[+1]", "NaN", "[Infinity]", "tru", "\"a", "[1 2]",
                           "{\"a\"}", "{1:2}", "// c\n1", "\"\t\"", "\"\\x\"", "[\"a\nb\"]"}) {
    ErrorOf(text);
  }
}

TEST(Parse, RefusesBrokenText) {
  EXPECT_THAT(ErrorOf(R"("\ud800")"), HasSubstr("surrogate"));
  EXPECT_THAT(ErrorOf(R"("\udc00x")"), HasSubstr("surrogate"));
  EXPECT_THAT(ErrorOf(R"("\ud800\u0041")"), HasSubstr("surrogate"));
  EXPECT_THAT(ErrorOf("\"\xff\""), HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf("\"\xc0\x80\""), HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf("\"\xed\xa0\x80\""), HasSubstr("UTF-8"));
  EXPECT_THAT(ErrorOf(std::string_view("{}\0x", 4)), HasSubstr("NUL"));
}

TEST(Parse, RefusesNumbersBeyondDoubles) { EXPECT_THAT(ErrorOf("[1e999]"), HasSubstr("number overflow")); }

TEST(Parse, HoldsItsLimits) {
  EXPECT_THAT(ErrorOf("[[[]]]", {.depth_max = 2}), HasSubstr("deeper than 2"));
  EXPECT_TRUE(Parse("[[],[]]", {.depth_max = 2}).ok());
  EXPECT_EQ(Parse(std::string(1001, '[')).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Parse("[1,2,3]", {.bytes_max = 6}).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(Parse, AHundredThousandOpenBracketsAreAnErrorNotACrash) {
  EXPECT_FALSE(Parse(std::string(100'000, '['), {.depth_max = 1'000'000}).ok());
}

}  // namespace
}  // namespace pawl::json
