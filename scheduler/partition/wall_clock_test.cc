#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::partition {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kTask[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("TimeoutSeconds":1800,"End":true}}})";

TEST(EngineWallClock, AfterAJumpForwardNothingTimesOutForOneLease) {
  EngineBench bench;
  bench.Boot("a").Start("run", kTask);
  bench.Run(seconds(2));
  auto& next = bench.Boot("b");
  bench.Run(seconds(2));
  bench.Crash("a");
  bench.Run(seconds(3));
  bench.time().StepWall(seconds(3'600));
  // It takes over and reads the log, where the deadline has passed by the new time.
  bench.Run(seconds(4));
  EXPECT_TRUE(next.Said("the wall clock jumped forward by 3600 s"));
  EXPECT_EQ(next.engine().stats().open_executions, 1u);
  bench.Run(seconds(6));
  EXPECT_EQ(next.engine().stats().open_executions, 0u);
}

TEST(EngineWallClock, SmallStepsAreNoJumps) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  for (int i = 0; i < 5; ++i) {
    bench.time().StepWall(milliseconds(i % 2 == 0 ? 9'000 : -9'000));
    bench.Run(seconds(3));
  }
  EXPECT_FALSE(node.Said("jumped"));
}

}  // namespace
}  // namespace pawl::partition
