#include "worker/activities/xgboost/booster.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"
#include "worker/activities/xgboost/model_file.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;

struct Toy {
  std::vector<float> values;
  std::vector<float> labels;
  Toy() {
    for (int i = 0; i < 200; ++i) {
      values.insert(values.end(), {static_cast<float>(i % 17), static_cast<float>(i % 5)});
      labels.push_back(i % 17 > 8 ? 1.0F : 0.0F);
    }
  }
};

absl::StatusOr<Booster> TrainToy(const Toy& toy, Matrix& matrix, int rounds) {
  EXPECT_TRUE(matrix.SetLabels(toy.labels).ok());
  auto booster = Booster::Create({&matrix}, {{"objective", "binary:logistic"}, {"nthread", "1"}, {"verbosity", "0"}});
  for (int i = 0; i < rounds; ++i) EXPECT_TRUE(booster->Update(i, matrix).ok());
  return booster;
}

TEST(Booster, TrainsPredictsAndTellsWhichFeatureMattered) {
  Toy toy;
  auto matrix = Matrix::FromDense(toy.values, 200, 2, 1);
  auto booster = TrainToy(toy, *matrix, 5);
  ASSERT_TRUE(booster->SetFeatureNames({"useful", "noise"}).ok());
  auto scores = booster->Predict(*matrix);
  EXPECT_GT((*scores)[9], 0.5F);
  EXPECT_LT((*scores)[0], 0.5F);
  EXPECT_EQ((*booster->FeatureScores())[0].feature, "useful");
  EXPECT_EQ(*booster->PredictDense(toy.values, 200, 2), *scores);
  EXPECT_EQ(booster->Objective()->first, "binary:logistic");
  EXPECT_EQ(*booster->FeatureCount(), 2u);
  EXPECT_EQ(*booster->FirstRounds(2)->Rounds(), 2);
}

TEST(Booster, SaysWhatXgboostRefusedWithoutItsStackTrace) {
  Toy toy;
  auto matrix = Matrix::FromDense(toy.values, 200, 2, 1);
  ASSERT_TRUE(matrix->SetLabels(toy.labels).ok());
  auto booster = Booster::Create({&*matrix}, {{"objective", "no:such"}});
  const absl::Status status = booster.ok() ? booster->Update(0, *matrix) : booster.status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no:such"));
  EXPECT_THAT(std::string(status.message()), ::testing::Not(HasSubstr("Stack trace")));
}

TEST(ModelFile, ReadsAModelFromAnArchiveAsFromAPlainFile) {
  Toy toy;
  auto matrix = Matrix::FromDense(toy.values, 200, 2, 1);
  const std::string bytes = *TrainToy(toy, *matrix, 3)->Save();
  TemporaryDirectory directory;
  ASSERT_TRUE(WriteFileAtomically(directory.path() / "plain" / "model.ubj", bytes).ok());
  ASSERT_TRUE(WriteTarGz(directory / "model.tar.gz", "xgboost-model", bytes).ok());
  ArtifactStore store({});
  auto plain = LoadModel(store, directory / "plain", 1);
  auto packed = LoadModel(store, directory / "model.tar.gz", 1);
  ASSERT_TRUE(plain.ok() && packed.ok()) << plain.status() << packed.status();
  EXPECT_EQ(plain->sha256, packed->sha256);
  EXPECT_EQ(*plain->booster.PredictDense(toy.values, 200, 2), *packed->booster.PredictDense(toy.values, 200, 2));
}

TEST(ModelFile, RefusesWhatIsNoModel) {
  TemporaryDirectory directory;
  ArtifactStore store({});
  ASSERT_TRUE(WriteFileAtomically(directory.path() / "a.ubj", "hello").ok());
  ASSERT_TRUE(WriteFileAtomically(directory.path() / "b.ubj", "{\"learner\":").ok());
  ASSERT_TRUE(WriteTarGz(directory / "c.tar.gz", "other", "x").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(LoadModel(store, directory / "a.ubj", 1).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(LoadModel(store, directory / "b.ubj", 1).status()));
  EXPECT_TRUE(absl::IsNotFound(LoadModel(store, directory / "c.tar.gz", 1).status()));
  EXPECT_TRUE(absl::IsNotFound(LoadModel(store, directory / "none", 1).status()));
}

}  // namespace
}  // namespace pawl::activities
