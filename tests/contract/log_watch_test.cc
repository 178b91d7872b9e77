// A database that steps back behind what a session was told is committed, as after the promotion of a replica that
// lagged: made here by SQL.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "history/postgres/losses.h"
#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class LogWatch : public testing::Test {
 protected:
  void SetUp() override {
    a_.Claim("a", {0, 1}, milliseconds(1));
    ASSERT_THAT(a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Row(1, 2).Row(1, 3)}).refused, IsEmpty());
  }

  // Partition 0 has its first decision only.
  void StepBack() {
    ASSERT_TRUE(target_.Connect()
                    ->Execute("delete from pawl.marks; delete from pawl.log where revision > 1; "
                              "update pawl.partitions set next_sequence = 2 where partition = 0")
                    .ok());
  }
  // The node's session ends, and it claims these anew: which it gets.
  std::vector<int> ReconnectAndClaim(Driver& driver, const std::string& node, std::vector<int> partitions) {
    target_.Number("select count(pg_terminate_backend(backend_pid)) from pawl.writers where node = '" + node + "'");
    for (int i = 0; i < 100; ++i) {
      auto claimed = driver.TryClaim(node, partitions);
      if (!claimed.ok()) {
        target_.Pass(milliseconds(50));
        continue;
      }
      std::vector<int> got;
      for (const Claimed& one : *claimed) got.push_back(one.partition.value());
      return got;
    }
    ADD_FAILURE() << "the session does not connect again";
    return {};
  }
  std::vector<Loss> Losses() {
    auto losses = ReadLosses(target_.conninfo());
    EXPECT_TRUE(losses.ok()) << losses.status();
    return losses.ok() ? *losses : std::vector<Loss>();
  }

  const Loss kLoss{Partition(0), base::Sequence(2), base::Sequence(3), "a"};
  PostgresTarget target_;
  Driver a_{target_};
  Driver b_{target_};
};

TEST_F(LogWatch, SaysNothingWhereAllIsThere) {
  EXPECT_THAT(ReconnectAndClaim(a_, "a", {0, 1}), ElementsAre(0, 1));
  EXPECT_THAT(Losses(), IsEmpty());
}

TEST_F(LogWatch, NobodyClaimsAPartitionThatLacksDecisionsBeforeTheLossIsAccepted) {
  StepBack();
  EXPECT_THAT(ReconnectAndClaim(a_, "a", {0, 1}), ElementsAre(1));
  EXPECT_THAT(Losses(), ElementsAre(kLoss));
  EXPECT_THAT(*b_.TryClaim("b", {0}), IsEmpty());
  EXPECT_THAT(*AcceptLosses(target_.conninfo(), {{Partition(0), base::Sequence(2), base::Sequence(9), "a"}}), 0)
      << "that is not what was shown";
  EXPECT_THAT(*AcceptLosses(target_.conninfo(), {kLoss}), 1);
  EXPECT_EQ(a_.Claim("a", {0}).at(0).next_sequence, base::Sequence(2));
  EXPECT_THAT(Losses(), IsEmpty());
}

TEST_F(LogWatch, WhoeverWentOnWithTheShorterLogIsStopped) {
  StepBack();
  target_.Pass(milliseconds(5));
  ASSERT_EQ(b_.Claim("b", {0}).at(0).epoch, base::Epoch(2));
  ASSERT_THAT(b_.Append({Batch(0, 2, 2).Row(1, 2).Row(1, 3).Row(1, 4).Row(1, 5)}).refused, IsEmpty());
  EXPECT_THAT(Losses(), IsEmpty()) << "b cannot know";
  EXPECT_THAT(ReconnectAndClaim(a_, "a", {1}), ElementsAre(1));
  EXPECT_THAT(Losses(), ElementsAre(kLoss));
  EXPECT_THAT(b_.Append({Batch(0, 2, 6).Row(1, 6)}).refused, ElementsAre(Partition(0)));
  ASSERT_THAT(*AcceptLosses(target_.conninfo(), {kLoss}), 1);
  EXPECT_EQ(b_.Claim("b", {0}).at(0).next_sequence, base::Sequence(6)) << "what b had committed since stays";
}

TEST_F(LogWatch, ALossThatWasAcceptedIsNotToldAgain) {
  StepBack();
  ReconnectAndClaim(a_, "a", {1});
  ASSERT_THAT(*AcceptLosses(target_.conninfo(), Losses()), 1);
  ASSERT_EQ(b_.Claim("b", {0}, milliseconds(1)).at(0).next_sequence, base::Sequence(2));
  target_.Pass(milliseconds(5));
  EXPECT_THAT(ReconnectAndClaim(a_, "a", {0, 1}), ElementsAre(0, 1));
  EXPECT_THAT(Losses(), IsEmpty());
}

}  // namespace
}  // namespace pawl::test
