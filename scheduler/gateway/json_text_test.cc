#include "scheduler/gateway/json_text.h"

#include <gtest/gtest.h>

namespace pawl::gateway {
namespace {

TEST(ExplainInvalidJson, UsesTheWordsThatStepFunctionsUses) {
  EXPECT_EQ(ExplainInvalidJson("not some json"),
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
            "'false')");
  EXPECT_EQ(ExplainInvalidJson("{'not': 'json'"),
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name");
}

TEST(ExplainInvalidJson, FindsAFaultInEveryBrokenText) {
  for (const char* text :
       {"",        "  ", "{", "[",  "[1,", "[1 2]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "[1,]", "\"abc",
        "\"\\x\"", "01", "-", "1.", "1e",  "1x",    "nul",     "{} {}",    "\"\n\"",     "]",    "{\"a\":1]"}) {
    EXPECT_NE(ExplainInvalidJson(text), "") << text;
  }
}

TEST(ExplainInvalidJson, SaysNothingAboutJson) {
  for (const char* text :
       {"{}", "[]", " {\"a\": [1, -2.5e+3, null, true, false, \"x\\u0041\\n\", {}, []]} ", "\"a\"", "0"}) {
    EXPECT_EQ(ExplainInvalidJson(text), "") << text;
  }
}

TEST(ExplainInvalidJson, DeepNestingNeedsNoStack) {
  EXPECT_EQ(ExplainInvalidJson(std::string(1'000'000, '[')),
            "Unexpected end-of-input: expected close marker for Array");
}

}  // namespace
}  // namespace pawl::gateway
