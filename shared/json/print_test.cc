#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

TEST(Print, IsCompactAndKeepsTheOrder) {
  const char* text = R"({"z":1,"a":[true,false,null,"x",{}],"m":{"n":[]}})";
  EXPECT_EQ(Serialize(*Parse(text)), text);
}

TEST(Print, EscapesWhatMustBeEscaped) {
  EXPECT_EQ(Serialize(Value::String(std::string("a\"b\\c/\b\f\n\r\t\x01\x1f\x7f") + "é\U0001F600")),
            "\"a\\\"b\\\\c/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f"
            "é\U0001F600\"");
  EXPECT_EQ(Serialize(Value::String(std::string(1, '\0'))), R"("\u0000")");
  EXPECT_EQ(Serialize(Value::Object({{"k\"", Value()}})), R"({"k\"":null})");
}

TEST(Print, PrettyTextHasTwoSpacesPerLevel) {
  EXPECT_EQ(SerializePretty(*Parse(R"({"a":[1,{"b":[]}],"c":{}})")),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": []\n    }\n  ],\n  \"c\": {}\n}");
}

TEST(Print, AppendQuotedAppends) {
  std::string out = "x=";
  AppendQuoted("a\nb", out);
  EXPECT_EQ(out, R"(x="a\nb")");
}

}  // namespace
}  // namespace pawl::json
