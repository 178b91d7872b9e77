#include "worker/activities/train/train.h"

#include <cmath>
#include <sstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "shared/base/random.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"
#include "worker/activities/train/checkpoints.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;

// Headerless rows: label, then four noisy features.
std::string ToyRows(int rows, uint64_t seed, int classes) {
  base::SeededRandom random(seed);
  std::ostringstream text;
  for (int i = 0; i < rows; ++i) {
    double x[4];
    for (double& value : x) value = random.NextDouble();
    const double signal = x[0] + 0.5 * std::sin(6 * x[1]) + 0.3 * random.NextDouble();
    if (classes == 0)
      text << signal;
    else
      text << std::min(classes - 1, static_cast<int>(signal * classes / 1.8 + 0.3));
    for (double value : x) text << ',' << value;
    text << '\n';
  }
  return text.str();
}

class TrainTest : public ::testing::Test {
 protected:
  TrainTest() { UseClasses(2, "binary"); }
  void UseClasses(int classes, const std::string& objective) {
    Put("train.csv", ToyRows(600, 1, classes));
    Put("validation.csv", ToyRows(300, 2, classes));
    input_ = {{"train", directory_ / "train.csv"},
              {"validation", directory_ / "validation.csv"},
              {"objective", objective},
              {"rounds", 25},
              {"checkpoint_every", 4},
              {"seed", 3},
              {"parameters", {{"max_depth", 3}, {"subsample", 0.7}, {"colsample_bytree", 0.5}}},
              {"output_path", directory_ / "out"}};
  }
  void Put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(directory_.path() / name, text).ok());
  }
  nlohmann::json Run(FakeTaskContext& task) {
    absl::StatusOr<nlohmann::json> result = Train(store_, task);
    if (result.ok()) return *result;
    const worker::ActivityError error = ToActivityError(result.status());
    return {{"Error", error.error}, {"Cause", error.cause}};
  }
  nlohmann::json Run() {
    FakeTaskContext task(input_);
    return Run(task);
  }
  TemporaryDirectory directory_;
  ArtifactStore store_{ActivityOptions{}};
  nlohmann::json input_;
};

TEST_F(TrainTest, SavesModelCurveAndImportanceWithDigests) {
  const nlohmann::json result = Run();
  ASSERT_TRUE(result.contains("model")) << result;
  EXPECT_EQ(result["rounds_trained"], 25);
  EXPECT_GT(result["metrics"]["validation-auc"].get<double>(), 0.8);
  EXPECT_THAT(*ReadFile(result["evaluation"]["uri"].get<std::string>()),
              HasSubstr("round,train-logloss,train-auc,validation-logloss,validation-auc\n0,"));
  EXPECT_THAT(*ReadFile(result["importance"]["uri"].get<std::string>()), HasSubstr("feature,total_gain\nf"));
}

TEST_F(TrainTest, SameSeedGivesTheSameBytesAndAnotherSeedOthers) {
  const nlohmann::json first = Run();
  input_["output_path"] = directory_ / "elsewhere";
  EXPECT_EQ(Run()["model"]["sha256"], first["model"]["sha256"]);
  input_["seed"] = 4;
  EXPECT_NE(Run()["model"]["sha256"], first["model"]["sha256"]);
}

// The worker dies right after a checkpoint at each possible place; the next attempt gets the checkpoint's reference.
TEST_F(TrainTest, AResumedRunEndsWithTheModelOfAnUndisturbedOne) {
  const nlohmann::json undisturbed = Run();
  for (int stop_after = 1; stop_after <= 6; ++stop_after) {
    input_["output_path"] = directory_ / ("killed" + std::to_string(stop_after));
    FakeTaskContext dying(input_);
    int checkpoints = 0;
    dying.on_heartbeat = [&](const worker::Progress& progress) {
      if (!progress.checkpoint.empty() && ++checkpoints == stop_after) dying.Cancel();
    };
    ASSERT_EQ(Run(dying)["Error"], "Cancelled");
    FakeTaskContext next(input_);
    next.mutable_info().attempt = 2;
    next.mutable_info().checkpoint = dying.checkpoint();
    const nlohmann::json resumed = Run(next);
    EXPECT_EQ(resumed["resumed_after_round"], 4 * stop_after);
    EXPECT_EQ(resumed["model"]["sha256"], undisturbed["model"]["sha256"]);
    EXPECT_EQ(resumed["evaluation"]["sha256"], undisturbed["evaluation"]["sha256"]);
  }
}

TEST_F(TrainTest, ResumesFromACheckpointThatWasSavedButNeverReported) {
  const nlohmann::json undisturbed = Run();
  input_["output_path"] = directory_ / "killed";
  FakeTaskContext dying(input_);
  dying.on_heartbeat = [&](const worker::Progress& progress) {
    if (!progress.checkpoint.empty()) dying.Cancel();
  };
  Run(dying);
  const nlohmann::json resumed = Run();  // no reference
  EXPECT_EQ(resumed["resumed_after_round"], 4);
  EXPECT_EQ(resumed["model"]["sha256"], undisturbed["model"]["sha256"]);
}

TEST_F(TrainTest, ADamagedCheckpointIsPassedOver) {
  const nlohmann::json undisturbed = Run();
  input_["output_path"] = directory_ / "killed";
  FakeTaskContext dying(input_);
  int checkpoints = 0;
  dying.on_heartbeat = [&](const worker::Progress& progress) {
    if (!progress.checkpoint.empty() && ++checkpoints == 2) dying.Cancel();
  };
  Run(dying);
  std::filesystem::path model = dying.checkpoint();
  ASSERT_TRUE(WriteFileAtomically(model.replace_extension(".ubj"), "torn").ok());
  FakeTaskContext next(input_);
  next.mutable_info().checkpoint = dying.checkpoint();
  const nlohmann::json resumed = Run(next);
  EXPECT_EQ(resumed["resumed_after_round"], 4);
  EXPECT_EQ(resumed["model"]["sha256"], undisturbed["model"]["sha256"]);
}

TEST_F(TrainTest, ACheckpointOfOtherSettingsIsNotTaken) {
  ArtifactStore store({});
  Checkpoints theirs(store, directory_ / "checkpoints", "their key");
  const std::string reference = *theirs.Save({.rounds = 1, .model = "m", .curve = {{"auc"}, {{0.5}}}});
  EXPECT_EQ(theirs.Newest("")->rounds, 1);
  Checkpoints ours(store, directory_ / "checkpoints", "our key");
  EXPECT_FALSE(ours.Newest(reference).has_value());
}

TEST_F(TrainTest, CheckpointsAreGoneWhenTrainingEnded) {
  Run();
  for (const auto& entry : std::filesystem::directory_iterator(directory_ / "out")) {
    EXPECT_THAT(entry.path().filename().string(), ::testing::Not(HasSubstr("checkpoints")));
  }
}

TEST_F(TrainTest, StopsEarlyAndKeepsTheBestRound) {
  input_["rounds"] = 400;
  input_["early_stopping_rounds"] = 10;
  input_["parameters"]["eta"] = 0.5;
  const nlohmann::json result = Run();
  ASSERT_TRUE(result.contains("model")) << result;
  EXPECT_LT(result["rounds_trained"], 400);
  EXPECT_EQ(result["rounds_trained"].get<int>() - 1 - result["best_round"].get<int>(), 10);
}

TEST_F(TrainTest, TrainsRegressionAndManyClasses) {
  UseClasses(0, "regression");
  EXPECT_LT(Run()["metrics"]["validation-rmse"].get<double>(), 0.2);
  UseClasses(3, "multiclass");
  input_["num_class"] = 3;
  EXPECT_LT(Run()["metrics"]["validation-mlogloss"].get<double>(), 0.7);
}

TEST_F(TrainTest, WeightsChangeTheModel) {
  Put("named.csv", "w,x,y\n1,0,0\n1,1,1\n9,0,1\n1,1,1\n");
  input_ = {
      {"train", directory_ / "named.csv"}, {"label", "y"}, {"rounds", 5}, {"objective", "binary"}, {"weight", "w"},
      {"output_path", directory_ / "out"}};
  const nlohmann::json weighted = Run();
  ASSERT_TRUE(weighted.contains("model")) << weighted;
  input_["weight"] = nullptr;
  EXPECT_NE(Run()["model"]["sha256"], weighted["model"]["sha256"]);
}

TEST_F(TrainTest, BeatsWithProgress) {
  input_["min_round_ms"] = 30;
  FakeTaskContext task(input_);
  Run(task);
  const auto beats = task.beats();
  ASSERT_GT(beats.size(), 6u);
  EXPECT_GT(beats.back().fraction, 0.5);
  EXPECT_THAT(task.checkpoint(), HasSubstr("round-00000024.json"));
}

TEST_F(TrainTest, SaysWhatIsWrongWithTheInput) {
  const auto cause = [this](const char* member, const nlohmann::json& value) {
    nlohmann::json before = input_;
    input_[member] = value;
    const std::string text = Run().value("Cause", "no error");
    input_ = before;
    return text;
  };
  EXPECT_THAT(cause("objective", "best"), HasSubstr("regression, binary, multiclass"));
  EXPECT_THAT(cause("parameters", {{"depth", 3}}), HasSubstr("unknown training parameter 'depth'"));
  EXPECT_THAT(cause("parameters", {{"max_depth", "deep"}}), HasSubstr("XGBoost refused"));
  EXPECT_THAT(cause("parameters", {{"booster", "dart"}}), HasSubstr("expected booster to be gbtree"));
  EXPECT_THAT(cause("rounds", 0), HasSubstr("from 1 to"));
  EXPECT_THAT(cause("train", directory_ / "none.csv"), HasSubstr("does not exist"));
  EXPECT_THAT(cause("dataset", "x"), HasSubstr("either 'dataset' or 'train'"));
  Put("text.csv", "1,2\nyes,3\n");
  EXPECT_THAT(cause("train", directory_ / "text.csv"), HasSubstr("row 2: expected a number as the label, found 'yes'"));
  Put("two.csv", "1,2\n2,3\n");
  EXPECT_THAT(cause("train", directory_ / "two.csv"), HasSubstr("but the validation data"));
  input_.erase("validation");
  EXPECT_THAT(cause("train", directory_ / "two.csv"), HasSubstr("row 2: the label 2 does not fit binary:logistic"));
  EXPECT_THAT(cause("early_stopping_rounds", 5), HasSubstr("needs validation data"));
}

}  // namespace
}  // namespace pawl::activities
