#include "worker/activities/transform/profile.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

ColumnProfile Numbers(int from, int to, int missing = 0) {
  ColumnProfile profile(true);
  for (int i = from; i < to; ++i) profile.Add(std::to_string(i));
  for (int i = 0; i < missing; ++i) profile.Add("");
  return profile;
}

TEST(Profile, DescribesNumbers) {
  const nlohmann::json described = Numbers(0, 11, 2).Describe();
  EXPECT_EQ(described["count"], 11);
  EXPECT_EQ(described["missing"], 2);
  EXPECT_EQ(described["mean"], 5);
  EXPECT_EQ(described["max"], 10);
}

TEST(Profile, SameDataIsStable) { EXPECT_LT(*Numbers(0, 1000).StabilityIndex(Numbers(0, 1000).Describe()), 0.001); }

TEST(Profile, ShiftedNumbersAndNewGapsAreDrift) {
  EXPECT_GT(*Numbers(400, 1400).StabilityIndex(Numbers(0, 1000).Describe()), 0.25);
  EXPECT_GT(*Numbers(0, 1000, 1000).StabilityIndex(Numbers(0, 1000).Describe()), 0.25);
}

TEST(Profile, CategoriesThatComeOrGoAreDrift) {
  ColumnProfile then(false), now(false);
  for (int i = 0; i < 100; ++i) {
    then.Add(i % 2 == 0 ? "a" : "b");
    now.Add(i % 4 == 0 ? "a" : "new");
  }
  EXPECT_LT(*then.StabilityIndex(then.Describe()), 0.001);
  EXPECT_GT(*now.StabilityIndex(then.Describe()), 0.25);
  EXPECT_FALSE(now.StabilityIndex(Numbers(0, 3).Describe()).ok());
}

}  // namespace
}  // namespace pawl::activities
