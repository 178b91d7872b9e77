// What the log is told of parked executions, and what a take-over makes of it.
#include <algorithm>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "scheduler/partition/testing/engine_bench.h"
#include "shared/base/sanitizer.h"

namespace pawl::partition {
namespace {

using absl::StatusCode;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kWaitThenTask[] =
    R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":14400,"Next":"T"},"T":{"Type":"Task",)"
    R"("Resource":"arn:aws:states:us-east-1:000000000000:activity:a","End":true}}})";
constexpr char kToken[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",)"
    R"("Parameters":{"FunctionName":"a","Payload":{"token.$":"$$.Task.Token"}},"Next":"P"},)"
    R"("P":{"Type":"Pass","End":true}}})";
constexpr char kManyTokens[] =
    R"({"StartAt":"M","States":{"M":{"Type":"Map","End":true,"ItemProcessor":{"StartAt":"T","States":{"T":{)"
    R"("Type":"Task","Resource":"arn:aws:states:::lambda:invoke.waitForTaskToken",)"
    R"("Parameters":{"FunctionName":"a","Payload":{"token.$":"$$.Task.Token"}},"End":true}}}}}})";
constexpr milliseconds kTick{1};

base::EntityId EntityOf(const StartReply& started) { return (*started->value)->entity; }

history::StoredEntity InLog(EngineBench& bench, base::EntityId entity) {
  for (int partition : {0, 1}) {
    for (history::StoredEntity& stored : bench.store().OpenEntities(base::PartitionId(partition))) {
      if (stored.entity == entity) return stored;
    }
  }
  ADD_FAILURE() << "expected " << entity.ToString() << " to be open";
  return {};
}

TEST(EngineParkingLog, KnowsWhatIsParkedFromTheBatchOfItsLastDecision) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("long", kWaitThenTask);
  bench.Run(kTick);
  history::StoredEntity stored = InLog(bench, EntityOf(started));
  ASSERT_TRUE(stored.parked.has_value());
  EXPECT_EQ(*stored.parked->wake_at, (*started->value)->at + hours(4));
  EXPECT_EQ(stored.parked->started_at, (*started->value)->at);
  EXPECT_EQ(bench.appends(), 1) << "at no commit of its own";
}

TEST(EngineParkingLog, IsLeftInTheLogByATakeOverAndWokenOnTime) {
  EngineBench bench;
  StartReply started = bench.Boot("a").Start("long", kWaitThenTask);
  bench.Run(kTick);
  bench.Crash("a");
  auto& b = bench.Boot("b");
  bench.Run(seconds(8));
  EXPECT_EQ(b.engine().stats().parked_executions, 1u);
  EXPECT_EQ(b.engine().stats().timers, 1u);
  PollReply poll = b.Poll();
  bench.Run(hours(4) - seconds(20));
  EXPECT_FALSE(poll->value.has_value()) << "not before its time";
  bench.Run(seconds(30));
  ASSERT_TRUE(poll->value.has_value());
  EXPECT_EQ(b.engine().stats().parked_executions, 0u);
  StatusReply done = b.Complete(poll->value->at(0).task);
  bench.Run(kTick);
  EXPECT_TRUE(done->has(StatusCode::kOk));
  EXPECT_EQ(bench.store().execution(EntityOf(started))->status, 1);
}

TEST(EngineParkingLog, IsReadByTheNextOwnerOnceItIsNotParkedAnyMore) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  StartReply started = a.Start("long", kWaitThenTask);
  bench.Run(hours(4) + seconds(1));
  EXPECT_FALSE(InLog(bench, EntityOf(started)).parked.has_value()) << "it waits for a worker now";
  bench.Crash("a");
  auto& b = bench.Boot("b");
  bench.Run(seconds(8));
  PollReply poll = b.Poll();
  bench.Run(kTick);
  ASSERT_TRUE(poll->value.has_value());
}

TEST(EngineParkingLog, KeepsItsNameForTheNextOwner) {
  EngineBench bench;
  StartReply started = bench.Boot("a").Start("long", kWaitThenTask);
  bench.Run(kTick);
  bench.Crash("a");
  auto& b = bench.Boot("b");
  bench.Run(seconds(8));
  StartReply same = b.Start("long", kWaitThenTask);
  StartReply other = b.Start("long", kWaitThenTask, R"({"other":1})");
  bench.Run(kTick);
  ASSERT_TRUE(same->has(StatusCode::kOk));
  EXPECT_EQ(EntityOf(same), EntityOf(started));
  EXPECT_EQ((*same->value)->at, (*started->value)->at);
  EXPECT_TRUE(other->has(StatusCode::kAlreadyExists));
}

TEST(EngineParkingLog, GoesOnFromItsSnapshot) {
  EngineBench bench;
  auto settings = [](Settings& chosen) { chosen.snapshot_decisions_min = 1; };
  StartReply started = bench.Boot("a", settings).Start("long", kWaitThenTask, R"({"kept":[1,2]})");
  bench.Run(kTick);
  std::vector<history::StoredEntity> open = bench.store().ReadOpen({EntityOf(started)});
  ASSERT_EQ(open.size(), 1u);
  ASSERT_TRUE(open[0].snapshot.has_value());
  EXPECT_TRUE(open[0].decisions.empty());
  bench.Crash("a");
  auto& b = bench.Boot("b", settings);
  PollReply poll = b.Poll();
  bench.Run(hours(5));
  ASSERT_TRUE(poll->value.has_value());
  EXPECT_EQ(poll->value->at(0).input, R"({"kept":[1,2]})");
}

TEST(EngineParkingLog, WhoWaitsForATokenIsParkedToo) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  PollReply poll = a.Poll();
  StartReply started = a.Start("token", kToken);
  bench.Run(kTick);
  ASSERT_TRUE(poll->value.has_value());
  const core::TaskRef task = poll->value->at(0).task;
  EXPECT_EQ(a.engine().stats().parked_executions, 0u);
  a.Complete(task);  // the worker has made the call
  bench.Run(kTick);
  EXPECT_EQ(a.engine().stats().parked_executions, 1u);
  EXPECT_TRUE(a.engine().HasTask(task));
  bench.Crash("a");
  auto& b = bench.Boot("b");
  bench.Run(hours(9));
  EXPECT_EQ(b.engine().stats().parked_executions, 1u);
  StatusReply done = b.Submit(task.entity, core::CompleteTask{task, core::TaskSuccess{R"({"said":"yes"})"}, false});
  bench.Run(kTick);
  EXPECT_TRUE(done->has(StatusCode::kOk));
  EXPECT_EQ(bench.store().execution(EntityOf(started))->status, 1);
}

TEST(EngineParkingLog, SnapshotsOfALargeMapTakeNoMoreThanItsDecisions) {
  constexpr size_t kTokens = base::kAddressSanitizer ? 700 : 2'000;
  EngineBench bench;
  auto& node = bench.Boot("a");
  std::string items = "[0";
  for (size_t i = 1; i < kTokens; ++i) items += "," + std::to_string(i);
  StartReply started = node.Start("many", kManyTokens, items + "]");
  std::vector<core::TaskDetails> tasks;
  while (tasks.size() < kTokens) {
    PollReply poll = node.Poll(kTokens);
    bench.Run(seconds(1));
    ASSERT_TRUE(poll->value.has_value());
    tasks.insert(tasks.end(), poll->value->begin(), poll->value->end());
  }

  const base::EntityId entity = EntityOf(started);
  int snapshots = 0;
  size_t snapshot_bytes = 0;
  int64_t last_snapshot = 0;
  auto look = [&] {
    for (const history::StoredEntity& open : bench.store().ReadOpen({entity})) {
      if (!open.snapshot || open.snapshot->revision == last_snapshot) continue;
      last_snapshot = open.snapshot->revision;
      ++snapshots;
      snapshot_bytes += open.snapshot->bytes.size();
    }
  };
  for (const core::TaskDetails& task : tasks) node.Complete(task.task);  // the calls are made
  bench.Run(seconds(1));
  look();
  for (const core::TaskDetails& task : tasks) {
    node.Submit(entity, core::CompleteTask{task.task, core::TaskSuccess{"{}"}, false});
    bench.Run(kTick);
    look();
  }
  EXPECT_EQ(bench.store().execution(entity)->status, 1);
  size_t decision_bytes = 0;
  for (const history::DecisionRow& row : bench.store().ReadDecisions(entity, 1, 100'000)) {
    decision_bytes += row.bytes.size();
  }
  EXPECT_GE(snapshots, 1);
  EXPECT_LE(snapshot_bytes, decision_bytes) << snapshots << " snapshots";
}

TEST(EngineParkingLog, ManyThatWakeAtOnceAllGoOn) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  std::vector<StartReply> started;
  for (int i = 0; i < 1'000; ++i) started.push_back(a.Start("run " + std::to_string(i), kWaitThenTask));
  bench.Run(seconds(1));
  EXPECT_EQ(a.engine().stats().parked_executions, 1'000u);
  bench.Crash("a");
  auto& b = bench.Boot("b");
  PollReply poll = b.Poll(1'000);
  bench.Run(hours(4) + seconds(1));
  EXPECT_EQ(b.engine().stats().parked_executions, 0u);
  ASSERT_TRUE(poll->value.has_value());
}

TEST(EngineParkingLog, ManyThatWakeAtOnceLeaveRoomInEachBatch) {
  EngineBench bench;
  auto& a = bench.Boot("a");
  for (int i = 0; i < 1'000; ++i) a.Start("run " + std::to_string(i), kWaitThenTask);
  bench.Run(seconds(1));
  bench.Crash("a");
  auto& b = bench.Boot("b", [](Settings& chosen) { chosen.unpark_at_once = 10; });
  bench.Run(hours(4) + seconds(1));
  EXPECT_EQ(b.engine().stats().parked_executions, 0u);
  size_t woken = 0, largest = 0;
  for (size_t decisions : b.batches()) {
    woken += decisions;
    largest = std::max(largest, decisions);
  }
  EXPECT_EQ(woken, 1'000u);
  EXPECT_LE(largest, 20u) << "what was read while the batch before was at the log, and the slice before that";
}

TEST(EngineParkingLog, WhatACommandComesForIsReadBeforeWhatIsOnlyDue) {
  EngineBench bench;
  auto& node = bench.Boot("a", [](Settings& chosen) {
    chosen.unpark_at_once = 10;
    chosen.timers_at_once = 2'000;
  });
  std::vector<StartReply> due;
  for (int i = 0; i < 1'000; ++i) due.push_back(node.Start("run " + std::to_string(i), kWaitThenTask));
  bench.Run(kTick);
  std::vector<size_t> still_parked;
  auto stop = [&](const StartReply& which) {
    node.engine().Submit(EntityOf(which), core::StopExecution{}, [&](const absl::Status& status) {
      EXPECT_TRUE(status.ok());
      still_parked.push_back(node.engine().stats().parked_executions);
    });
  };
  // At the moment when all are due, just after the engine has seen it.
  bench.time().PostAt(bench.time().MonotonicNow() - kTick + hours(4), [&] {
    bench.time().Post([&] {
      stop(due[500]);
      stop(due[501]);
    });
  });
  bench.Run(hours(4));
  ASSERT_EQ(still_parked.size(), 2u);
  for (size_t parked : still_parked) EXPECT_GT(parked, 900u);
  EXPECT_EQ(node.engine().stats().parked_executions, 0u);
}

}  // namespace
}  // namespace pawl::partition
