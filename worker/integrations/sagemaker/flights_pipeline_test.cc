// The flights example from end to end by calling the handlers in the order of pipeline.asl.json, on the committed
// sample, with fewer rounds than the demo: what the state machine will do, without a service.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/files.h"
#include "worker/activities/register.h"
#include "worker/activities/testing/fake_task_context.h"
#include "worker/integrations/sagemaker/register.h"

namespace pawl::sagemaker {
namespace {

using activities::ReadFile;
using activities::ReadJsonFile;
using activities::RunHandler;
using activities::TemporaryDirectory;
using nlohmann::json;
using ::testing::HasSubstr;

class FlightsPipelineTest : public ::testing::Test {
 protected:
  FlightsPipelineTest() {
    activities::RegisterActivities(registry_, {});
    RegisterSageMaker(registry_, {});
    input_ = *ReadJsonFile(example_ / "pipeline_input.json");
  }

  json Call(const std::string& name, const json& input) {
    const json output = RunHandler(registry_, name, input);
    EXPECT_FALSE(output.contains("Error")) << name << ": " << output;
    return output;
  }

  json Prepare(const std::string& output_path, const char* columns) {
    const json& how = input_["preprocessing"];
    return Call("preprocess", {{"input", example_ / "data/flights.csv.gz"},
                               {"columns", how[columns]},
                               {"label", how["label"]},
                               {"split", how["split"]},
                               {"keep", how["keep"]},
                               {"output_path", output_path}});
  }

  json TrainOne(const json& grid_item, const json& dataset, const std::string& output_path) {
    json parameters = input_["tuning"]["common"];
    parameters.update(grid_item["hyper_parameters"]);
    parameters["num_round"] = "30";
    parameters["pawl_min_round_ms"] = "0";
    const auto channel = [](const char* name, const json& uri) {
      return json{{"ChannelName", name},
                  {"DataSource", {{"S3DataSource", {{"S3DataType", "S3Prefix"}, {"S3Uri", uri}}}}}};
    };
    return Call(
        "sagemaker:createTrainingJob.sync",
        {{"TrainingJobName", "run-" + grid_item["name"].get<std::string>()},
         {"AlgorithmSpecification", {{"TrainingImage", "382416733822.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest"}}},
         {"HyperParameters", parameters},
         {"InputDataConfig", json::array({channel("training", dataset["train"]["uri"]),
                                          channel("validation", dataset["validation"]["uri"])})},
         {"OutputDataConfig", {{"S3OutputPath", output_path}}}});
  }

  // Everything from the raw file to the report; the predictions' result with those of other steps beside it.
  json RunAll(const std::string& output_path) {
    json branches = json::array({Prepare(output_path, "schedule_columns"), Prepare(output_path, "conditions_columns")});
    const json dataset = Call("merge-features", {{"datasets", {branches[0]["dataset"], branches[1]["dataset"]}},
                                                 {"output_path", output_path}});
    json jobs = json::array();
    for (size_t i = 0; i < 2; ++i) jobs.push_back(TrainOne(input_["tuning"]["grid"][i], dataset, output_path));
    const json best = Call("select-best", {{"candidates", jobs}, {"metric", "validation:auc"}});
    json evaluation = Call("evaluate", {{"model", best["model"]},
                                        {"dataset", dataset["dataset"]},
                                        {"baseline", {"carrier", "sched_hour"}},
                                        {"groups", {"origin"}},
                                        {"resamples", 50},
                                        {"output_path", output_path}});
    const json deployment = Call("deploy-model", {{"model", best["model"]},
                                                  {"transform", dataset["transform"]["uri"]},
                                                  {"name", "late-flights"},
                                                  {"environment", "production"},
                                                  {"registry", output_path + "/registry"}});
    const json partition = Call(
        "partition", {{"input", example_ / "data/december.csv.gz"}, {"partitions", 3}, {"output_path", output_path}});
    json parts = json::array();
    for (const json& part : partition["partitions"]) {
      parts.push_back(Call("batch-inference", {{"input", part["uri"]},
                                               {"model", deployment["model"]["uri"]},
                                               {"transform", deployment["transform"]["uri"]},
                                               {"id_columns", {"flight", "origin", "sched_dep"}},
                                               {"output_path", output_path}}));
    }
    json predictions =
        Call("merge-predictions", {{"partition", partition}, {"parts", parts}, {"output_path", output_path}});
    const json report = Call("report", {{"title", "Flights"},
                                        {"curve", best["evaluation"]},
                                        {"sections", {{{"heading", "Evaluation"}, {"value", evaluation}}}},
                                        {"output_path", output_path}});
    return {{"evaluation", evaluation}, {"predictions", predictions},
            {"report", report},         {"partition", partition},
            {"parts", parts},           {"jobs", jobs}};
  }

  const std::filesystem::path example_ = std::filesystem::path(FLIGHTS_EXAMPLE);
  TemporaryDirectory directory_;
  worker::Registry registry_;
  json input_;
};

TEST_F(FlightsPipelineTest, BeatsTheBaselineLosesNoRowAndRepeatsItself) {
  const json first = RunAll(directory_ / "first");
  const json& evaluation = first["evaluation"];
  EXPECT_GT(evaluation["metrics"]["auc"]["low"], evaluation["baseline"]["metrics"]["auc"]);
  EXPECT_LT(evaluation["metrics"]["logloss"]["high"], evaluation["baseline"]["metrics"]["logloss"]);
  EXPECT_EQ(evaluation["baseline"]["beaten"], true);
  const json evaluation_report = *ReadJsonFile(evaluation["report"]["uri"].get<std::string>());
  EXPECT_EQ(evaluation_report["groups"]["origin"].size(), 3u);

  const json& predictions = first["predictions"];
  EXPECT_EQ(predictions["rows_in"], 14067);
  EXPECT_EQ(predictions["rows_failed"], 130);  // no aircraft assigned
  EXPECT_EQ(predictions["rows_scored"].get<int>() + predictions["rows_failed"].get<int>(), 14067);
  EXPECT_THAT(*ReadFile(predictions["errors"]["uri"].get<std::string>()),
              HasSubstr("column 'tailnum': a value is required"));

  EXPECT_THAT(*ReadFile(first["report"]["picture"]["uri"].get<std::string>()), HasSubstr("<polyline"));
  EXPECT_THAT(*ReadFile(first["report"]["text"]["uri"].get<std::string>()), HasSubstr("Evaluation\n----------"));

  const json second = RunAll(directory_ / "second");
  EXPECT_EQ(second["predictions"]["predictions"]["sha256"], predictions["predictions"]["sha256"]);
  EXPECT_EQ(second["evaluation"]["model_sha256"], evaluation["model_sha256"]);
  // A merge that lacks a part says so rather than answering with fewer rows.
  json parts = first["parts"];
  parts.erase(1);
  const json lacking =
      RunHandler(registry_, "merge-predictions",
                 {{"partition", first["partition"]}, {"parts", parts}, {"output_path", directory_ / "lacking"}});
  EXPECT_EQ(lacking["Error"], "RowCountMismatch");
}

TEST_F(FlightsPipelineTest, GoodDataPassesTheRulesAndBadDataIsRefusedWithReasons) {
  const json good = Call("validateDataQuality", {{"InputPath", example_ / "data/flights.csv.gz"},
                                                 {"ValidationRules", input_["validation_config"]},
                                                 {"output_path", directory_.path()}});
  EXPECT_EQ(good["rows"], 61728);
  const json bad = RunHandler(registry_, "validateDataQuality",
                              {{"InputPath", example_ / "data/bad.csv.gz"},
                               {"ValidationRules", input_["validation_config"]},
                               {"output_path", directory_.path()}});
  EXPECT_EQ(bad["Error"], "DataQualityError");
  const json cause = json::parse(bad["Cause"].get<std::string>());
  std::vector<std::string> levels;
  for (const json& failure : cause["failures"]) levels.push_back(failure["level"]);
  EXPECT_THAT(levels, ::testing::IsSupersetOf({"schema", "ranges", "missing", "duplicates"}));
}

}  // namespace
}  // namespace pawl::sagemaker
