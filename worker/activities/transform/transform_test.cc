#include "worker/activities/transform/transform.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Cells = std::vector<std::string>;

FittedTransform Fit(const nlohmann::json& specs, const Cells& columns, const std::vector<Cells>& rows) {
  auto fitter = TransformFitter::Create(*ParseColumnSpecs(specs), columns);
  for (const Cells& row : rows) fitter->Add(row);
  return fitter->Finish();
}

std::vector<float> Apply(const FittedTransform& transform, const Cells& columns, const Cells& row) {
  auto bound = BoundTransform::Bind(transform, columns);
  std::vector<float> features;
  EXPECT_EQ(bound->Apply(row, features), std::nullopt);
  EXPECT_EQ(features.size(), transform.FeatureNames().size());
  return features;
}

TEST(Transform, ImputesScalesAndMarksMissingNumbers) {
  const nlohmann::json specs = nlohmann::json::parse(
      R"([{"name":"x","impute":"median","scale":"minmax","missing_indicator":true},{"name":"y"}])");
  const FittedTransform transform = Fit(specs, {"x", "y"}, {{"0", "1"}, {"4", "NA"}, {"10", "3"}});
  EXPECT_THAT(transform.FeatureNames(), ElementsAre("x", "x_missing", "y"));
  EXPECT_THAT(Apply(transform, {"x", "y"}, {"5", "2"}), ElementsAre(0.5F, 0, 2));
  const std::vector<float> missing = Apply(transform, {"x", "y"}, {"", ""});
  EXPECT_FLOAT_EQ(missing[0], 0.4F);
  EXPECT_EQ(missing[1], 1);
  EXPECT_TRUE(std::isnan(missing[2]));
}

TEST(Transform, StandardScaleUsesMeanAndDeviationOfTraining) {
  const FittedTransform transform =
      Fit(nlohmann::json::parse(R"([{"name":"x","scale":"standard"}])"), {"x"}, {{"2"}, {"4"}});
  EXPECT_THAT(Apply(transform, {"x"}, {"5"}), ElementsAre(2));
}

TEST(Transform, EncodesKnownRareUnknownAndMissingCategories) {
  const nlohmann::json specs = nlohmann::json::parse(
      R"([{"name":"c","kind":"categorical","min_count":2},
          {"name":"d","kind":"categorical","encode":"ordinal"},
          {"name":"e","kind":"categorical","encode":"none","required":true}])");
  const Cells columns{"c", "d", "e"};
  const FittedTransform transform =
      Fit(specs, columns, {{"a", "x", "1"}, {"b", "y", "1"}, {"b", "x", "1"}, {"a", "x", "1"}, {"rare", "x", "1"}});
  EXPECT_THAT(transform.FeatureNames(), ElementsAre("c=a", "c=b", "c=(other)", "d"));
  EXPECT_THAT(Apply(transform, columns, {"b", "y", "1"}), ElementsAre(0, 1, 0, 1));
  EXPECT_THAT(Apply(transform, columns, {"rare", "z", "1"}), ElementsAre(0, 0, 1, 2));
  EXPECT_THAT(Apply(transform, columns, {"", "", "1"}), ElementsAre(0, 0, 1, 2));
}

TEST(Transform, TakesTimesApart) {
  const nlohmann::json specs =
      nlohmann::json::parse(R"([{"name":"t","kind":"timestamp","parts":["month","hour","hour_cycle"]}])");
  const FittedTransform transform = Fit(specs, {"t"}, {});
  EXPECT_THAT(transform.FeatureNames(), ElementsAre("t_month", "t_hour", "t_hour_cycle_sin", "t_hour_cycle_cos"));
  const std::vector<float> features = Apply(transform, {"t"}, {"2013-07-01T06:00:00Z"});
  EXPECT_EQ(features[0], 7);
  EXPECT_EQ(features[1], 6);
  EXPECT_FLOAT_EQ(features[2], 1);
}

TEST(Transform, RefusesARowWithAReasonAndLeavesNoHalfRow) {
  const nlohmann::json specs = nlohmann::json::parse(R"([{"name":"x"},{"name":"y","required":true}])");
  auto bound = BoundTransform::Bind(Fit(specs, {"x", "y"}, {}), {"x", "y"});
  std::vector<float> features;
  EXPECT_EQ(bound->Apply({"abc", "1"}, features), "column 'x': expected a number, found 'abc'");
  EXPECT_EQ(bound->Apply({"1", "NA"}, features), "column 'y': a value is required");
  EXPECT_TRUE(features.empty());
}

TEST(Transform, ReadsBackWhatItWroteAndAppliesItTheSameWay) {
  const nlohmann::json specs =
      nlohmann::json::parse(R"([{"name":"x","impute":"mean","scale":"standard"},{"name":"c","kind":"categorical"}])");
  const FittedTransform transform = Fit(specs, {"x", "c"}, {{"0.1", "a"}, {"0.7", "b"}, {"0.3", "a"}});
  auto read = TransformFromJson(nlohmann::json::parse(ToJson(transform).dump()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(ToJson(*read), ToJson(transform));
  // Columns may stand elsewhere in the table that is scored.
  EXPECT_EQ(Apply(*read, {"c", "z", "x"}, {"b", "?", "0.9"}), Apply(transform, {"x", "c"}, {"0.9", "b"}));
}

TEST(Transform, SaysWhatIsWrongWithASpecification) {
  const auto message = [](const char* specs) {
    return std::string(ParseColumnSpecs(nlohmann::json::parse(specs)).status().message());
  };
  EXPECT_THAT(message(R"([{"name":"x","scale":"log"}])"), HasSubstr("one of none, standard, minmax, found 'log'"));
  EXPECT_THAT(message(R"([{"name":"x","scael":"minmax"}])"), HasSubstr("unknown member 'scael'"));
  EXPECT_THAT(message(R"([{"name":"x"},{"name":"x"}])"), HasSubstr("'x' is given twice"));
  EXPECT_THAT(message(R"([{"name":"t","kind":"timestamp","parts":["moon"]}])"), HasSubstr("unknown part"));
  EXPECT_THAT(message("[]"), HasSubstr("at least one column"));
}

}  // namespace
}  // namespace pawl::activities
