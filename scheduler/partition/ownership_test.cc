// Unknown outcomes, refused partitions, drop and take-over.
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::partition {
namespace {

using absl::StatusCode;
using history::CallFate;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::SizeIs;

constexpr char kWait[] = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})";
constexpr char kTask[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("End":true}}})";
constexpr char kTimed[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("TimeoutSeconds":3000,"End":true}}})";
constexpr milliseconds kTick{1};

TEST(EngineOwnership, AfterALossBeforeTheCommitNothingHasHappened) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore});
  StartReply lost = node.Start("run", kWait);
  bench.Run(kTick);
  EXPECT_TRUE(lost->has(StatusCode::kUnavailable));
  EXPECT_FALSE(node.engine().Health().ok());
  bench.Run(seconds(3));
  EXPECT_TRUE(node.engine().Health().ok()) << node.engine().Health();
  EXPECT_EQ(node.engine().stats().open_executions, 0u);
}

TEST(EngineOwnership, AfterALossBehindTheCommitTheLogIsRight) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend({.outcome = CallFate::Outcome::kLostAfter});
  StartReply lost = node.Start("run", kWait, "1");
  bench.Run(kTick);
  EXPECT_TRUE(lost->has(StatusCode::kUnavailable));
  bench.Run(seconds(3));
  EXPECT_EQ(node.engine().stats().open_executions, 1u);
  EXPECT_EQ(node.engine().stats().timers, 1u);
  StartReply again = node.Start("run", kWait, "1");
  bench.Run(kTick);
  EXPECT_TRUE(again->has(StatusCode::kOk));
  EXPECT_THAT(bench.store().entities(), SizeIs(1));
}

TEST(EngineOwnership, WhatWasDecidedBehindALostBatchDiesWithIt) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore, .delay = milliseconds(20)});
  StartReply first = node.Start(bench.NameIn(0), kWait);
  bench.Run(milliseconds(5));
  StartReply second = node.Start(bench.NameIn(1), kWait);
  bench.Run(milliseconds(20));
  EXPECT_TRUE(first->has(StatusCode::kUnavailable));
  EXPECT_TRUE(second->has(StatusCode::kUnavailable));
  bench.Run(seconds(3));
  EXPECT_TRUE(bench.store().log().empty());
}

TEST(EngineOwnership, ALostBatchGivesItsClaimsBack) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  PollReply poll = node.Poll();
  bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore});
  node.Start("run", kTask);
  bench.Run(seconds(3));
  EXPECT_FALSE(poll->value);
  node.Start("run", kTask);
  bench.Run(milliseconds(5));
  ASSERT_TRUE(poll->value);
  EXPECT_THAT(*poll->value, SizeIs(1));
}

TEST(EngineOwnership, ARefusedPartitionFallsTheOthersStand) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply before = node.Start(bench.NameIn(0), kWait);
  bench.Run(kTick);
  bench.store().Usurp(base::PartitionId(0), "b");
  StartReply refused = node.Start(bench.NameIn(0, 1), kWait);
  StartReply stands = node.Start(bench.NameIn(1), kWait);
  bench.Run(kTick);
  EXPECT_TRUE(refused->has(StatusCode::kUnavailable));
  EXPECT_TRUE(stands->has(StatusCode::kOk));
  EXPECT_EQ(node.engine().stats().open_executions, 1u);
  StatusReply late = node.Stop((*before->value)->entity);
  bench.Run(kTick);
  EXPECT_TRUE(late->has(StatusCode::kUnavailable)) << "who does not own it cannot say";
  bench.Run(seconds(3));
  EXPECT_EQ(node.engine().stats().open_executions, 2u) << "the other node's lease has run out";
  EXPECT_TRUE(node.Said("another node has claimed it"));
}

TEST(EngineOwnership, ARefusedEndLeavesNoTimer) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  PollReply poll = node.Poll();
  node.Start(bench.NameIn(0), kTimed);
  bench.Run(kTick);
  ASSERT_EQ(node.engine().stats().timers, 1u);
  bench.store().Usurp(base::PartitionId(0), "b");
  StatusReply answered = node.Complete(poll->value->at(0).task);
  bench.Run(kTick);
  EXPECT_TRUE(answered->has(StatusCode::kUnavailable));
  EXPECT_EQ(node.engine().stats().open_executions, 0u);
  EXPECT_EQ(node.engine().stats().timers, 0u);
}

TEST(EngineOwnership, ALateRefusalDoesNotTouchWhatWasClaimedSince) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply before = node.Start(bench.NameIn(0), kWait);
  bench.Run(kTick);
  bench.NextAppend({.delay = seconds(8)});
  StartReply slow = node.Start(bench.NameIn(0, 1), kWait);
  bench.Run(kTick);
  bench.store().Usurp(base::PartitionId(0), "b");
  // The next renewal finds the lease gone, claims the partition again and reads it.
  bench.Run(seconds(4));
  ASSERT_TRUE(node.engine().Health().ok());
  bench.Run(seconds(5));
  EXPECT_TRUE(slow->has(StatusCode::kUnavailable));
  EXPECT_FALSE(node.Said("another node has claimed it"));
  EXPECT_TRUE(node.engine().Health().ok());
  StatusReply stopped = node.Stop((*before->value)->entity);
  bench.Run(kTick);
  EXPECT_TRUE(stopped->has(StatusCode::kOk));
}

TEST(EngineOwnership, AnotherNodeGoesOnAfterACrash) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  PollReply poll = a.Poll();
  a.Start(bench.NameIn(0), kTask);
  bench.Run(kTick);
  core::TaskRef held = poll->value->at(0).task;
  a.Start(bench.NameIn(1), kTask);
  a.Start(bench.NameIn(1, 1), kWait);
  bench.Run(kTick);
  auto& b = bench.Boot("b");
  EXPECT_EQ(b.engine().stats().partitions_owned, 0u);
  bench.Crash("a");
  bench.Run(seconds(8));
  ASSERT_EQ(b.engine().stats().partitions_owned, 2u);
  EXPECT_EQ(b.engine().stats().open_executions, 3u);
  EXPECT_EQ(b.engine().stats().timers, 1u);
  PollReply next = b.Poll(5, "t");
  StatusReply answered = b.Complete(held);
  bench.Run(kTick);
  EXPECT_TRUE(answered->has(StatusCode::kOk)) << "the holder of a task answers whoever owns it now";
  ASSERT_TRUE(next->value);
  EXPECT_THAT(*next->value, SizeIs(1));
  EXPECT_EQ(next->value->at(0).task.attempt, 1);
  bench.Run(seconds(60));
  EXPECT_EQ(b.engine().stats().timers, 0u);
}

TEST(EngineOwnership, ASessionThatDoesNotReportAfterATakeOverHasLostItsTask) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  a.Poll();
  StartReply started = a.Start("run", kTask);
  bench.Run(kTick);
  auto& b = bench.Boot("b");
  bench.Crash("a");
  bench.Run(seconds(8));
  EXPECT_EQ(b.engine().stats().open_executions, 1u);
  bench.Run(seconds(10));
  EXPECT_EQ(b.engine().stats().open_executions, 0u) << "its handler was not restartable: Pawl.WorkerLost";
}

TEST(EngineOwnership, APausedOwnerIsRefusedAndStepsDown) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  StartReply before = a.Start("run", kWait);
  bench.Run(kTick);
  // What it sends while it is out of its lease comes too late.
  bench.NextAppend({.delay = seconds(9)});
  StatusReply stop = a.Stop((*before->value)->entity);
  bench.Run(kTick);
  for (int partition : {0, 1}) bench.store().Usurp(base::PartitionId(partition), "b");
  bench.Run(seconds(10));
  EXPECT_TRUE(stop->has(StatusCode::kUnavailable));
  auto execution = bench.store().execution((*before->value)->entity);
  EXPECT_EQ(execution->status, 0) << "the stop never happened";
}

TEST(EngineOwnership, WithoutALeaseItRefusesNothing) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("run", kWait);
  bench.Run(kTick);
  core::TaskRef unknown{(*started->value)->entity, base::FrameId(1), base::EventId(99), 1};
  StatusReply refused = node.Complete(unknown);
  bench.Run(kTick);
  EXPECT_TRUE(refused->has(StatusCode::kFailedPrecondition));
}

TEST(EngineOwnership, GivesUpWhatIsNotWantedWithoutLosingWhatIsUnderWay) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  auto& b = bench.Boot("b", [](Settings& settings) { settings.wants_all = false; });
  bench.NextAppend({.delay = milliseconds(50)});
  StartReply under_way = a.Start(bench.NameIn(0), kWait);
  bench.Run(kTick);
  a.engine().SetWanted({base::PartitionId(1)});
  b.engine().SetWanted({base::PartitionId(0)});
  StartReply refused = a.Start(bench.NameIn(0, 1), kWait);
  bench.Run(milliseconds(20));
  EXPECT_TRUE(refused->has(StatusCode::kUnavailable));
  EXPECT_FALSE(under_way->value);
  bench.Run(milliseconds(100));
  EXPECT_TRUE(under_way->has(StatusCode::kOk));
  EXPECT_EQ(a.engine().stats().open_executions, 0u);
  bench.Run(seconds(3));
  EXPECT_EQ(b.engine().stats().open_executions, 1u);
  EXPECT_EQ(b.engine().stats().timers, 1u);
}

TEST(EngineOwnership, AStoppedNodeGivesItsPartitionsUpAtOnce) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  a.Start("run", kWait);
  bench.Run(kTick);
  auto& b = bench.Boot("b");
  bool stopped = false;
  a.engine().Stop([&] { stopped = true; });
  bench.Run(seconds(3));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(b.engine().stats().open_executions, 1u);
  StartReply late = a.Start("late", kWait);
  bench.Run(kTick);
  EXPECT_TRUE(late->has(StatusCode::kUnavailable));
}

TEST(EngineOwnership, AnExecutionWhoseDefinitionIsGoneStandsStillAndHoldsUpNobody) {
  EngineBench bench;
  const std::string not_parked = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":30,"End":true}}})";
  auto& a = bench.Boot("a");
  a.Start(bench.NameIn(0), not_parked);
  a.Start(bench.NameIn(0, 1), kTask);
  bench.Run(kTick);
  bench.Crash("a");
  bench.LoseDefinition(not_parked);
  auto& b = bench.Boot("b");
  bench.Run(seconds(8));
  EXPECT_TRUE(b.engine().Health().ok());
  EXPECT_TRUE(b.Said("stands still"));
  EXPECT_EQ(b.engine().stats().open_executions, 1u);
}

// ---- timers and clocks

TEST(EngineTimers, FireOnTimeThoughTheWallClockSteps) {
  for (milliseconds step : {milliseconds(-30'000), milliseconds(0), milliseconds(30'000)}) {
    EngineBench bench;
    auto& node = bench.Boot("a");
    node.Start("run", kWait);
    bench.Run(kTick);
    bench.time().StepWall(step);
    bench.Run(seconds(95));
    EXPECT_EQ(node.engine().stats().open_executions, 0u) << step.count();
    EXPECT_EQ(node.engine().stats().timers, 0u);
  }
}

}  // namespace
}  // namespace pawl::partition
