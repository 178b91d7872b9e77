#include "shared/base/civil_time.h"

#include <gtest/gtest.h>

#include <chrono>

namespace pawl::base {
namespace {

TEST(CivilTime, CountsDaysAsTheStandardLibraryDoes) {
  using namespace std::chrono;
  for (int64_t day = -800'000; day < 800'000; day += 97) {
    const year_month_day expected{sys_days(days(day))};
    const CivilDate date = CivilFromDays(day);
    ASSERT_EQ(date.year, static_cast<int>(expected.year()));
    ASSERT_EQ(date.month, static_cast<int>(static_cast<unsigned>(expected.month())));
    ASSERT_EQ(date.day, static_cast<int>(static_cast<unsigned>(expected.day())));
    ASSERT_EQ(DaysFromCivil(date.year, date.month, date.day), day);
  }
  EXPECT_EQ(CivilFromDays(DaysFromCivil(-271'821, 4, 20)).year, -271'821);
  EXPECT_EQ(DaysFromCivil(2024, 1, 366), DaysFromCivil(2024, 12, 31));
}

TEST(CivilTime, KnowsWhichDaysThereAre) {
  EXPECT_TRUE(IsCivilDate(2024, 2, 29));
  EXPECT_FALSE(IsCivilDate(2023, 2, 29));
  EXPECT_FALSE(IsCivilDate(1900, 2, 29));
  EXPECT_TRUE(IsCivilDate(2000, 2, 29));
  EXPECT_FALSE(IsCivilDate(2024, 4, 31));
  EXPECT_FALSE(IsCivilDate(2024, 13, 1));
  EXPECT_FALSE(IsCivilDate(2024, 0, 1));
  EXPECT_FALSE(IsCivilDate(2024, 1, 0));
}

TEST(CivilTime, WritesTimesAsAwsDoes) {
  const auto at = [](int64_t millis) { return FormatIso8601(WallTime(std::chrono::milliseconds(millis))); };
  EXPECT_EQ(at(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(at(1'709'631'015'123), "2024-03-05T09:30:15.123Z");
  EXPECT_EQ(at(-1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace pawl::base
