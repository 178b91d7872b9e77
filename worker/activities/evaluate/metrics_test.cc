#include "worker/activities/evaluate/metrics.h"

#include <cmath>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

TEST(Metrics, BinaryFiguresAreThoseOfAHandCalculation) {
  const Predictions p{.task = Task::kBinary, .labels = {0, 0, 1, 1}, .scores = {0.1F, 0.6F, 0.6F, 0.9F}};
  auto metrics = PointMetrics(p);
  EXPECT_NEAR(metrics["auc"], 3.5 / 4, 1e-9);  // one of four pairs is a tie
  EXPECT_NEAR(metrics["accuracy"], 0.75, 1e-9);
  EXPECT_NEAR(metrics["precision"], 2.0 / 3, 1e-9);
  EXPECT_NEAR(metrics["recall"], 1, 1e-9);
  EXPECT_NEAR(metrics["f1"], 0.8, 1e-9);
  EXPECT_NEAR(metrics["logloss"], -(std::log(0.9) + std::log(0.4) + std::log(0.6) + std::log(0.9)) / 4, 1e-6);
  EXPECT_NEAR(metrics["brier"], (0.01 + 0.36 + 0.16 + 0.01) / 4, 1e-6);
  // Bins 0.1, 0.6 and 0.9: |0.1 - 0| + |1.2 - 1| + |0.9 - 1|, over four rows.
  EXPECT_NEAR(metrics["calibration_error"], 0.1, 1e-6);
}

TEST(Metrics, AucOfOneClassIsLeftOut) {
  EXPECT_FALSE(PointMetrics({.task = Task::kBinary, .labels = {1, 1}, .scores = {0.2F, 0.4F}}).contains("auc"));
}

TEST(Metrics, RegressionFiguresAreThoseOfAHandCalculation) {
  auto metrics = PointMetrics({.labels = {1, 2, 3}, .scores = {1, 2, 5}});
  EXPECT_NEAR(metrics["rmse"], std::sqrt(4.0 / 3), 1e-9);
  EXPECT_NEAR(metrics["mae"], 2.0 / 3, 1e-9);
  EXPECT_NEAR(metrics["r2"], -1, 1e-9);
}

TEST(Metrics, MulticlassFiguresAreThoseOfAHandCalculation) {
  const Predictions p{.task = Task::kMulticlass,
                      .class_count = 3,
                      .labels = {0, 1, 2},
                      .scores = {0.8F, 0.1F, 0.1F, 0.2F, 0.6F, 0.2F, 0.5F, 0.3F, 0.2F}};
  auto metrics = PointMetrics(p);
  EXPECT_NEAR(metrics["accuracy"], 2.0 / 3, 1e-9);
  EXPECT_NEAR(metrics["macro_f1"], (2.0 / 3 + 1 + 0) / 3, 1e-9);
}

TEST(Metrics, IntervalsHoldTheValueAndAreTheSameForTheSameSeed) {
  Predictions p{.task = Task::kBinary};
  for (int i = 0; i < 500; ++i) {
    p.labels.push_back(i % 3 == 0 ? 1.0F : 0.0F);
    p.scores.push_back(static_cast<float>((i * 37 % 100 + (i % 3 == 0 ? 30 : 0)) / 130.0));
  }
  const nlohmann::json measured = MeasuredMetrics(p, {.resamples = 100, .seed = 5});
  EXPECT_LT(measured["auc"]["low"], measured["auc"]["value"]);
  EXPECT_GT(measured["auc"]["high"], measured["auc"]["value"]);
  EXPECT_EQ(MeasuredMetrics(p, {.resamples = 100, .seed = 5}), measured);
  EXPECT_NE(MeasuredMetrics(p, {.resamples = 100, .seed = 6}), measured);
  EXPECT_EQ(CalibrationTable(p).size(), 10u);
}

TEST(Metrics, AGroupIsItsOwnRows) {
  const Predictions p{.task = Task::kBinary, .labels = {0, 1, 1}, .scores = {0.1F, 0.2F, 0.3F}};
  const Predictions group = RowsOfGroup(p, {"a", "b", "a"}, "a");
  EXPECT_EQ(group.labels, (std::vector<float>{0, 1}));
  EXPECT_EQ(group.scores, (std::vector<float>{0.1F, 0.3F}));
}

}  // namespace
}  // namespace pawl::activities
