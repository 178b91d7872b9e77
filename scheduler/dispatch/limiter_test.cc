#include "scheduler/dispatch/limiter.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::dispatch {
namespace {

using core::TaskRef;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class Time : public base::Executor, public base::Clock {
 public:
  void Post(Work work) override { PostAt(now_, std::move(work)); }
  TimerHandle PostAt(base::MonotonicTime due, Work work) override {
    work_.emplace(std::pair(std::max(due, now_), ++last_), std::move(work));
    return last_;
  }
  void Cancel(TimerHandle handle) override {
    std::erase_if(work_, [&](const auto& one) { return one.first.second == handle; });
  }
  base::WallTime WallNow() const override { return {}; }
  base::MonotonicTime MonotonicNow() const override { return now_; }
  void Pass(milliseconds time) {
    const base::MonotonicTime until = now_ + time;
    while (!work_.empty() && work_.begin()->first.first <= until) {
      auto next = work_.extract(work_.begin());
      now_ = next.key().first;
      next.mapped()();
    }
    now_ = until;
  }

 private:
  base::MonotonicTime now_{std::chrono::seconds(1000)};
  TimerHandle last_ = 0;
  std::map<std::pair<base::MonotonicTime, TimerHandle>, Work> work_;
};

class Store : public PermitStore {
 public:
  Store(Time& time, const Limits& limits) : time_(time), limits_(limits) {}
  void Exchange(PermitRequest request, std::function<void(absl::StatusOr<PermitResponse>)> done) override {
    ++requests;
    PermitResponse response;
    if (!is_down) {
      for (const PermitAsk& ask : request.permits) {
        response.contended[ask.key] =
            AllocatePermits(*limits_.at(ask.key).concurrency, Now(), {ask}, rows[ask.key], response.permits);
      }
      for (const TokenAsk& ask : request.tokens) {
        response.tokens.push_back(TakeTokens(*limits_.at(ask.key).rate, Now(), ask, buckets[ask.key]));
      }
    }
    time_.PostAt(time_.MonotonicNow() + milliseconds(1), [=, is_down = is_down, done = std::move(done)] {
      is_down ? done(absl::UnavailableError("down")) : done(response);
    });
  }
  milliseconds Now() const { return std::chrono::duration_cast<milliseconds>(time_.MonotonicNow().time_since_epoch()); }
  std::map<std::string, PermitRows> rows;
  std::map<std::string, TokenBucket> buckets;
  bool is_down = false;
  int requests = 0;

 private:
  Time& time_;
  const Limits& limits_;
};

// Partition 0 has slot 0, partition 1 slot 1.
TaskRef Task(int64_t event, int slot = 0) {
  return {base::EntityId::Make(1, base::Slot(slot), 7), base::FrameId(1), base::EventId(event), 1};
}

class LimiterTest : public testing::Test {
 protected:
  void Set(Limits limits) {
    limits_ = std::move(limits);
    limiter_.SetLimits(limits_);
    limiter_.Serve(base::PartitionId(0), base::Epoch(1));
    limiter_.Serve(base::PartitionId(1), base::Epoch(1));
    time_.Pass(milliseconds(100));
  }
  void Poll(int slots, std::string handler = "train") {
    dispatcher_.AddPoll({.worker = "w",
                         .session = "s",
                         .handlers = {{std::move(handler), false}},
                         .activity_arn = {},
                         .slots = slots,
                         .respond = [](std::vector<core::TaskDetails>) {}});
  }
  void Offer(const TaskRef& task, const std::string& queue = "train") { limiter_.Offer({task, queue}, {}); }
  std::vector<TaskRef> TakeStarted() { return std::exchange(started_, {}); }

  Time time_;
  Limits limits_;
  Store store_{time_, limits_};
  std::vector<TaskRef> started_;
  Dispatcher dispatcher_{[this](core::StartTask start) { started_.push_back(start.task); }};
  Limiter limiter_{{.executor = time_,
                    .clock = time_,
                    .dispatcher = dispatcher_,
                    .store = &store_,
                    .partition_of = [](base::EntityId entity) { return base::PartitionId(entity.slot().value()); }}};
};

TEST_F(LimiterTest, NoMoreRunThanTheLimitSays) {
  Set({{"train", {{"train"}, 2, {}}}});
  Poll(10);
  for (int64_t event = 1; event <= 4; ++event) Offer(Task(event, event % 2));
  time_.Pass(milliseconds(100));
  ASSERT_THAT(started_, SizeIs(2));
  time_.Pass(milliseconds(10'000));
  ASSERT_THAT(started_, SizeIs(2));
  for (const TaskRef& task : TakeStarted()) limiter_.End(task);
  time_.Pass(milliseconds(100));
  EXPECT_THAT(started_, SizeIs(2));
}

TEST_F(LimiterTest, KeyHoldsForAllItsHandlersTogether) {
  Set({{"gpu", {{"train", "tune"}, 1, {}}}});
  Poll(10, "train");
  Poll(10, "tune");
  Offer(Task(1), "train");
  Offer(Task(2), "tune");
  time_.Pass(milliseconds(1'500));
  ASSERT_THAT(started_, SizeIs(1));
  limiter_.End(TakeStarted()[0]);
  time_.Pass(milliseconds(1'500));
  EXPECT_THAT(started_, SizeIs(1));
}

TEST_F(LimiterTest, WhatRunsAfterATakeOverCountsBeforeAnythingBegins) {
  Set({{"train", {{"train"}, 2, {}}}});
  limiter_.Drop(base::PartitionId(0));
  limiter_.Serve(base::PartitionId(0), base::Epoch(2));
  limiter_.Running(Task(1), "train");
  limiter_.Running(Task(2), "train");
  Poll(10);
  Offer(Task(3));
  EXPECT_THAT(started_, IsEmpty());
  time_.Pass(milliseconds(5'000));
  EXPECT_THAT(started_, IsEmpty());
  limiter_.End(Task(1));
  time_.Pass(milliseconds(100));
  EXPECT_THAT(started_, ElementsAre(Task(3)));
}

TEST_F(LimiterTest, WithoutTheStoreNothingMoreBegins) {
  Set({{"train", {{"train"}, 2, {}}}});
  Poll(10);
  Offer(Task(1));
  time_.Pass(milliseconds(100));
  ASSERT_THAT(TakeStarted(), SizeIs(1));
  store_.is_down = true;
  Offer(Task(2));
  time_.Pass(milliseconds(5'000));
  EXPECT_THAT(started_, IsEmpty());
  store_.is_down = false;
  time_.Pass(milliseconds(1'000));
  EXPECT_THAT(started_, ElementsAre(Task(2)));
}

TEST_F(LimiterTest, TaskThatNoPollTakesGivesItsPermitBack) {
  Set({{"gpu", {{"train", "tune"}, 1, {}}}});
  Poll(10, "tune");
  Offer(Task(1), "train");  // nobody serves it
  time_.Pass(milliseconds(100));
  Offer(Task(2), "tune");
  time_.Pass(milliseconds(3'000));
  EXPECT_THAT(started_, ElementsAre(Task(2)));
}

TEST_F(LimiterTest, RateHoldsOverTime) {
  Set({{"train", {{"train"}, {}, 10}}});
  Poll(1'000);
  for (int64_t event = 1; event <= 500; ++event) Offer(Task(event));
  time_.Pass(milliseconds(1'000));
  TakeStarted();
  time_.Pass(milliseconds(20'000));
  EXPECT_NEAR(static_cast<double>(started_.size()), 200, 10);
}

TEST_F(LimiterTest, LimitThatIsLoweredLetsNothingBeginBeforeEnoughHasEnded) {
  Set({{"train", {{"train"}, 3, {}}}});
  Poll(10);
  for (int64_t event = 1; event <= 6; ++event) Offer(Task(event));
  time_.Pass(milliseconds(100));
  const std::vector<TaskRef> running = TakeStarted();
  ASSERT_THAT(running, SizeIs(3));
  // As the engine does it: forgotten, and told again.
  limits_.at("train").concurrency = 1;
  limiter_.SetLimits(limits_);
  limiter_.Serve(base::PartitionId(0), base::Epoch(1));
  for (const TaskRef& task : running) limiter_.Running(task, "train");
  for (int64_t event = 4; event <= 6; ++event) Offer(Task(event));
  time_.Pass(milliseconds(0));  // it has asked, and ends before it is answered
  limiter_.End(running[0]);
  time_.Pass(milliseconds(1'000));
  limiter_.End(running[1]);
  time_.Pass(milliseconds(10'000));
  EXPECT_THAT(started_, IsEmpty());
  limiter_.End(running[2]);
  time_.Pass(milliseconds(1'000));
  EXPECT_THAT(started_, SizeIs(1));
}

TEST_F(LimiterTest, TaskOfARateThatNoPollTakesForAWhileBeginsWhenOneComes) {
  Set({{"train", {{"train"}, {}, 5}}});
  Offer(Task(1));
  time_.Pass(milliseconds(10'000));
  Poll(1);
  time_.Pass(milliseconds(500));
  EXPECT_THAT(started_, ElementsAre(Task(1)));
}

TEST_F(LimiterTest, TokensDoNotGatherWhileNobodyTakesATask) {
  for (const double rate : {0.5, 2.0, 10.0}) {
    const std::string handler = "train-" + std::to_string(rate);
    Set({{handler, {{handler}, {}, rate}}});
    for (int64_t event = 1; event <= 500; ++event) Offer(Task(event), handler);
    time_.Pass(milliseconds(60'000));
    Poll(1'000, handler);
    time_.Pass(milliseconds(10));
    EXPECT_LE(static_cast<double>(TakeStarted().size()), rate * 3 + 1);
    time_.Pass(milliseconds(10'000));
    EXPECT_GE(static_cast<double>(TakeStarted().size()), rate * 9);
  }
}

TEST_F(LimiterTest, WhatIsHeldGoesBackWhenNothingRuns) {
  Set({{"train", {{"train"}, 4, {}}}});
  Poll(10);
  Offer(Task(1));
  time_.Pass(milliseconds(100));
  limiter_.End(Task(1));
  time_.Pass(milliseconds(1'000));
  EXPECT_EQ(store_.rows["train"][base::PartitionId(0)].held, 0);
  const int requests = store_.requests;
  time_.Pass(milliseconds(60'000));
  EXPECT_EQ(store_.requests, requests) << "an idle limit costs nothing";
}

TEST_F(LimiterTest, PermitsGoRoundWhereOthersWait) {
  Set({{"train", {{"train"}, 1, {}}}});
  std::vector<PermitAnswer> ignored;
  Poll(10);
  Offer(Task(1));
  Offer(Task(2));
  Offer(Task(3));
  time_.Pass(milliseconds(100));
  ASSERT_THAT(started_, SizeIs(1));
  // Another node's partition waits.
  AllocatePermits(1, store_.Now(), {{"train", base::PartitionId(9), base::Epoch(1), 1, 0, 1}}, store_.rows["train"],
                  ignored);
  time_.Pass(milliseconds(600));
  AllocatePermits(1, store_.Now(), {{"train", base::PartitionId(9), base::Epoch(1), 2, 0, 1}}, store_.rows["train"],
                  ignored);
  limiter_.End(TakeStarted()[0]);
  time_.Pass(milliseconds(100));
  ASSERT_THAT(started_, SizeIs(1)) << "this partition has waited for longer, since its first task began";
  limiter_.End(TakeStarted()[0]);
  time_.Pass(milliseconds(100));
  EXPECT_THAT(started_, IsEmpty());
  AllocatePermits(1, store_.Now(), {{"train", base::PartitionId(9), base::Epoch(1), 3, 0, 1}}, store_.rows["train"],
                  ignored);
  EXPECT_EQ(ignored.back().held, 1);
}

}  // namespace
}  // namespace pawl::dispatch
