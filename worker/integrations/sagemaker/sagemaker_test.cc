#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"
#include "worker/integrations/sagemaker/images.h"
#include "worker/integrations/sagemaker/register.h"

namespace pawl::sagemaker {
namespace {

using activities::FakeTaskContext;
using activities::ReadFile;
using activities::RunHandler;
using activities::TemporaryDirectory;
using activities::WriteFileAtomically;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ToyRows(int rows) {
  std::string text;
  for (int i = 0; i < rows; ++i) {
    const int x = i * 7919 % 101;
    text += std::string(x + i % 20 > 60 ? "1," : "0,") + std::to_string(x) + "," + std::to_string(i % 13) + "\n";
  }
  return text;
}

class SageMakerTest : public ::testing::Test {
 protected:
  SageMakerTest() {
    RegisterSageMaker(registry_, {.s3_directory = directory_.path().string()});
    Put("data/train/a.csv", ToyRows(300));
    Put("data/validation/a.csv", ToyRows(100));
    // The article's Parameters, with hyperparameters and a validation channel.
    job_ = nlohmann::json::parse(R"({
      "TrainingJobName": "flights-1",
      "AlgorithmSpecification": {"TrainingImage": "382416733822.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest",
                                 "TrainingInputMode": "File"},
      "HyperParameters": {"objective": "binary:logistic", "num_round": "20", "max_depth": "3", "subsample": "0.8",
                          "eval_metric": "logloss,auc", "pawl_checkpoint_rounds": "5"},
      "InputDataConfig": [
        {"ChannelName": "training",
         "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/train"}}},
        {"ChannelName": "validation",
         "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/validation/"}}}],
      "OutputDataConfig": {"S3OutputPath": "s3://models"},
      "ResourceConfig": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
      "RoleArn": "arn:aws:iam::123456789012:role/SageMakerRole",
      "StoppingCondition": {"MaxRuntimeInSeconds": 3600}})");
  }
  void Put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(directory_.path() / name, text).ok());
  }
  nlohmann::json Train() { return RunHandler(registry_, "sagemaker:createTrainingJob.sync", job_); }
  TemporaryDirectory directory_;
  worker::Registry registry_;
  nlohmann::json job_;
};

TEST_F(SageMakerTest, AnswersWithTheDescriptionOfTheTrainingJob) {
  const nlohmann::json job = Train();
  ASSERT_FALSE(job.contains("Error")) << job;
  EXPECT_EQ(job["TrainingJobArn"], "arn:aws:sagemaker:us-east-1:000000000000:training-job/flights-1");
  EXPECT_EQ(job["TrainingJobStatus"], "Completed");
  EXPECT_EQ(job["SecondaryStatus"], "Completed");
  EXPECT_EQ(job["ModelArtifacts"]["S3ModelArtifacts"], "s3://models/flights-1/output/model.tar.gz");
  EXPECT_TRUE(std::filesystem::exists(directory_ / "models/flights-1/output/model.tar.gz"));
  EXPECT_EQ(job["HyperParameters"], job_["HyperParameters"]);
  std::vector<std::string> names;
  for (const auto& metric : job["FinalMetricDataList"]) names.push_back(metric["MetricName"]);
  EXPECT_THAT(names, ::testing::ElementsAre("train:logloss", "train:auc", "validation:logloss", "validation:auc"));
  EXPECT_GT(job["FinalMetricDataList"][3]["Value"].get<double>(), 0.9);
}

TEST_F(SageMakerTest, TheArticlesOwnParametersAreEnough) {
  job_.erase("HyperParameters");
  job_["InputDataConfig"].erase(1);
  EXPECT_EQ(Train()["TrainingJobStatus"], "Completed");
}

TEST_F(SageMakerTest, TheSameJobAgainIsTheSameJobAndAnotherOfItsNameIsRefused) {
  const nlohmann::json first = Train();
  EXPECT_EQ(Train(), first);
  job_["HyperParameters"]["max_depth"] = "4";
  EXPECT_EQ(Train()["Error"], "SageMaker.ResourceInUseException");
}

TEST_F(SageMakerTest, GoesOnFromItsCheckpointAndEndsWithTheSameModel) {
  Train();
  job_["TrainingJobName"] = "flights-2";
  FakeTaskContext dying(job_);
  dying.on_heartbeat = [&](const worker::Progress& progress) {
    if (!progress.checkpoint.empty()) dying.Cancel();
  };
  ASSERT_EQ(RunHandler(registry_, "sagemaker:createTrainingJob.sync", dying)["Error"], "Cancelled");
  EXPECT_THAT(dying.checkpoint(), HasSubstr("s3://models/flights-2/checkpoints/round-00000005.json"));
  FakeTaskContext next(job_);
  next.mutable_info().attempt = 2;
  next.mutable_info().checkpoint = dying.checkpoint();
  const nlohmann::json job = RunHandler(registry_, "sagemaker:createTrainingJob.sync", next);
  EXPECT_THAT(job["SecondaryStatusTransitions"][0]["StatusMessage"].get<std::string>(),
              StartsWith("Resumed from the checkpoint after round 5 (attempt 2)"));
  EXPECT_EQ(*ReadFile(directory_ / "models/flights-1/output/model.tar.gz"),
            *ReadFile(directory_ / "models/flights-2/output/model.tar.gz"));
  EXPECT_FALSE(std::filesystem::exists(directory_ / "models/flights-2/checkpoints"));
}

TEST_F(SageMakerTest, RefusesWhatTheServiceWouldRefuse) {
  const auto cause = [this](const char* pointer, const nlohmann::json& value) {
    nlohmann::json before = job_;
    job_[nlohmann::json::json_pointer(pointer)] = value;
    const nlohmann::json answer = Train();
    job_ = before;
    EXPECT_EQ(answer.value("Error", ""), "SageMaker.ValidationException") << answer;
    return answer.value("Cause", "");
  };
  EXPECT_THAT(cause("/AlgorithmSpecification/TrainingImage", "1.dkr.ecr.us-east-1.amazonaws.com/my-net:2"),
              HasSubstr("no built-in algorithm stands in for the image '1.dkr.ecr.us-east-1.amazonaws.com/my-net:2'"));
  EXPECT_THAT(cause("/TrainingJobName", "a b"), HasSubstr("'trainingJobName'"));
  EXPECT_THAT(cause("/HyperParameters/max_depth", 3), HasSubstr("HyperParameters.max_depth: expected a string"));
  EXPECT_THAT(cause("/HyperParameters/depth", "3"), HasSubstr("unknown training parameter 'depth'"));
  EXPECT_THAT(cause("/HyperParameters/num_round", "few"), HasSubstr("whole number"));
  EXPECT_THAT(cause("/ResourceConfig/InstanceCount", 2), HasSubstr("InstanceCount"));
  EXPECT_THAT(cause("/InputDataConfig/0/ChannelName", "other"), HasSubstr("expected the channels"));
  EXPECT_THAT(cause("/InputDataConfig/0/DataSource/S3DataSource/S3DataType", "ManifestFile"), HasSubstr("S3Prefix"));
  EXPECT_THAT(cause("/OutputDataConfig", nullptr), HasSubstr("OutputDataConfig"));
}

TEST_F(SageMakerTest, AJobThatFailsIsATaskFailureWithTheDescriptionAsCause) {
  Put("data/train/a.csv", "1,2\nx,3\n");
  const nlohmann::json answer = Train();
  EXPECT_EQ(answer["Error"], "States.TaskFailed");
  const nlohmann::json job = nlohmann::json::parse(answer["Cause"].get<std::string>());
  EXPECT_EQ(job["TrainingJobStatus"], "Failed");
  EXPECT_THAT(job["FailureReason"].get<std::string>(), HasSubstr("row 2: expected a number as the label"));
}

TEST_F(SageMakerTest, AJobAboveItsTimeIsStopped) {
  job_["StoppingCondition"]["MaxRuntimeInSeconds"] = 1;
  job_["HyperParameters"]["pawl_min_round_ms"] = "400";
  const nlohmann::json answer = Train();
  EXPECT_EQ(answer["Error"], "States.TaskFailed");
  const nlohmann::json job = nlohmann::json::parse(answer["Cause"].get<std::string>());
  EXPECT_EQ(job["TrainingJobStatus"], "Stopped");
  EXPECT_EQ(job["SecondaryStatus"], "MaxRuntimeExceeded");
}

TEST_F(SageMakerTest, ATransformJobScoresEachFileWithAModelThatWasCreated) {
  Train();
  Put("data/score/x.csv", "90,1\n5,2\n80,3\n");
  const nlohmann::json transform = nlohmann::json::parse(R"({
    "TransformJobName": "score-1", "ModelName": "flights",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/score"}},
                       "ContentType": "text/csv", "SplitType": "Line"},
    "TransformOutput": {"S3OutputPath": "s3://scores/1"},
    "TransformResources": {"InstanceType": "ml.m4.xlarge", "InstanceCount": 1}})");
  const char* handler = "sagemaker:createTransformJob.sync";
  EXPECT_EQ(RunHandler(registry_, handler, transform)["Error"], "SageMaker.ResourceNotFoundException");
  const nlohmann::json model{{"ModelName", "flights"},
                             {"PrimaryContainer",
                              {{"Image", "x.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"},
                               {"ModelDataUrl", "s3://models/flights-1/output/model.tar.gz"}}}};
  EXPECT_THAT(RunHandler(registry_, "sagemaker:createModel", model)["ModelArn"].get<std::string>(),
              HasSubstr(":model/flights"));
  const nlohmann::json job = RunHandler(registry_, handler, transform);
  EXPECT_EQ(job["TransformJobStatus"], "Completed") << job;
  const std::string scores = *ReadFile(directory_ / "scores/1/x.csv.out");
  EXPECT_EQ(std::count(scores.begin(), scores.end(), '\n'), 3);
  EXPECT_EQ(RunHandler(registry_, handler, transform), job);
}

TEST_F(SageMakerTest, ATransformJobWithARowThatCannotBeScoredFails) {
  Train();
  Put("data/score/x.csv", "90,1\nabc,2\n");
  RunHandler(registry_, "sagemaker:createModel",
             {{"ModelName", "m"},
              {"PrimaryContainer", {{"Image", "xgboost"}, {"ModelDataUrl", "s3://models/flights-1/output"}}}});
  const nlohmann::json answer =
      RunHandler(registry_, "sagemaker:createTransformJob.sync",
                 {{"TransformJobName", "t"},
                  {"ModelName", "m"},
                  {"TransformInput", {{"DataSource", {{"S3DataSource", {{"S3Uri", "s3://data/score"}}}}}}},
                  {"TransformOutput", {{"S3OutputPath", "s3://scores/2"}}}});
  EXPECT_EQ(answer["Error"], "States.TaskFailed");
  EXPECT_THAT(answer["Cause"].get<std::string>(), HasSubstr("x.csv row 2: column 1: expected a number"));
}

TEST_F(SageMakerTest, AProcessingJobRunsTheActivityThatItsEntryPointNames) {
  Put("data/raw/x.csv", "x,y\n1,2\n3,4\n");
  nlohmann::json job = nlohmann::json::parse(R"({
    "ProcessingJobName": "prepare-1",
    "AppSpecification": {
      "ImageUri": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
      "ContainerEntrypoint": ["preprocess"],
      "ContainerArguments": ["--columns", "[{\"name\": \"x\"}]", "--label", "{\"column\": \"y\"}"]},
    "ProcessingInputs": [{"InputName": "input", "S3Input": {"S3Uri": "s3://data/raw", "S3DataType": "S3Prefix"}}],
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "out", "S3Output": {"S3Uri": "s3://prepared"}}]},
    "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1}}})");
  const nlohmann::json done = RunHandler(registry_, "sagemaker:createProcessingJob.sync", job);
  EXPECT_EQ(done["ProcessingJobStatus"], "Completed") << done;
  EXPECT_EQ(done["ProcessingOutput"]["rows_in"], 2);
  job["AppSpecification"]["ContainerEntrypoint"] = {"python3", "mine.py"};
  EXPECT_THAT(RunHandler(registry_, "sagemaker:createProcessingJob.sync", job)["Cause"].get<std::string>(),
              HasSubstr("no built-in activity is named 'mine.py'"));
  job["AppSpecification"]["ContainerEntrypoint"] = {"preprocess"};
  job["AppSpecification"]["ContainerArguments"] = {"--columns", "[]", "--label", "{}"};
  EXPECT_EQ(RunHandler(registry_, "sagemaker:createProcessingJob.sync", job)["Error"], "States.TaskFailed");
}

TEST(Images, AreFoundByTheirRepositoryWhateverRegistryAndTag) {
  EXPECT_EQ(*AlgorithmOfImage("xgboost"), Algorithm::kXgboost);
  EXPECT_EQ(*AlgorithmOfImage("683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"),
            Algorithm::kXgboost);
  EXPECT_EQ(*AlgorithmOfImage("registry:5000/pawl-worker@sha256:abc"), Algorithm::kProcessor);
  EXPECT_FALSE(AlgorithmOfImage("xgboost/other:1").ok());
}

}  // namespace
}  // namespace pawl::sagemaker
