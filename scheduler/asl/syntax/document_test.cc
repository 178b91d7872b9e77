#include "scheduler/asl/syntax/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "scheduler/asl/syntax/json_fault.h"

namespace pawl::asl::syntax {
namespace {

Node Parsed(std::string_view text) {
  auto result = ParseDocument(text);
  EXPECT_TRUE(std::holds_alternative<Node>(result));
  return std::get<Node>(std::move(result));
}

TEST(Document, KnowsWhereEveryValueStands) {
  const std::string text = "{\n  \"a\": [1, {\"b\\n\": \"x\"}],\n  \"c\": null }";

  const Node root = Parsed(text);

  ASSERT_EQ(root.members.size(), 2u);
  const Node& array = *root.Find("a");
  EXPECT_EQ(PositionOf(text, array.offset).line, 2u);
  EXPECT_EQ(PositionOf(text, array.offset).column, 8u);
  ASSERT_EQ(array.items.size(), 2u);
  EXPECT_EQ(array.items[1].Find("b\n")->value, json::Value::String("x"));
  EXPECT_EQ(text.substr(array.items[1].Find("b\n")->offset, 3), "\"x\"");
  EXPECT_TRUE(root.Find("c")->value.is_null());
  EXPECT_EQ(root.Find("d"), nullptr);
}

TEST(Document, KeepsARepeatedKeyEachTimeAndFindsTheLast) {
  const Node root = Parsed(R"({"a": {"x": 1}, "a": [2]})");
  ASSERT_EQ(root.members.size(), 2u);
  EXPECT_TRUE(root.Find("a")->value.is_array());
}

TEST(Document, RefusesNestingBeyondTheLimitWithoutOverflow) {
  const std::string text(10'000, '[');
  const auto result = ParseDocument(text);
  ASSERT_TRUE(std::holds_alternative<SyntaxError>(result));
  const std::string closed = text + std::string(10'000, ']');
  const auto deep = ParseDocument(closed);
  ASSERT_TRUE(std::holds_alternative<SyntaxError>(deep));
  EXPECT_EQ(std::get<SyntaxError>(deep).kind, SyntaxError::Kind::kTooDeep);
}

TEST(JsonFault, SpeaksAsTheParserOfAws) {
  struct Case {
    std::string text;
    std::string message;
    size_t offset;
  };
  const Case cases[] = {
      // Recorded: validate_state_machine_definition_not_a_definition.
      {"not a definition",
       "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or "
       "'false')",
       3},
      {"{'a': 1}", "Unexpected character (''' (code 39)): was expecting double-quote to start field name", 2},
      {"{\"a\": 1", "Unexpected end-of-input: expected close marker for Object", 7},
      {"{\"a\" 1}", "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value", 6},
      {"[1 2]", "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries", 4},
      {"", "No content to map due to end-of-input", 0},
  };
  for (const Case& one : cases) {
    const JsonFault fault = FindJsonFault(one.text);
    EXPECT_EQ(fault.message, one.message) << one.text;
    EXPECT_EQ(fault.offset, one.offset) << one.text;
  }
}

TEST(JsonFault, FindsNoneInJson) {
  for (const char* text : {"{}", "[]", "[[], {}, 1.5e3, -0, null, true, \"\\u00e4\"]", " {\"a\": {\"b\": []}} "}) {
    EXPECT_EQ(FindJsonFault(text).message, "") << text;
  }
}

}  // namespace
}  // namespace pawl::asl::syntax
