// Raising the number of partitions on a real PostgreSQL: whose turn is over, what the new partitions begin with, and
// what is refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pqxx/pqxx>

#include "history/postgres/splitter.h"
#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int kAfter = 2 * kPartitions;

// Sessions of nodes that know the new number.
class AfterSplit : public LogTarget {
 public:
  explicit AfterSplit(PostgresTarget& before) : before_(before) {}
  std::unique_ptr<EventLog> NewSession() override {
    PostgresLogOptions options;
    options.partition_count = kAfter;
    return std::make_unique<PostgresLog>(before_.conninfo(), options, before_.executor());
  }
  void RunUntil(const std::function<bool()>& done) override { before_.RunUntil(done); }
  void Pass(std::chrono::milliseconds time) override { before_.Pass(time); }
  void LoseNextAppend(bool after_commit) override { before_.LoseNextAppend(after_commit); }

 private:
  PostgresTarget& before_;
};

int NewPartitionOf(int p, int n) { return PartitionOfSlot(Entity(p, n).slot(), kAfter).value(); }

TEST(Split, OldOwnersAreFencedAndNewOnesFindEverything) {
  PostgresTarget target;
  Driver old(target);
  const Claimed first = old.Claim("a", {1, 2})[0];
  ASSERT_EQ(first.partition, Partition(1));
  ASSERT_THAT(old.Append({Batch(1, first.epoch.value(), 1).Open(1).Row(1, 1).Row(1, 2).Open(2).Row(2, 1)}).refused,
              IsEmpty());

  absl::StatusOr<SplitReport> report = SplitPartitions({target.conninfo()}, kAfter);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->before, kPartitions);
  EXPECT_EQ(report->decisions, 3);
  EXPECT_EQ(target.Number("select partition_count from pawl.cluster"), kAfter);
  EXPECT_EQ(target.Number("select count(*) from pawl.partitions where here and node = ''"), kAfter);
  EXPECT_EQ(target.Number("select count(*) from pawl.partitions where epoch <= " + std::to_string(first.epoch.value())),
            0);

  EXPECT_THAT(old.Append({Batch(1, first.epoch.value(), 4).Row(1, 3)}).refused, SizeIs(1));
  EXPECT_THAT(old.Renew("a"), IsEmpty());
  absl::StatusOr<std::vector<Claimed>> again = old.TryClaim("a", {0, 1, 2, 3});
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(*again, IsEmpty()) << "partition 1 of 4 is not partition 1 of 8";

  AfterSplit after(target);
  Driver next(after);
  std::vector<int> all;
  for (int p = 0; p < kAfter; ++p) all.push_back(p);
  const std::vector<Claimed> claimed = next.Claim("b", all);
  ASSERT_THAT(claimed, SizeIs(kAfter));
  const int home = NewPartitionOf(1, 1);
  ASSERT_EQ(NewPartitionOf(1, 2), home);
  size_t open = 0;
  for (const Claimed& one : claimed) {
    const int p = one.partition.value();
    EXPECT_EQ(one.next_sequence, base::Sequence(p == home ? 4 : 1)) << p;
    for (const StoredEntity& stored : next.Recover(p)) {
      EXPECT_EQ(p, home);
      EXPECT_EQ(stored.decisions.size(), stored.entity == Entity(1, 1) ? 2u : 1u);
      ++open;
    }
  }
  EXPECT_EQ(open, 2u);
  PartitionBatch more = Batch(1, claimed[static_cast<size_t>(home)].epoch.value(), 4).Row(1, 3);
  more.partition = Partition(home);
  EXPECT_THAT(next.Append({more}).refused, IsEmpty());
  EXPECT_THAT(next.Read(Entity(1, 1)), SizeIs(3));
}

TEST(Split, RefusesWhatIsNoSplit) {
  PostgresTarget target;
  for (int count : {kPartitions / 2, kPartitions + 1, kPartitions * 3 / 2, 1 << 15}) {
    EXPECT_EQ(SplitPartitions({target.conninfo()}, count).status().code(), absl::StatusCode::kInvalidArgument) << count;
  }
  EXPECT_TRUE(SplitPartitions({target.conninfo()}, kPartitions).ok()) << "there is nothing to do";
  pqxx::connection connection(target.conninfo());
  pqxx::nontransaction write(connection);
  write.exec("update pawl.partitions set next_sequence = 5 where partition = 2");
  absl::Status gap = SplitPartitions({target.conninfo()}, kAfter).status();
  EXPECT_EQ(gap.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(gap.message()), HasSubstr("partition 2"));
  EXPECT_EQ(target.Number("select count(*) from pawl.partitions"), kPartitions);
  write.exec(
      "update pawl.partitions set next_sequence = 1; update pawl.partitions set moving_to = gen_random_uuid() "
      "where partition = 3");
  EXPECT_EQ(SplitPartitions({target.conninfo()}, kAfter).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(Split, PermitsOfALimitGoToEachPartUntilItsOwnerCounts) {
  PostgresTarget target;
  pqxx::connection connection(target.conninfo());
  pqxx::nontransaction write(connection);
  write.exec("insert into pawl.limits (key, handlers, concurrency) values ('train', '{train}', 4)");
  write.exec("insert into pawl.permits values ('train', 3, 7, 9, 2, 5, now(), now())");
  ASSERT_TRUE(SplitPartitions({target.conninfo()}, kAfter).ok());
  EXPECT_EQ(target.Number("select count(*) from pawl.permits where partition in (6, 7) and held = 2 and epoch = 0"), 2);
  EXPECT_EQ(target.Number("select count(*) from pawl.permits"), 2);
}

}  // namespace
}  // namespace pawl::test
