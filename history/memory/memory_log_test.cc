#include "history/memory/memory_log.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "gtest/gtest.h"

namespace pawl::history {
namespace {

using Outcome = CallFate::Outcome;

// A clock and an executor in one: runs what is posted in order, moving time to the next timer when idle.
class World : public base::Executor, public base::Clock {
 public:
  void Post(Work work) override { PostAt(now_, std::move(work)); }
  TimerHandle PostAt(base::MonotonicTime due, Work work) override {
    work_.emplace(std::max(due, now_), std::move(work));
    return ++handle_;
  }
  void Cancel(TimerHandle) override {}
  base::WallTime WallNow() const override { return base::WallTime(); }
  base::MonotonicTime MonotonicNow() const override { return now_; }

  void Advance(std::chrono::milliseconds by) { now_ += by; }
  void Run() {
    while (!work_.empty()) {
      auto next = work_.begin();
      now_ = std::max(now_, next->first);
      Work work = std::move(next->second);
      work_.erase(next);
      work();
    }
  }

 private:
  base::MonotonicTime now_{std::chrono::seconds(1000)};
  std::multimap<base::MonotonicTime, Work> work_;
  TimerHandle handle_ = 0;
};

// Plays the queued fates for appends; everything else is answered at once.
class QueuedFates : public FaultPlan {
 public:
  CallFate Next(CallKind kind) override {
    if (kind != CallKind::kAppend || fates.empty()) return {};
    CallFate fate = fates.front();
    fates.pop_front();
    return fate;
  }
  std::deque<CallFate> fates;
};

class MemoryLogTest : public testing::Test {
 protected:
  std::vector<Claimed> Claim(MemoryLog& log, const std::string& node) {
    std::vector<Claimed> claimed;
    log.Claim({.node = node, .partitions = {base::PartitionId(3)}},
              [&](absl::StatusOr<std::vector<Claimed>> answer) { claimed = *answer; });
    world_.Run();
    return claimed;
  }
  AppendResult Append(MemoryLog& log, int64_t epoch, int64_t revision) {
    AppendResult result;
    log.Append(Batch(epoch, revision), [&](AppendResult answer) { result = std::move(answer); });
    world_.Run();
    return result;
  }
  static std::vector<PartitionBatch> Batch(int64_t epoch, int64_t revision) {
    PartitionBatch batch{.partition = base::PartitionId(3),
                         .epoch = base::Epoch(epoch),
                         .first_sequence = base::Sequence(revision),
                         .decisions = {{.entity = Entity(), .revision = revision, .bytes = "row"}}};
    return {std::move(batch)};
  }
  static base::EntityId Entity() { return base::EntityId::Make(1000, base::Slot(5), 7); }

  World world_;
  QueuedFates fates_;
  std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>(world_);
};

TEST_F(MemoryLogTest, RefusesAnOwnerWhoseEpochMoved) {
  MemoryLog log(store_, world_, world_);
  Claim(log, "a");
  EXPECT_TRUE(Append(log, 1, 1).refused.empty());
  store_->Usurp(base::PartitionId(3), "b");
  EXPECT_EQ(Append(log, 1, 2).refused, std::vector{base::PartitionId(3)});
  EXPECT_EQ(store_->log().size(), 1u);
}

TEST_F(MemoryLogTest, RefusesAnAppendThatWasUnderWayWhenAnotherClaimed) {
  MemoryLog a(store_, world_, world_, &fates_);
  MemoryLog b(store_, world_, world_);
  Claim(a, "a");
  fates_.fates.push_back({.delay = std::chrono::seconds(20)});
  std::optional<AppendResult> result;
  a.Append(Batch(1, 1), [&](AppendResult answer) { result = std::move(answer); });
  world_.Advance(std::chrono::seconds(6));
  std::vector<Claimed> claimed;
  b.Claim({.node = "b", .partitions = {base::PartitionId(3)}},
          [&](absl::StatusOr<std::vector<Claimed>> answer) { claimed = *answer; });
  world_.Run();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].epoch, base::Epoch(2));
  ASSERT_TRUE(result.has_value());
  EXPECT_EQ(result->refused.size(), 1u);
  EXPECT_TRUE(store_->log().empty());
}

TEST_F(MemoryLogTest, LosesWhatWasLostBeforeTheCommit) {
  MemoryLog log(store_, world_, world_, &fates_);
  Claim(log, "a");
  fates_.fates.push_back({.outcome = Outcome::kLostBefore});
  EXPECT_EQ(Append(log, 1, 1).code, AppendCode::kUnknown);
  EXPECT_TRUE(store_->log().empty());
}

TEST_F(MemoryLogTest, KeepsWhatWasLostAfterTheCommit) {
  MemoryLog log(store_, world_, world_, &fates_);
  Claim(log, "a");
  fates_.fates.push_back({.outcome = Outcome::kLostAfter});
  EXPECT_EQ(Append(log, 1, 1).code, AppendCode::kUnknown);
  EXPECT_EQ(store_->log().size(), 1u);
  std::vector<Claimed> again = Claim(log, "a");
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].next_sequence, base::Sequence(2));
}

TEST_F(MemoryLogTest, RefusesTheSameEpochAfterALossUntilClaimedAgain) {
  MemoryLog log(store_, world_, world_, &fates_);
  Claim(log, "a");
  fates_.fates.push_back({.outcome = Outcome::kLostBefore});
  Append(log, 1, 1);
  EXPECT_EQ(Append(log, 1, 1).refused.size(), 1u);
  Claim(log, "a");
  EXPECT_TRUE(Append(log, 2, 1).refused.empty());
}

TEST_F(MemoryLogTest, ALateCommitStandsOnlyUntilTheNextClaim) {
  for (bool claimed_meanwhile : {false, true}) {
    store_ = std::make_shared<MemoryStore>(world_);
    MemoryLog log(store_, world_, world_, &fates_);
    Claim(log, "a");
    fates_.fates.push_back({.outcome = Outcome::kLostMeanwhile, .delay = std::chrono::milliseconds(50)});
    AppendResult result;
    log.Append(Batch(1, 1), [&](AppendResult answer) {
      result = std::move(answer);
      if (claimed_meanwhile) log.Claim({.node = "a", .partitions = {base::PartitionId(3)}}, [](const auto&) {});
    });
    world_.Run();
    EXPECT_EQ(result.code, AppendCode::kUnknown);
    EXPECT_EQ(store_->log().size(), claimed_meanwhile ? 0u : 1u);
  }
}

TEST_F(MemoryLogTest, ADestroyedLogAnswersNobody) {
  bool answered = false;
  {
    MemoryLog log(store_, world_, world_);
    Claim(log, "a");
    log.Append(Batch(1, 1), [&](const AppendResult&) { answered = true; });
  }
  world_.Run();
  EXPECT_FALSE(answered);
  EXPECT_EQ(store_->log().size(), 1u);
}

TEST_F(MemoryLogTest, ACrashCloneHoldsWhatWasCommittedAndNoHolder) {
  MemoryLog log(store_, world_, world_);
  Claim(log, "a");
  Append(log, 1, 1);
  std::shared_ptr<MemoryStore> clone = store_->CrashClone();
  Append(log, 1, 2);
  EXPECT_EQ(clone->log().size(), 1u);
  MemoryLog after(clone, world_, world_);
  EXPECT_EQ(Append(after, 1, 2).refused.size(), 1u);
  EXPECT_EQ(Claim(after, "a").at(0).next_sequence, base::Sequence(2));
}

}  // namespace
}  // namespace pawl::history
