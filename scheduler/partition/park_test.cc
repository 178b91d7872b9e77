// Executions that only wait leave memory, and come back when something touches them.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::partition {
namespace {

using absl::StatusCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kTwoDays[] =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":172800,"Next":"P"},"P":{"Type":"Pass","End":true}}})";
constexpr char kShort[] = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}})";
constexpr char kTask[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("End":true}}})";
constexpr milliseconds kTick{1};

TEST(EngineParking, LetsGoOfWhatOnlyWaitsForLong) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  node.Start("long", kTwoDays);
  node.Start("short", kShort);
  node.Start("task", kTask);
  bench.Run(kTick);
  EXPECT_EQ(node.engine().stats().open_executions, 3u);
  EXPECT_EQ(node.engine().stats().parked_executions, 1u);
  EXPECT_EQ(node.engine().stats().timers, 2u);
}

TEST(EngineParking, ItsTimerWakesItOnTimeAndNoSooner) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("long", kTwoDays);
  bench.Run(kTick);
  bench.Run(hours(48) - seconds(10));
  EXPECT_EQ(node.engine().stats().parked_executions, 1u) << "looking at the clock reads nothing";
  bench.Run(seconds(20));
  EXPECT_EQ(node.engine().stats().open_executions, 0u);
  EXPECT_EQ(node.engine().stats().parked_executions, 0u);
  EXPECT_EQ(bench.store().execution((*started->value)->entity)->status, 1);
}

TEST(EngineParking, ACommandFindsItAndSoDoesWhoWaitsForItsEnd) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("long", kTwoDays);
  bench.Run(kTick);
  base::EntityId entity = (*started->value)->entity;
  std::optional<history::ExecutionStatus> status;
  EXPECT_TRUE(node.engine().WhenEnded(entity, [&](absl::StatusOr<Outcome> outcome) { status = outcome->status; }));
  StatusReply refused = node.Submit(entity, core::Continue{base::FrameId(1)});
  StatusReply first = node.Stop(entity);
  StatusReply second = node.Stop(entity);
  bench.Run(kTick);
  EXPECT_TRUE(refused->has(StatusCode::kFailedPrecondition));
  EXPECT_TRUE(first->has(StatusCode::kOk));
  EXPECT_TRUE(second->value.has_value() && !second->value->ok());
  EXPECT_EQ(status, history::ExecutionStatus::kAborted);
  EXPECT_EQ(node.engine().stats().parked_executions, 0u);
  EXPECT_EQ(node.engine().stats().timers, 0u);
}

TEST(EngineParking, KeepsItsName) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("long", kTwoDays);
  StartReply same = node.Start("long", kTwoDays);
  bench.Run(kTick);
  ASSERT_TRUE(same->has(StatusCode::kOk));
  EXPECT_EQ((*started->value)->entity, (*same->value)->entity) << "its name is known while it is parked";
}

TEST(EngineParking, IsTakenOverLikeAnyOther) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  StartReply started = a.Start("long", kTwoDays);
  bench.Run(kTick);
  bench.Crash("a");
  auto& b = bench.Boot("b");
  bench.Run(seconds(8));
  EXPECT_EQ(b.engine().stats().open_executions, 1u);
  EXPECT_EQ(b.engine().stats().parked_executions, 1u);
  b.engine().SetWanted({});
  bench.Run(seconds(1));
  EXPECT_EQ(b.engine().stats().open_executions, 0u);
  EXPECT_EQ(b.engine().stats().parked_executions, 0u);
  EXPECT_EQ(b.engine().stats().timers, 0u);
}

}  // namespace
}  // namespace pawl::partition
