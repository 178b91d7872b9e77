#include "scheduler/catalog/live_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pawl::catalog {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(LiveSettings, NothingIsSetInANewCluster) {
  const LiveSettings settings = ParseLiveSettings(R"({"partitions" : 64, "weights" : null, "limits" : null})");
  EXPECT_EQ(settings.partition_count, 64);
  EXPECT_THAT(settings.weights, IsEmpty());
  EXPECT_THAT(settings.limits, IsEmpty());
}

TEST(LiveSettings, WeightsAndLimitsAreReadAsPostgreSqlWritesThem) {
  const LiveSettings settings = ParseLiveSettings(
      R"({"partitions" : 128, "weights" : { "nightly" : 3 }, "limits" : { "gpu" : {"handlers" : ["train","score"], )"
      R"("concurrency" : 4, "rate" : null}, "api \"x\"" : {"handlers" : ["call"], "concurrency" : null, "rate" : 2.5} }})");
  EXPECT_EQ(settings.weights.at("nightly"), 3u);
  EXPECT_THAT(settings.limits.at("gpu").handlers, ElementsAre("score", "train"));
  EXPECT_EQ(settings.limits.at("gpu").concurrency, 4);
  EXPECT_EQ(settings.limits.at("gpu").rate, std::nullopt);
  EXPECT_EQ(settings.limits.at("api \"x\"").concurrency, std::nullopt);
  EXPECT_EQ(settings.limits.at("api \"x\"").rate, 2.5);
}

}  // namespace
}  // namespace pawl::catalog
