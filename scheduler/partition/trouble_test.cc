// A database in trouble is told once, and so is its end.
#include <algorithm>

#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::partition {
namespace {

using absl::StatusCode;
using history::CallFate;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kWait[] = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})";

int Lines(EngineBench::Node& node, const std::string& part) {
  return static_cast<int>(std::count_if(node.log_lines().begin(), node.log_lines().end(),
                                        [&](const std::string& line) { return line.find(part) != std::string::npos; }));
}

// What a full disk does: a claim still works, the append after it does not.
TEST(EngineTrouble, IsToldOnceWhileClaimsWorkAndAppendsFail) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  for (int i = 0; i < 20; ++i) bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore});
  StartReply reply;
  for (int round = 0; bench.appends() < 20 && round < 1'000; ++round) {
    reply = node.Start("run", kWait);
    bench.Run(milliseconds(100));
    EXPECT_FALSE(node.engine().Health().ok());
  }
  EXPECT_EQ(bench.appends(), 20);
  EXPECT_EQ(Lines(node, "the database cannot be used"), 1);
  EXPECT_EQ(Lines(node, "can be used again"), 0);
  bench.Run(seconds(5));
  EXPECT_TRUE(node.engine().Health().ok()) << node.engine().Health();
  EXPECT_EQ(Lines(node, "can be used again"), 0) << "it may come back";
  bench.Run(seconds(10));
  EXPECT_EQ(Lines(node, "can be used again"), 1);
  reply = node.Start("run", kWait);
  bench.Run(milliseconds(5));
  EXPECT_TRUE(reply->has(StatusCode::kOk));
  EXPECT_EQ(node.log_lines().size(), 2u);
}

TEST(EngineTrouble, EndsOnANodeThatIsGivenNothingMeanwhile) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore});
  node.Start("run", kWait);
  bench.Run(milliseconds(1));
  EXPECT_FALSE(node.engine().CanAppend());
  node.engine().SetWanted({});
  bench.Run(seconds(5));
  EXPECT_TRUE(node.engine().CanAppend());
}

TEST(EngineTrouble, PatienceGrowsWhileItLasts) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  for (int i = 0; i < 1'000; ++i) bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore});
  for (int i = 0; i < 3'000; ++i) {
    node.Start("run", kWait);
    bench.Run(milliseconds(10));
  }
  // Half a minute of somebody who asks a hundred times a second.
  EXPECT_LT(bench.appends(), 60);
}

TEST(EngineTrouble, PartitionsThatAreLostTogetherAreOneLine) {
  EngineBench bench(16);
  auto& node = bench.Boot("a");
  bench.Run(milliseconds(5));
  ASSERT_TRUE(node.engine().Health().ok());
  for (int i = 0; i < 16; ++i) bench.store().Usurp(base::PartitionId(i), "b");
  bench.Run(milliseconds(3'500));
  EXPECT_EQ(Lines(node, "given up"), 1);
  EXPECT_TRUE(node.Said("partitions 0, 1, 2, 3, 4, 5, 6, 7 and 8 more are given up: the lease is gone"));
}

TEST(EngineTrouble, ARefusedAppendAsksAfterAllOtherPartitionsSoon) {
  EngineBench bench(16);
  auto& node = bench.Boot("a");
  bench.Run(milliseconds(5));
  for (int i = 0; i < 16; ++i) bench.store().Usurp(base::PartitionId(i), "b");
  StartReply refused = node.Start(bench.NameIn(3), kWait);
  bench.Run(milliseconds(5));
  EXPECT_TRUE(refused->has(StatusCode::kUnavailable));
  EXPECT_EQ(node.engine().stats().partitions_owned, 15u);
  bench.Run(milliseconds(100));  // the next renewal is due after 3/7 of the lease only
  EXPECT_EQ(node.engine().stats().partitions_owned, 16u) << "the other's claim lasts for a moment only";
  EXPECT_EQ(Lines(node, "given up"), 0);
  bench.Run(seconds(1));
  EXPECT_EQ(Lines(node, "given up"), 1) << "what is given up within a second is one line";
}

TEST(EngineTrouble, ARefusedAppendAfterAFailedRenewalMeansThatTheSessionEnded) {
  EngineBench bench(16);
  auto& node = bench.Boot("a");
  bench.Run(milliseconds(5));
  bench.LoseNextRenewal();
  bench.Run(milliseconds(2'300));  // a renewal, after 3/7 of the lease
  ASSERT_FALSE(node.engine().CanAppend());
  node.Start(bench.NameIn(3), kWait);
  bench.Run(milliseconds(5));
  EXPECT_EQ(node.engine().stats().partitions_owned, 0u);
  bench.Run(seconds(1));
  EXPECT_EQ(Lines(node, "given up"), 1);
}

}  // namespace
}  // namespace pawl::partition
