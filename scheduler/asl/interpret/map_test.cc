// What an inline Map makes of the fields that are a Map Run's elsewhere.
#include <gtest/gtest.h>

#include <string>

#include "scheduler/asl/interpret/step.h"
#include "scheduler/asl/validate/compile.h"

namespace pawl::asl {
namespace {

// An inline Map with `fields` (JSON members with a comma behind each) enters with `input`.
EnterOutcome EnterMap(const std::string& fields, const std::string& input) {
  const CompileResult compiled =
      Compile(R"({"StartAt":"S","States":{"S":{"Type":"Map",)" + fields +
              R"("ItemProcessor":{"StartAt":"I","States":{"I":{"Type":"Pass","End":true}}},"End":true}}})");
  EXPECT_NE(compiled.program, nullptr);
  const HeldValue data(*json::Parse(input));
  const HeldValue context(*json::Parse(R"({"Execution":{"Name":"e"}})"));
  const Variables variables;
  base::SeededRandom random(1);
  return Enter(*compiled.program->Find("S"),
               Scope{.input = data, .context = context, .variables = variables, .random = random, .now = {}});
}

std::string ItemsOf(const EnterOutcome& outcome) {
  if (const auto* failed = std::get_if<Failed>(&outcome)) return failed->failure.error + ": " + failed->failure.cause;
  const auto& start = std::get<StartMap>(outcome);
  EXPECT_EQ(start.length, start.items.value.size());
  return json::Serialize(start.items.value);
}

TEST(InlineMap, BatchesItsItems) {
  EXPECT_EQ(ItemsOf(EnterMap(R"("ItemBatcher":{"MaxItemsPerBatch":2},)", "[1,2,3]")),
            R"([{"Items":[1,2]},{"Items":[3]}])");
  EXPECT_EQ(ItemsOf(EnterMap(R"("ItemBatcher":{"MaxItemsPerBatch":2},)", "[]")), "[]");
}

TEST(InlineMap, BatchesBySizeAndGivesEachBatchItsInput) {
  EXPECT_EQ(
      ItemsOf(EnterMap(R"("ItemsPath":"$.a","ItemBatcher":{"MaxInputBytesPerBatch":60,)"
                       R"("BatchInput":{"who.$":"$.who"}},)",
                       R"({"who":"me","a":["0123456789","0123456789"]})")),
      R"([{"BatchInput":{"who":"me"},"Items":["0123456789"]},{"BatchInput":{"who":"me"},"Items":["0123456789"]}])");
}

TEST(InlineMap, ReadsTheBoundsOfItsBatchesByPathAndExpression) {
  EXPECT_EQ(
      ItemsOf(EnterMap(R"("ItemsPath":"$.a","ItemBatcher":{"MaxItemsPerBatchPath":"$.n"},)", R"({"n":1,"a":[1,2]})")),
      R"([{"Items":[1]},{"Items":[2]}])");
  EXPECT_EQ(ItemsOf(EnterMap(R"("QueryLanguage":"JSONata","Items":[1,2],)"
                             R"("ItemBatcher":{"MaxItemsPerBatch":"{% 1 + 1 %}"},)",
                             "{}")),
            R"([{"Items":[1,2]}])");
  EXPECT_EQ(
      ItemsOf(EnterMap(R"("ItemsPath":"$.a","ItemBatcher":{"MaxItemsPerBatchPath":"$.n"},)", R"({"n":"x","a":[1,2]})")),
      "States.Runtime: The ItemBatcher/MaxItemsPerBatchPath field refers to value \"x\" which is not a valid "
      "integer: $.n");
}

TEST(InlineMap, SelectsItemsBeforeItBatchesThem) {
  EXPECT_EQ(ItemsOf(EnterMap(R"("ItemSelector":{"at.$":"$$.Map.Item.Index","v.$":"$$.Map.Item.Value"},)"
                             R"("ItemBatcher":{"MaxItemsPerBatch":2},)",
                             "[7,8,9]")),
            R"([{"Items":[{"at":0,"v":7},{"at":1,"v":8}]},{"Items":[{"at":2,"v":9}]}])");
}

TEST(InlineMap, AsksForAMapRunWhereItReadsOrWritesElsewhere) {
  const EnterOutcome reads =
      EnterMap(R"("ItemReader":{"Resource":"arn:aws:states:::s3:getObject","ReaderConfig":{"InputType":"JSON"},)"
               R"("Parameters":{"Bucket":"b","Key":"k"}},)",
               "{}");
  ASSERT_TRUE(std::get<StartMap>(reads).distributed.has_value());
  EXPECT_TRUE(std::get<StartMap>(reads).distributed->item_reader.has_value());
  const EnterOutcome writes =
      EnterMap(R"("ResultWriter":{"Resource":"arn:aws:states:::s3:putObject","Parameters":{"Bucket":"b"}},)", "[1]");
  ASSERT_TRUE(std::get<StartMap>(writes).distributed.has_value());
  EXPECT_TRUE(std::get<StartMap>(writes).distributed->result_writer.has_value());
  EXPECT_FALSE(std::get<StartMap>(EnterMap("", "[1]")).distributed.has_value());
}

}  // namespace
}  // namespace pawl::asl
