// What the loop promises: nothing is told before it is durable, batches are invisible, names are given once.
#include "scheduler/partition/engine.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "history/codec/codec.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::partition {
namespace {

using absl::StatusCode;
using history::CallFate;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Each;
using testing::ElementsAre;
using testing::SizeIs;

constexpr char kPass[] = R"({"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
constexpr char kWait[] = R"({"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":60,"End":true}}})";
constexpr char kTask[] =
    R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:us-east-1:000000000000:activity:a",)"
    R"("End":true}}})";
constexpr milliseconds kTick{1};

CallFate Slow(milliseconds delay) { return {.delay = delay}; }

TEST(Engine, TellsAStartOnlyWhenItIsDurable) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend(Slow(milliseconds(50)));
  StartReply reply = node.Start("run", kWait);
  bench.Run(milliseconds(49));
  EXPECT_FALSE(reply->value);
  EXPECT_TRUE(bench.store().log().empty());
  bench.Run(milliseconds(2));
  ASSERT_TRUE(reply->has(StatusCode::kOk));
  EXPECT_THAT(bench.store().log(), SizeIs(1));
}

TEST(Engine, HandsATaskOutOnlyWhenItsStartIsDurable) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  PollReply poll = node.Poll();
  bench.NextAppend(Slow(milliseconds(50)));
  node.Start("run", kTask);
  bench.Run(milliseconds(49));
  EXPECT_FALSE(poll->value);
  bench.Run(milliseconds(2));
  ASSERT_TRUE(poll->value);
  EXPECT_THAT(*poll->value, SizeIs(1));
  // Start, scheduling and hand-out are one decision.
  EXPECT_THAT(bench.store().log(), SizeIs(1));
}

TEST(Engine, RefusesOnlyWhatTheLogBearsOut) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  PollReply poll = node.Poll();
  StartReply started = node.Start("run", kTask);
  bench.Run(kTick);
  core::TaskRef task = poll->value->at(0).task;
  bench.NextAppend(Slow(milliseconds(50)));
  StatusReply first = node.Complete(task);
  bench.Run(kTick);
  StatusReply second = node.Complete(task);
  bench.Run(milliseconds(40));
  EXPECT_FALSE(first->value);
  EXPECT_FALSE(second->value) << "the refusal rests on a result that is not durable yet";
  EXPECT_TRUE(node.engine().HasTask(task)) << "its end is not durable yet";
  bench.Run(milliseconds(20));
  EXPECT_TRUE(first->has(StatusCode::kOk));
  EXPECT_TRUE(second->has(StatusCode::kNotFound) || second->has(StatusCode::kFailedPrecondition));
  EXPECT_FALSE(node.engine().HasTask(task));
}

TEST(Engine, HasATaskUntilItsEndIsDurableHoweverItEnds) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  PollReply poll = node.Poll();
  StartReply started = node.Start("run", kTask);
  bench.Run(kTick);
  core::TaskRef task = poll->value->at(0).task;
  bench.NextAppend(Slow(milliseconds(50)));
  node.Stop((*started->value)->entity);
  bench.Run(milliseconds(40));
  EXPECT_TRUE(node.engine().HasTask(task));
  bench.Run(milliseconds(20));
  EXPECT_FALSE(node.engine().HasTask(task));
}

TEST(Engine, AWorkerIsToldToStopWhenTheStopIsDurable) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  node.Poll();
  StartReply started = node.Start("run", kTask);
  bench.Run(kTick);
  bench.NextAppend(Slow(milliseconds(50)));
  node.Stop((*started->value)->entity);
  bench.Run(milliseconds(40));
  EXPECT_THAT(node.engine().sessions().TakeCancelled("s"), SizeIs(0));
  bench.Run(milliseconds(20));
  EXPECT_THAT(node.engine().sessions().TakeCancelled("s"), SizeIs(1));
}

TEST(Engine, TellsTheEndToWhoeverWaits) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  StartReply started = node.Start("run", kWait);
  bench.Run(kTick);
  std::optional<history::ExecutionStatus> status;
  EXPECT_TRUE(node.engine().WhenEnded((*started->value)->entity,
                                      [&](absl::StatusOr<Outcome> outcome) { status = outcome->status; }));
  bench.Run(seconds(59));
  EXPECT_FALSE(status);
  bench.Run(seconds(2));
  EXPECT_EQ(status, history::ExecutionStatus::kSucceeded);
  EXPECT_EQ(node.engine().stats().open_executions, 0u);
  EXPECT_EQ(node.engine().stats().timers, 0u);
}

// ---- batches

TEST(Engine, GathersWhatArrivesDuringACommit) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend(Slow(milliseconds(20)));
  std::vector<StartReply> replies;
  for (int i = 0; i < 50; ++i) {
    replies.push_back(node.Start("run-" + std::to_string(i), kPass));
    bench.Run(i == 0 ? milliseconds(5) : milliseconds(0));
  }
  bench.Run(milliseconds(50));
  EXPECT_THAT(node.batches(), ElementsAre(1, 49));
  for (const StartReply& reply : replies) EXPECT_TRUE(reply->has(StatusCode::kOk));
}

// The rows, decoded, without what differs by nature: ids of executions.
std::vector<std::string> Events(const history::MemoryStore& store) {
  std::map<base::EntityId, history::Decoder> decoders;
  std::map<std::string, std::string> by_name;
  std::map<base::EntityId, std::string> name_of;
  for (const auto& row : store.log()) {
    auto events = decoders[row.row.entity].DecodeDecision(row.row.bytes);
    for (const history::Event& event : *events) {
      if (const auto* started = std::get_if<history::ExecutionStarted>(&event.body)) {
        name_of[row.row.entity] = started->name;
      }
      by_name[name_of[row.row.entity]] += std::to_string(event.body.index()) + "/" + std::to_string(event.id.value()) +
                                          "<" + std::to_string(event.previous.value()) + " ";
    }
  }
  std::vector<std::string> all;
  for (const auto& [name, text] : by_name) all.push_back(name + ": " + text);
  return all;
}

TEST(Engine, GivesTheSameEventsHoweverTheyAreGrouped) {
  std::vector<std::vector<std::string>> seen;
  for (size_t most : {1, 3, 4'000}) {
    EngineBench bench;
    auto& node = bench.Boot("a", [&](Settings& settings) { settings.batch_decisions_max = most; });
    for (int i = 0; i < 20; ++i) node.Start("run-" + std::to_string(i), i % 2 == 0 ? kPass : kTask);
    bench.Run(milliseconds(10));
    PollReply poll = node.Poll(20);
    bench.Run(milliseconds(10));
    ASSERT_TRUE(poll->value);
    for (const core::TaskDetails& task : *poll->value) node.Complete(task.task);
    bench.Run(milliseconds(10));
    EXPECT_THAT(node.batches(), Each(testing::Le(most)));
    EXPECT_EQ(node.engine().stats().open_executions, 0u);
    seen.push_back(Events(bench.store()));
  }
  EXPECT_EQ(seen[0], seen[1]);
  EXPECT_EQ(seen[0], seen[2]);
}

TEST(Engine, ShedsRequestsWhenTheMailboxIsFullButNotWhatItOwes) {
  EngineBench bench;
  auto& node = bench.Boot("a", [](Settings& settings) { settings.mailbox_max = 2; });
  StartReply running = node.Start("run", kTask);
  bench.Run(kTick);
  base::EntityId entity = (*running->value)->entity;
  StatusReply a = node.Stop(entity), b = node.Stop(entity), c = node.Stop(entity);
  StatusReply owed = node.Submit(entity, core::Continue{base::FrameId(1)});
  EXPECT_TRUE(c->has(StatusCode::kResourceExhausted));
  EXPECT_FALSE(owed->value);
  bench.Run(kTick);
  EXPECT_TRUE(a->has(StatusCode::kOk));
  EXPECT_TRUE(owed->value);
}

// ---- names

TEST(Engine, GivesANameOnce) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend(Slow(milliseconds(20)));
  StartReply first = node.Start("run", kWait, "1");
  bench.Run(milliseconds(5));
  StartReply same = node.Start("run", kWait, "1");
  StartReply other = node.Start("run", kWait, "2");
  bench.Run(milliseconds(5));
  EXPECT_FALSE(same->value || other->value) << "what they are told rests on a start that is not durable yet";
  bench.Run(milliseconds(20));
  ASSERT_TRUE(first->has(StatusCode::kOk));
  ASSERT_TRUE(same->has(StatusCode::kOk));
  EXPECT_EQ((*first->value)->entity, (*same->value)->entity);
  EXPECT_EQ((*first->value)->at, (*same->value)->at);
  EXPECT_TRUE(other->has(StatusCode::kAlreadyExists));

  node.Stop((*first->value)->entity);
  bench.Run(milliseconds(5));
  for (milliseconds later : {milliseconds(0), milliseconds(20'000)}) {
    bench.Run(later);
    StartReply again = node.Start("run", kWait, "1");
    bench.Run(milliseconds(5));
    EXPECT_TRUE(again->has(StatusCode::kAlreadyExists)) << "an ended execution keeps its name";
  }
  EXPECT_THAT(bench.store().entities(), SizeIs(1));
}

TEST(Engine, WhoAsksForANameWhoseStartIsLostHearsThat) {
  EngineBench bench;
  auto& node = bench.Boot("a");
  bench.NextAppend({.outcome = CallFate::Outcome::kLostBefore, .delay = milliseconds(20)});
  StartReply first = node.Start("run", kWait, "1");
  bench.Run(milliseconds(5));
  StartReply same = node.Start("run", kWait, "1");
  bench.Run(milliseconds(30));
  EXPECT_TRUE(first->has(StatusCode::kUnavailable));
  EXPECT_TRUE(same->has(StatusCode::kUnavailable));
  bench.Run(seconds(1));
  StartReply again = node.Start("run", kWait, "1");
  bench.Run(milliseconds(5));
  EXPECT_TRUE(again->has(StatusCode::kOk));
}

// ---- fairness

TEST(Engine, DecidesForOneMachineInBetweenTheFloodOfAnother) {
  EngineBench bench;
  auto& node = bench.Boot("a", [](Settings& settings) { settings.batch_decisions_max = 8; });
  StartReply quiet = node.Start("quiet", kWait, "1", "quiet");
  bench.Run(kTick);
  for (int i = 0; i < 60; ++i) bench.NextAppend(Slow(milliseconds(10)));
  std::vector<StartReply> flood;
  for (int i = 0; i < 200; ++i) flood.push_back(node.Start("f" + std::to_string(i), kWait, "1", "flood"));
  bench.Run(milliseconds(5));
  EXPECT_GT(node.engine().stats().mailbox, 150u);
  EXPECT_GT(node.engine().stats().mailbox_bytes, 150u);
  StatusReply stopped = node.Stop((*quiet->value)->entity);
  size_t before = 0;
  for (int i = 0; i < 1000 && !stopped->value; ++i) bench.Run(milliseconds(1));
  for (const StartReply& reply : flood) before += reply->value ? 1 : 0;
  EXPECT_TRUE(stopped->has(StatusCode::kOk));
  EXPECT_LE(before, 24u) << "at most the batches under way";
}

}  // namespace
}  // namespace pawl::partition
