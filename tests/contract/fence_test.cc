// Who may write, when, and what a new owner finds (history/log/event_log.h, promises 1 to 4).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/log_driver.h"

namespace pawl::test {
namespace {

using namespace history;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

struct Memory {
  static std::unique_ptr<LogTarget> New() { return NewMemoryTarget(); }
};
struct Postgres {
  static std::unique_ptr<LogTarget> New() { return NewPostgresTarget(); }
};

template <typename Target>
class EventLogFence : public testing::Test {
 protected:
  std::unique_ptr<LogTarget> target_ = Target::New();
  Driver a_{*target_};
  Driver b_{*target_};
};
using Targets = testing::Types<Memory, Postgres>;
TYPED_TEST_SUITE(EventLogFence, Targets);

TYPED_TEST(EventLogFence, AClaimRaisesTheEpochAndGoesOnWithTheSequence) {
  std::vector<Claimed> claimed = this->a_.Claim("a", {0, 3});
  ASSERT_EQ(claimed.size(), 2u);
  EXPECT_EQ(claimed[1].partition, Partition(3));
  EXPECT_EQ(claimed[1].epoch, base::Epoch(1));
  EXPECT_EQ(claimed[1].next_sequence, base::Sequence(1));
  this->a_.Append({Batch(3, 1, 1).Open(1).Row(1, 1).Row(1, 2)});
  claimed = this->a_.Claim("a", {3});
  EXPECT_EQ(claimed.at(0).epoch, base::Epoch(2));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(3));
}

TYPED_TEST(EventLogFence, NobodyClaimsWhatAnotherHolds) {
  this->a_.Claim("a", {0, 1});
  std::vector<Claimed> claimed = this->b_.TryClaim("b", {0, 1, 2}).value();
  ASSERT_EQ(claimed.size(), 1u);
  EXPECT_EQ(claimed[0].partition, Partition(2));
}

TYPED_TEST(EventLogFence, WithoutAClaimEverythingIsRefused) {
  AppendResult result = this->a_.Append({Batch(0, 0, 1).Open(1).Row(1, 1)});
  EXPECT_EQ(result.code, AppendCode::kCommitted);
  EXPECT_THAT(result.refused, ElementsAre(Partition(0)));
  this->a_.Claim("a", {0});
  EXPECT_THAT(this->a_.Append({Batch(0, 0, 1).Open(1).Row(1, 1)}).refused, ElementsAre(Partition(0)));
  EXPECT_THAT(this->a_.Read(Entity(0, 1)), IsEmpty());
}

TYPED_TEST(EventLogFence, ExactlyTheLostPartitionsAreRefused) {
  this->a_.Claim("a", {0, 1, 2}, milliseconds(1));
  this->target_->Pass(milliseconds(20));
  this->b_.Claim("b", {1});
  AppendResult result = this->a_.Append(
      {Batch(0, 1, 1).Open(10).Row(10, 1), Batch(1, 1, 1).Open(11).Row(11, 1), Batch(2, 1, 1).Open(12).Row(12, 1)});
  EXPECT_EQ(result.code, AppendCode::kCommitted) << result.error;
  EXPECT_THAT(result.refused, ElementsAre(Partition(1)));
  EXPECT_EQ(this->b_.Read(Entity(0, 10)).size(), 1u);
  EXPECT_THAT(this->b_.Read(Entity(1, 11)), IsEmpty());
  EXPECT_EQ(this->b_.Read(Entity(2, 12)).size(), 1u);
  EXPECT_FALSE(this->b_.Find({Key(11)}).at(0).has_value());
  // The others go on; the new owner has its own.
  EXPECT_THAT(this->a_.Append({Batch(0, 1, 2).Row(10, 2)}).refused, IsEmpty());
  EXPECT_THAT(this->b_.Append({Batch(1, 2, 1).Open(11).Row(11, 1)}).refused, IsEmpty());
}

TYPED_TEST(EventLogFence, SequencesHaveNoGapsAcrossOwners) {
  this->a_.Claim("a", {0, 1}, milliseconds(1));
  this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1), Batch(1, 1, 1).Open(2).Row(2, 1)});
  this->a_.Append({Batch(0, 1, 2).Row(1, 2).Row(1, 3)});
  this->target_->Pass(milliseconds(20));
  std::vector<Claimed> claimed = this->b_.Claim("b", {0}, milliseconds(1));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(4));
  this->b_.Append({Batch(0, 2, 4).Row(1, 4)});
  this->b_.Renew("b", milliseconds(1));
  this->b_.Append({Batch(0, 2, 5).Row(1, 5)});
  this->target_->Pass(milliseconds(20));
  claimed = this->a_.Claim("a", {0});
  EXPECT_EQ(claimed.at(0).epoch, base::Epoch(3));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(6));
  this->a_.Append({Batch(0, 3, 6).Row(1, 6), Batch(1, 1, 2).Row(2, 2)});
  EXPECT_EQ(this->a_.Read(Entity(0, 1)).size(), 6u);
  EXPECT_EQ(this->b_.Recover(0).at(0).decisions.size(), 6u);
}

TYPED_TEST(EventLogFence, ARenewedLeaseIsKeptAndALostOneIsTold) {
  this->a_.Claim("a", {0, 1}, milliseconds(1));
  EXPECT_THAT(this->a_.Renew("a", std::chrono::seconds(30)), ElementsAre(0, 1));
  this->target_->Pass(milliseconds(20));
  EXPECT_THAT(this->b_.TryClaim("b", {0}).value(), IsEmpty());
  this->a_.Renew("a", milliseconds(1));
  this->target_->Pass(milliseconds(20));
  this->b_.Claim("b", {0});
  EXPECT_THAT(this->a_.Renew("a"), ElementsAre(1));
  EXPECT_THAT(this->b_.Renew("b"), ElementsAre(0));
}

TYPED_TEST(EventLogFence, AReleasedPartitionIsFreeAtOnce) {
  this->a_.Claim("a", {0, 1});
  this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  this->a_.Release("a", {0});
  std::vector<Claimed> claimed = this->b_.Claim("b", {0});
  EXPECT_EQ(claimed.at(0).epoch, base::Epoch(2));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(2));
  EXPECT_THAT(this->a_.Append({Batch(0, 1, 2).Row(1, 2), Batch(1, 1, 1).Open(2).Row(2, 1)}).refused,
              ElementsAre(Partition(0)));
}

TYPED_TEST(EventLogFence, OwnersAreListedWithTheirLeases) {
  this->a_.Claim("a", {0});
  this->a_.Claim("a", {1}, milliseconds(1));
  this->target_->Pass(milliseconds(20));
  std::vector<PartitionOwner> owners = this->b_.Owners();
  ASSERT_GE(owners.size(), 2u);
  EXPECT_EQ(owners[0].node, "a");
  EXPECT_EQ(owners[0].epoch, base::Epoch(1));
  EXPECT_FALSE(owners[0].expired);
  EXPECT_TRUE(owners[1].expired);
  for (size_t p = 2; p < owners.size(); ++p) EXPECT_TRUE(owners[p].expired);
}

TYPED_TEST(EventLogFence, AnAppendLostBeforeItsCommitLeavesNothing) {
  this->a_.Claim("a", {0});
  this->target_->LoseNextAppend(false);
  if (this->IsSkipped()) return;
  AppendResult result = this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  EXPECT_EQ(result.code, AppendCode::kUnknown);
  EXPECT_FALSE(result.error.empty());
  std::vector<Claimed> claimed = this->a_.Claim("a", {0});
  EXPECT_EQ(claimed.at(0).epoch, base::Epoch(2));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(1));
  EXPECT_THAT(this->a_.Recover(0), IsEmpty());
  EXPECT_THAT(this->a_.Append({Batch(0, 2, 1).Open(1).Row(1, 1)}).refused, IsEmpty());
}

TYPED_TEST(EventLogFence, AnAppendLostAfterItsCommitIsFoundAgain) {
  this->a_.Claim("a", {0});
  // The first of its kind prepares the statement, so it takes more than one message.
  this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  this->target_->LoseNextAppend(true);
  if (this->IsSkipped()) return;
  EXPECT_EQ(this->a_.Append({Batch(0, 1, 2).Open(3).Row(3, 1)}).code, AppendCode::kUnknown);
  std::vector<Claimed> claimed = this->a_.Claim("a", {0});
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(3));
  ASSERT_EQ(this->a_.Recover(0).size(), 2u);
  EXPECT_EQ(this->a_.Recover(0)[1].decisions.size(), 1u);
}

TYPED_TEST(EventLogFence, AfterALossTheOldEpochIsRefusedUntilClaimedAgain) {
  this->a_.Claim("a", {0, 1});
  this->target_->LoseNextAppend(false);
  if (this->IsSkipped()) return;
  this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  EXPECT_THAT(this->a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1), Batch(1, 1, 1).Open(2).Row(2, 1)}).refused,
              ElementsAre(Partition(0), Partition(1)));
  this->a_.Claim("a", {0, 1});
  EXPECT_THAT(this->a_.Append({Batch(0, 2, 1).Open(1).Row(1, 1)}).refused, IsEmpty());
}

}  // namespace
}  // namespace pawl::test
