#include "shared/json/value.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::json {
namespace {

Value MustParse(std::string_view text) {
  absl::StatusOr<Value> value = Parse(text);
  EXPECT_TRUE(value.ok()) << value.status();
  return value.ok() ? *value : Value();
}

Value NestedArrays(int depth) {
  Value value;
  for (int i = 0; i < depth; ++i) value = Value::Array({std::move(value)});
  return value;
}

TEST(Value, IsOneWord) { EXPECT_EQ(sizeof(Value), sizeof(void*)); }

TEST(Value, KnowsItsKind) {
  EXPECT_TRUE(Value().is_null());
  EXPECT_TRUE(Value::Bool(false).is_bool());
  EXPECT_FALSE(Value::Bool(false).as_bool());
  EXPECT_TRUE(Value::Bool(true).as_bool());
  EXPECT_EQ(Value::Int(-7).number_text(), "-7");
  EXPECT_EQ(Value::String("x").as_string(), "x");
  EXPECT_EQ(Value::Array({Value::Int(1), Value()}).size(), 2u);
  EXPECT_EQ(Value::Object({{"a", Value::Int(1)}}).members()[0].key, "a");
  EXPECT_STREQ(KindName(Value::Bool(true).kind()), "boolean");
}

TEST(Value, CopiesShareTheNode) {
  const Value original = MustParse(R"({"a":[1,2]})");
  const Value copy = original;
  EXPECT_TRUE(copy.SameNode(original));
}

TEST(Value, SurvivesSelfAssignment) {
  Value value = Value::String("kept");
  Value& alias = value;
  value = alias;
  value = std::move(alias);
  EXPECT_EQ(value.as_string(), "kept");
}

TEST(Value, AMovedFromValueIsNull) {
  Value value = Value::String("x");
  const Value taken = std::move(value);
  EXPECT_TRUE(value.is_null());  // NOLINT(bugprone-use-after-move): that is the point
  EXPECT_EQ(taken.as_string(), "x");
}

TEST(Value, OfEqualKeysTheLastValueStandsAtThePlaceOfTheFirst) {
  const Value value = Value::Object({{"a", Value::Int(1)}, {"b", Value::Int(2)}, {"a", Value::Int(3)}});
  EXPECT_EQ(Serialize(value), R"({"a":3,"b":2})");
}

TEST(Value, FindsMembersOfSmallAndLargeObjects) {
  for (const int count : {0, 1, 15, 16, 17, 18, 1000}) {
    std::vector<Member> members;
    for (int i = 0; i < count; ++i) members.push_back({"key" + std::to_string(i), Value::Int(i)});
    for (int i = 0; i < count; i += 3) members.push_back({"key" + std::to_string(i), Value::Int(-i)});
    const Value object = Value::Object(members);
    ASSERT_EQ(object.size(), static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      const Value* found = object.Find("key" + std::to_string(i));
      ASSERT_NE(found, nullptr) << count << " " << i;
      EXPECT_EQ(found->as_int64(), i % 3 == 0 ? -i : i);
      EXPECT_EQ(object.members()[static_cast<size_t>(i)].key, "key" + std::to_string(i));
    }
    EXPECT_EQ(object.Find("key"), nullptr);
    EXPECT_EQ(object.Find(""), nullptr);
  }
}

TEST(Value, FindsNothingInOtherKinds) {
  EXPECT_EQ(Value().Find("a"), nullptr);
  EXPECT_EQ(Value::String("a").Find("a"), nullptr);
  EXPECT_EQ(Value::Array({}).Find("0"), nullptr);
}

TEST(Value, WithSetsAMemberOfACopy) {
  const Value object = MustParse(R"({"a":1,"b":2})");
  EXPECT_EQ(Serialize(object.With("a", Value::Int(9))), R"({"a":9,"b":2})");
  EXPECT_EQ(Serialize(object.With("c", Value())), R"({"a":1,"b":2,"c":null})");
  EXPECT_EQ(Serialize(Value().With("c", Value::Int(1))), R"({"c":1})");
  EXPECT_EQ(Serialize(object), R"({"a":1,"b":2})");
}

TEST(Value, WithoutDropsAMemberOfACopy) {
  const Value object = MustParse(R"({"a":1,"b":2})");
  EXPECT_EQ(Serialize(object.Without("a")), R"({"b":2})");
  EXPECT_TRUE(object.Without("x").SameNode(object));
}

TEST(Value, EqualityIgnoresMemberOrderAndTheWayNumbersAreWritten) {
  EXPECT_EQ(MustParse(R"({"a":1,"b":[2.0,"x"]})"), MustParse(R"({"b":[2e0,"x"],"a":1.0})"));
  EXPECT_FALSE(MustParse("[1,2]") == MustParse("[2,1]"));
  EXPECT_FALSE(MustParse(R"({"a":1})") == MustParse(R"({"b":1})"));
  EXPECT_FALSE(MustParse("1") == MustParse("\"1\""));
  EXPECT_FALSE(MustParse("true") == MustParse("false"));
  EXPECT_FALSE(MustParse("null") == MustParse("false"));
}

TEST(Value, AHundredThousandLevelsNeedNoStack) {
  const Value one = NestedArrays(100'000);
  const Value other = NestedArrays(100'000);
  EXPECT_TRUE(one == other);
  const std::string text = Serialize(one);
  EXPECT_EQ(text, std::string(100'000, '[') + "null" + std::string(100'000, ']'));
  const absl::StatusOr<Value> parsed = Parse(text, {.depth_max = 100'000});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_TRUE(*parsed == one);
}

TEST(Value, DeepObjectsNeedNoStackEither) {
  Value value;
  for (int i = 0; i < 100'000; ++i) value = Value::Object({{"k", value}, {"n", Value::Int(i)}});
  const Value keeps_a_part = *value.Find("k");
  value = Value();
  EXPECT_EQ(keeps_a_part.Find("n")->as_int64(), 99'998);
}

TEST(Value, ThreadsMayShareAndDropOneValue) {
  Value shared = MustParse(R"({"a":[1,2,{"b":"text that does not fit inline anywhere"}]})");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([copy = shared] {
      for (int round = 0; round < 1000; ++round) {
        const Value inner = copy.Find("a")->items()[2];
        ASSERT_EQ(inner.Find("b")->as_string().size(), 38u);
      }
    });
  }
  shared = Value();
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace pawl::json
