#include "worker/activities/data_validate/data_validate.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"
#include "worker/activities/transform/profile.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;

class DataValidateTest : public ::testing::Test {
 protected:
  void Put(const std::string& text) { ASSERT_TRUE(WriteFileAtomically(directory_.path() / "in.csv", text).ok()); }
  nlohmann::json Run(const char* rules, const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json input{{"input", directory_ / "in.csv"}, {"rules", nlohmann::json::parse(rules)}};
    input.update(more);
    FakeTaskContext task(input);
    absl::StatusOr<nlohmann::json> result = DataValidate(store_, task);
    if (result.ok()) return *result;
    const worker::ActivityError error = ToActivityError(result.status());
    nlohmann::json cause = nlohmann::json::parse(error.cause, nullptr, false);
    return {{"Error", error.error}, {"Cause", cause.is_discarded() ? nlohmann::json(error.cause) : cause}};
  }
  // The first check that failed.
  std::string Failure(const char* rules) {
    const nlohmann::json result = Run(rules);
    if (result.value("Error", "") != "DataQualityError") return "no failure: " + result.dump();
    return result["Cause"]["failures"][0]["check"];
  }
  TemporaryDirectory directory_;
  ArtifactStore store_{ActivityOptions{}};
};

TEST_F(DataValidateTest, GoodDataPassesAllLevelsWithAReport) {
  Put("id,t,c\n1,20,a\n2,21,b\n3,22,a\n");
  const nlohmann::json result = Run(R"({
    "schema": {"columns": [{"name": "id", "type": "integer", "required": true},
                           {"name": "c", "allowed": ["a", "b"]}]},
    "ranges": {"columns": [{"name": "t", "min": 0, "max": 40}], "rules": [{"left": "id", "op": "<", "right": "t"}]},
    "missing": {"max_share": {"t": 0}}, "duplicates": {"key": ["id"]}, "outliers": {"columns": ["t"]}})");
  EXPECT_EQ(result["status"], "passed");
  EXPECT_EQ(result["rows"], 3);
  EXPECT_EQ(result["report"]["levels"].size(), 5u);
}

TEST_F(DataValidateTest, TheArticlesMemberNamesWorkToo) {
  Put("id\n1\n");
  FakeTaskContext task(
      {{"InputPath", directory_ / "in.csv"}, {"ValidationRules", {{"schema", {{"columns", {{{"name", "id"}}}}}}}}});
  EXPECT_TRUE(DataValidate(store_, task).ok());
}

TEST_F(DataValidateTest, EachLevelFindsItsKindOfFault) {
  Put("id,t,c\n1,20,a\nx,21,b\n3,,b\n3,900,z\n5,20,a\n6,21,a\n7,20,a\n8,22,a\n9,21,a\n10,20,a\n");
  EXPECT_EQ(Failure(R"({"schema": {"columns": [{"name": "id", "type": "integer"}]}})"), "column 'id' is integer");
  EXPECT_EQ(Failure(R"({"schema": {"columns": [{"name": "c", "allowed": ["a", "b"]}]}})"),
            "column 'c' is string, known");
  EXPECT_EQ(Failure(R"({"schema": {"columns": [{"name": "t", "type": "number", "required": true}]}})"),
            "column 't' is number, required");
  EXPECT_EQ(Failure(R"({"ranges": {"columns": [{"name": "t", "max": 100}]}})"), "column 't' is at most 100");
  EXPECT_EQ(Failure(R"({"ranges": {"rules": [{"name": "id below t", "left": "id", "op": "<", "right": "t",
                                              "max_share": 0},
                                             {"name": "t below id", "left": "t", "op": "<", "right": "id"}]}})"),
            "t below id");
  EXPECT_EQ(Failure(R"({"missing": {"max_share": {"t": 0.05}}})"), "column 't' is rarely missing");
  EXPECT_EQ(Failure(R"({"duplicates": {"key": ["id"]}})"), "no row occurs twice");
  EXPECT_EQ(Failure(R"({"outliers": {"columns": ["t"]}})"), "column 't' has few outliers");
  EXPECT_EQ(Failure(R"({"min_rows": 11, "schema": {}})"), "at least 11 rows");
}

TEST_F(DataValidateTest, ShowsExamplesOfWhatWasFound) {
  Put("id\n1\nx\n");
  const nlohmann::json result = Run(R"({"schema": {"columns": [{"name": "id", "type": "integer"}]}})");
  EXPECT_EQ(result["Cause"]["failures"][0]["examples"], nlohmann::json::parse(R"([{"row": 2, "found": "x"}])"));
}

TEST_F(DataValidateTest, ALevelThatNeedNotHoldOnlyWarns) {
  Put("id\n1\n1\n");
  const nlohmann::json result = Run(R"({"duplicates": {"must_hold": false}})");
  EXPECT_EQ(result["status"], "passed");
  EXPECT_EQ(result["warnings"], 1);
}

TEST_F(DataValidateTest, AMissingColumnIsBadDataWhereTheSchemaSaysSoAndElseAMistakeInTheRules) {
  Put("id\n1\n");
  EXPECT_EQ(Failure(R"({"schema": {"columns": [{"name": "t"}]}, "ranges": {"columns": [{"name": "t", "min": 0}]}})"),
            "column 't' exists");
  EXPECT_EQ(Run(R"({"ranges": {"columns": [{"name": "t", "min": 0}]}})")["Error"], "InvalidInput");
}

TEST_F(DataValidateTest, BrokenRowsCount) {
  Put("a,b\n1,2\n1\n");
  EXPECT_EQ(Failure(R"({"schema": {"max_share": 0.1}})"), "rows can be read");
  EXPECT_EQ(Run(R"({"schema": {"max_share": 0.6}})")["status"], "passed");
}

TEST_F(DataValidateTest, DriftAgainstAReferenceProfileIsSeen) {
  ColumnProfile then(true);
  for (int i = 0; i < 1000; ++i) then.Add(std::to_string(i));
  ASSERT_TRUE(WriteJsonFile(directory_.path() / "profile.json", ProfileToJson(1000, {{"x", 0, then}})).ok());
  const std::string rules = R"({"drift": {"reference": ")" + (directory_ / "profile.json") + R"("}})";
  std::string same = "x\n", shifted = "x\n";
  for (int i = 0; i < 500; ++i) {
    same += std::to_string(i * 2) + "\n";
    shifted += std::to_string(i + 600) + "\n";
  }
  Put(same);
  EXPECT_EQ(Run(rules.c_str())["status"], "passed");
  Put(shifted);
  EXPECT_EQ(Failure(rules.c_str()), "column 'x' is distributed as in the reference");
}

TEST_F(DataValidateTest, KeepsTheReportOfFailedDataTooAndFailsAgainWhenRunAgain) {
  Put("id\nx\n");
  const char* rules = R"({"schema": {"columns": [{"name": "id", "type": "number"}]}})";
  for (int attempt = 0; attempt < 2; ++attempt) {
    EXPECT_EQ(Run(rules, {{"output_path", directory_ / "out"}})["Error"], "DataQualityError");
  }
  int reports = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(directory_ / "out")) {
    reports += entry.path().filename() == "validation.json" ? 1 : 0;
  }
  EXPECT_EQ(reports, 1);
}

TEST_F(DataValidateTest, SaysWhatIsWrongWithTheRules) {
  Put("id\n1\n");
  EXPECT_THAT(Run("{}")["Cause"].get<std::string>(), HasSubstr("at least one level"));
  EXPECT_THAT(Run(R"({"shcema": {}})")["Cause"].get<std::string>(), HasSubstr("unknown member 'shcema'"));
  EXPECT_THAT(Run(R"({"ranges": {"columns": [{"name": "id"}]}})")["Cause"].get<std::string>(),
              HasSubstr("'min' or 'max'"));
  EXPECT_THAT(Run(R"({"drift": {"reference": "/none.json"}})")["Error"].get<std::string>(), "DataNotFound");
}

}  // namespace
}  // namespace pawl::activities
