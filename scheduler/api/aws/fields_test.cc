#include "scheduler/api/aws/fields.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace pawl::api::aws {
namespace {

std::string MessageOf(const Fields& fields) {
  const auto error = fields.error();
  return error ? error->name + ": " + error->message : "";
}

TEST(Fields, ReadWhatIsThere) {
  nlohmann::json body = {{"a", "text"}, {"n", 7}, {"f", true}, {"c", "ONE"}, {"z", nullptr}};
  Fields fields(body);
  EXPECT_EQ(fields.Text("a", {.required = true}), "text");
  EXPECT_EQ(fields.Integer("n", 0, 10), 7);
  EXPECT_TRUE(fields.Flag("f", false));
  EXPECT_EQ(fields.Choice("c", {"ONE", "TWO"}, "TWO"), "ONE");
  EXPECT_EQ(fields.Choice("absent", {"ONE", "TWO"}, "TWO"), "TWO");
  EXPECT_FALSE(fields.OptionalText("z", {}).has_value());
  EXPECT_EQ(MessageOf(fields), "");
}

TEST(Fields, TellAConstraintInAwsWords) {
  nlohmann::json body = {{"maxResults", 1001}};
  Fields fields(body);
  fields.Integer("maxResults", 0, 1000);
  EXPECT_EQ(MessageOf(fields),
            "ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
            "constraint: Member must have value less than or equal to 1000");
}

TEST(Fields, TellAllViolationsAtOnce) {
  nlohmann::json body = {{"name", ""}, {"type", "FAST"}, {"long", "abc"}};
  Fields fields(body);
  fields.Text("arn", {.required = true});
  fields.Text("name", {.required = true, .length_min = 1});
  fields.Text("long", {.length_max = 2});
  fields.Choice("type", {"STANDARD", "EXPRESS"}, "STANDARD");
  EXPECT_EQ(
      MessageOf(fields),
      "ValidationException: 4 validation errors detected: Value null at 'arn' failed to satisfy constraint: Member "
      "must not be null; Value '' at 'name' failed to satisfy constraint: Member must have length greater than or "
      "equal to 1; Value 'abc' at 'long' failed to satisfy constraint: Member must have length less than or equal "
      "to 2; Value 'FAST' at 'type' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, "
      "EXPRESS]");
}

TEST(Fields, CountCharactersNotBytes) {
  nlohmann::json body = {{"name", "\xc3\xa9\xc3\xa9"}};
  Fields fields(body);
  fields.Text("name", {.length_max = 2});
  EXPECT_EQ(MessageOf(fields), "");
}

TEST(Fields, RefuseWrongTypes) {
  const std::pair<nlohmann::json, std::string> cases[] = {
      {3, "NUMBER_VALUE can not be converted to a String"},
      {1.5, "DECIMAL_VALUE can not be converted to a String"},
      {true, "TRUE_VALUE can not be converted to a String"},
      {nlohmann::json::object(), "Start of structure or map found where not expected."},
      {nlohmann::json::array(), "Start of list found where not expected"}};
  for (const auto& [value, message] : cases) {
    nlohmann::json body = {{"a", value}};
    Fields fields(body);
    fields.Text("a", {});
    EXPECT_EQ(MessageOf(fields), "SerializationException: " + message);
  }
  nlohmann::json body = {{"n", "7"}};
  Fields fields(body);
  fields.Integer("n", 0, 10);
  EXPECT_EQ(MessageOf(fields), "SerializationException: STRING_VALUE can not be converted to an Integer");
}

TEST(Fields, NumbersBeyondAnyRangeAreTooLarge) {
  nlohmann::json body = nlohmann::json::parse(R"({"a":18446744073709551615,"b":-9223372036854775808})");
  Fields fields(body);
  fields.Integer("a", 0, 1000);
  fields.Integer("b", 0, 1000);
  const std::string message = MessageOf(fields);
  EXPECT_NE(message.find("'18446744073709551615' at 'a'"), std::string::npos) << message;
  EXPECT_NE(message.find("greater than or equal to 0"), std::string::npos) << message;
}

}  // namespace
}  // namespace pawl::api::aws
