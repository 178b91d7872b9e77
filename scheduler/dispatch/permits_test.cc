#include "scheduler/dispatch/permits.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pawl::dispatch {
namespace {

using base::Epoch;
using base::PartitionId;
using std::chrono::milliseconds;

class PermitsTest : public testing::Test {
 protected:
  PermitAsk Ask(int32_t partition, int64_t used, int64_t wanted, int64_t epoch = 1) {
    return {"key", PartitionId(partition), Epoch(epoch), ++number_, used, wanted};
  }
  std::vector<PermitAnswer> Allocate(int64_t limit, const std::vector<PermitAsk>& asks) {
    std::vector<PermitAnswer> answers;
    is_contended_ = AllocatePermits(limit, now_, asks, rows_, answers);
    now_ += milliseconds(1);
    return answers;
  }
  int64_t Held() const {
    int64_t held = 0;
    for (const auto& [partition, row] : rows_) held += row.held;
    return held;
  }

  PermitRows rows_;
  milliseconds now_{1'000'000};
  int64_t number_ = 0;
  bool is_contended_ = false;
};

TEST_F(PermitsTest, GivesWhatIsFreeAndNoMore) {
  EXPECT_EQ(Allocate(3, {Ask(1, 0, 2)})[0].held, 2);
  EXPECT_EQ(Allocate(3, {Ask(2, 0, 2)})[0].held, 1);
  EXPECT_EQ(Allocate(3, {Ask(3, 0, 2)})[0].held, 0);
  EXPECT_EQ(Held(), 3);
}

TEST_F(PermitsTest, PartitionsThatAskTogetherShareWhatIsFree) {
  auto answers = Allocate(4, {Ask(1, 0, 100), Ask(2, 0, 100)});
  EXPECT_EQ(answers[0].held, 2);
  EXPECT_EQ(answers[1].held, 2);
}

TEST_F(PermitsTest, WhatRunsCountsEvenAboveTheLimit) {
  EXPECT_EQ(Allocate(2, {Ask(1, 5, 1)})[0].held, 5);
  EXPECT_EQ(Allocate(2, {Ask(1, 2, 1)})[0].held, 2);
  EXPECT_EQ(Allocate(2, {Ask(1, 1, 1)})[0].held, 2);
}

TEST_F(PermitsTest, WhoHasWaitedLongestIsNext) {
  Allocate(1, {Ask(1, 0, 1)});
  Allocate(1, {Ask(2, 0, 1)});
  Allocate(1, {Ask(3, 0, 1)});
  EXPECT_TRUE(is_contended_);
  // 1 is done and would like another one: it is kept for 2, which asks a moment later than 3.
  EXPECT_EQ(Allocate(1, {Ask(1, 0, 1)})[0].held, 0);
  EXPECT_EQ(Allocate(1, {Ask(3, 0, 1)})[0].held, 0);
  EXPECT_EQ(Allocate(1, {Ask(2, 0, 1)})[0].held, 1);
}

TEST_F(PermitsTest, WhoIsNotHeardOfIsPassedOver) {
  Allocate(1, {Ask(1, 0, 1)});
  Allocate(1, {Ask(2, 0, 1)});
  now_ += milliseconds(4'000);
  EXPECT_EQ(Allocate(1, {Ask(1, 0, 0)})[0].held, 0);
  EXPECT_EQ(Allocate(1, {Ask(3, 0, 1)})[0].held, 1);
  EXPECT_FALSE(is_contended_);
}

TEST_F(PermitsTest, AnOldOwnerChangesNothing) {
  Allocate(4, {Ask(1, 3, 0)});
  EXPECT_EQ(Allocate(4, {Ask(1, 3, 0, 2)})[0].held, 3);
  auto late = Allocate(4, {Ask(1, 0, 0, 1)});
  EXPECT_TRUE(late[0].is_refused);
  EXPECT_EQ(Held(), 3);
}

TEST_F(PermitsTest, ARequestThatComesLateChangesNothing) {
  PermitAsk first = Ask(1, 0, 0), second = Ask(1, 2, 0);
  EXPECT_EQ(Allocate(4, {second})[0].held, 2);
  EXPECT_TRUE(Allocate(4, {first})[0].is_refused);
  EXPECT_EQ(Held(), 2);
}

TEST(TokenBucket, FillsWithTimeUpToASecondsWorth) {
  TokenBucket bucket{1, milliseconds(0)};
  EXPECT_EQ(TakeTokens(10, milliseconds(0), {"key", 5, 0}, bucket), 1);
  EXPECT_EQ(TakeTokens(10, milliseconds(250), {"key", 5, 0}, bucket), 2);
  EXPECT_EQ(TakeTokens(10, milliseconds(60'000), {"key", 50, 0}, bucket), 10);
}

TEST(TokenBucket, HoldsOneAtARateBelowOne) {
  TokenBucket bucket{0, milliseconds(0)};
  EXPECT_EQ(TakeTokens(0.1, milliseconds(9'000), {"key", 1, 0}, bucket), 0);
  EXPECT_EQ(TakeTokens(0.1, milliseconds(10'100), {"key", 1, 0}, bucket), 1);
  EXPECT_EQ(TakeTokens(0.1, milliseconds(90'000), {"key", 5, 0}, bucket), 1);
}

TEST(TokenBucket, AClockThatStepsBackGivesNothing) {
  TokenBucket bucket{0, milliseconds(100'000)};
  EXPECT_EQ(TakeTokens(10, milliseconds(50'000), {"key", 5, 0}, bucket), 0);
  EXPECT_EQ(TakeTokens(10, milliseconds(100'000), {"key", 5, 0}, bucket), 0);
}

}  // namespace
}  // namespace pawl::dispatch
