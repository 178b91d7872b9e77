// What only a database can do wrong: backends that die in the middle of an append, claims that meet one, a server that
// goes away and comes back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;
using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::IsEmpty;

class PostgresTrouble : public testing::Test {
 protected:
  // Holds up, in the middle of its statement, the append that opens execution 1: another transaction has its name and
  // has not ended.
  std::unique_ptr<pg::AppendConnection> BlockAppend() {
    std::unique_ptr<pg::AppendConnection> blocker = target_.Connect();
    pg::Array key(pg::Type::kUuidArray);
    key.AddUuid(Key(1));
    EXPECT_TRUE(blocker->Execute("begin").ok());
    EXPECT_TRUE(blocker
                    ->Run("block",
                          "insert into pawl.executions (name_key, entity, input_digest, started_at, machine, name) "
                          "select k, k, k, 0, 0, '' from unnest($1) k",
                          {std::move(key).Take()})
                    .ok());
    return blocker;
  }
  void AwaitBlocked() {
    for (int i = 0; i < 200; ++i) {
      if (target_.Number("select count(*) from pg_locks where not granted") > 0) return;
      target_.Pass(milliseconds(10));
    }
    ADD_FAILURE() << "no append is held up";
  }
  void BeginAppend(std::vector<PartitionBatch> batches) {
    a_.log().Append(std::move(batches), [this](AppendResult result) { appended_ = std::move(result); });
  }

  PostgresTarget target_;
  Driver a_{target_};
  Driver b_{target_};
  std::optional<AppendResult> appended_;
};

TEST_F(PostgresTrouble, ABackendKilledInTheMiddleOfAnAppendLeavesNothing) {
  a_.Claim("a", {0});
  auto blocker = BlockAppend();
  BeginAppend({Batch(0, 1, 1).Open(1).Row(1, 1)});
  AwaitBlocked();
  EXPECT_EQ(target_.Number("select count(pg_terminate_backend(backend_pid)) from pawl.writers"), 1);
  EXPECT_EQ(a_.Wait(appended_).code, AppendCode::kUnknown);
  ASSERT_TRUE(blocker->Execute("rollback").ok());
  EXPECT_EQ(a_.Claim("a", {0}).at(0).next_sequence, base::Sequence(1));
  EXPECT_THAT(a_.Read(Entity(0, 1)), IsEmpty());
  EXPECT_THAT(a_.Append({Batch(0, 2, 1).Open(1).Row(1, 1)}).refused, IsEmpty());
}

TEST_F(PostgresTrouble, AClaimWaitsForAnAppendUnderWayAndCountsIt) {
  a_.Claim("a", {0}, milliseconds(1));
  auto blocker = BlockAppend();
  BeginAppend({Batch(0, 1, 1).Open(1).Row(1, 1).Row(1, 2)});
  AwaitBlocked();
  std::optional<absl::StatusOr<std::vector<Claimed>>> claimed;
  b_.log().Claim({"b", {Partition(0)}, milliseconds(30000)}, [&](auto answer) { claimed = std::move(answer); });
  target_.Pass(milliseconds(100));
  EXPECT_FALSE(claimed.has_value());
  ASSERT_TRUE(blocker->Execute("rollback").ok());
  EXPECT_EQ(a_.Wait(appended_).code, AppendCode::kCommitted);
  absl::StatusOr<std::vector<Claimed>> answer = b_.Wait(claimed);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->at(0).next_sequence, base::Sequence(3));
  EXPECT_EQ(b_.Recover(0).at(0).decisions.size(), 2u);
  EXPECT_EQ(a_.Append({Batch(0, 1, 3).Row(1, 3)}).refused.size(), 1u);
}

TEST_F(PostgresTrouble, AClaimEndsAnAppendThatDoesNotFinish) {
  a_.Claim("a", {0, 1}, milliseconds(1));
  auto blocker = BlockAppend();
  BeginAppend({Batch(0, 1, 1).Open(1).Row(1, 1)});
  AwaitBlocked();
  std::vector<Claimed> claimed = b_.Claim("b", {0});
  EXPECT_EQ(claimed.at(0).epoch, base::Epoch(2));
  EXPECT_EQ(claimed.at(0).next_sequence, base::Sequence(1));
  ASSERT_TRUE(blocker->Execute("rollback").ok());
  EXPECT_EQ(a_.Wait(appended_).code, AppendCode::kUnknown);
  EXPECT_THAT(b_.Read(Entity(0, 1)), IsEmpty());
  EXPECT_THAT(b_.Append({Batch(0, 2, 1).Open(1).Row(1, 1)}).refused, IsEmpty());
}

TEST_F(PostgresTrouble, AnAppendThatMetAClaimBeforeItsCommitIsRefused) {
  // Given a claim that has raised `taken` but not committed.
  a_.Claim("a", {0}, milliseconds(1));
  auto claimer = target_.Connect();
  ASSERT_TRUE(claimer
                  ->Execute("begin; update pawl.writers set taken = taken + 1; "
                            "update pawl.partitions set epoch = epoch + 1, writer = null, node = ''")
                  .ok());
  // When the old owner appends, its statement begins before the claim commits.
  BeginAppend({Batch(0, 1, 1).Open(1).Row(1, 1)});
  AwaitBlocked();
  ASSERT_TRUE(claimer->Execute("commit").ok());
  // Then it sees the claim all the same.
  AppendResult result = a_.Wait(appended_);
  EXPECT_EQ(result.code, AppendCode::kCommitted);
  EXPECT_EQ(result.refused.size(), 1u);
  EXPECT_THAT(a_.Read(Entity(0, 1)), IsEmpty());
}

TEST_F(PostgresTrouble, AnAppendThatTheServerRefusesIsUnknownAndLeavesNothing) {
  a_.Claim("a", {0, 1});
  a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  // A name that is there already: no caller does this, but no row of the batch may stand.
  AppendResult result = a_.Append({Batch(0, 1, 2).Row(1, 2), Batch(1, 1, 1).Open(1).Row(1, 1)});
  EXPECT_EQ(result.code, AppendCode::kUnknown);
  EXPECT_THAT(result.error, HasSubstr("executions_name"));
  EXPECT_EQ(a_.Claim("a", {0}).at(0).next_sequence, base::Sequence(2));
  EXPECT_EQ(a_.Read(Entity(0, 1)).size(), 1u);
}

TEST_F(PostgresTrouble, OnlyOneOfManyThatClaimTogetherGetsAPartition) {
  std::vector<std::unique_ptr<Driver>> drivers;
  std::vector<std::optional<absl::StatusOr<std::vector<Claimed>>>> answers(5);
  for (size_t i = 0; i < 5; ++i) {
    drivers.push_back(std::make_unique<Driver>(target_));
    drivers[i]->log().Claim(
        {"node" + std::to_string(i), {Partition(0), Partition(1), Partition(2), Partition(3)}, milliseconds(30000)},
        [&, i](auto claimed) { answers[i] = std::move(claimed); });
  }
  target_.RunUntil(
      [&] { return std::all_of(answers.begin(), answers.end(), [](const auto& a) { return a.has_value(); }); });
  size_t claimed = 0;
  for (const auto& answer : answers) {
    ASSERT_TRUE(answer->ok()) << answer->status();
    claimed += (*answer)->size();
  }
  EXPECT_EQ(claimed, 4u);
}

TEST_F(PostgresTrouble, MarksDoNotPileUp) {
  a_.Claim("a", {0});
  a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  for (int64_t revision = 2; revision < 20; ++revision) a_.Append({Batch(0, 1, revision).Row(1, revision)});
  EXPECT_EQ(target_.Number("select count(*) from pawl.marks"), 19);
  a_.Renew("a");
  EXPECT_EQ(target_.Number("select count(*) from pawl.marks"), 0);
  EXPECT_EQ(target_.Number("select next_sequence from pawl.partitions where partition = 0"), 20);
}

TEST_F(PostgresTrouble, RowsGoToTheirMonthAndClosedExecutionsAreIndexedInPlace) {
  a_.Claim("a", {0});
  a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  a_.Append({Batch(0, 1, 2).Row(1, 2).Close(1)});
  EXPECT_EQ(target_.Number("select count(*) from pawl.open_executions"), 0);
  EXPECT_EQ(target_.Number("select count(*) from pawl.executions where status = 1 and stopped_at is not null"), 1);
}

TEST_F(PostgresTrouble, AServerThatGoesAwayAndComesBackCostsNothingThatWasCommitted) {
  if (!PostgresServer::Instance().is_own()) GTEST_SKIP() << "the server is not this test's own";
  a_.Claim("a", {0});
  a_.Append({Batch(0, 1, 1).Open(1).Row(1, 1)});
  a_.Read(Entity(0, 1));

  PostgresServer::Instance().Stop();
  EXPECT_EQ(a_.Append({Batch(0, 1, 2).Row(1, 2)}).code, AppendCode::kUnknown);
  EXPECT_EQ(a_.TryClaim("a", {0}).status().code(), absl::StatusCode::kUnavailable);
  std::optional<absl::StatusOr<std::vector<DecisionRow>>> read;
  a_.log().ReadDecisions(Entity(0, 1), 1, 10, [&](auto rows) { read = std::move(rows); });
  EXPECT_EQ(a_.Wait(read).status().code(), absl::StatusCode::kUnavailable);

  PostgresServer::Instance().Start();
  EXPECT_EQ(a_.Claim("a", {0}).at(0).next_sequence, base::Sequence(2));
  for (int i = 0; i < 100; ++i) {
    read.reset();
    a_.log().ReadDecisions(Entity(0, 1), 1, 10, [&](auto rows) { read = std::move(rows); });
    if (a_.Wait(read).ok()) break;
    target_.Pass(milliseconds(100));
  }
  EXPECT_EQ(a_.Read(Entity(0, 1)).size(), 1u);
  EXPECT_THAT(a_.Append({Batch(0, 2, 2).Row(1, 2)}).refused, IsEmpty());
}

TEST_F(PostgresTrouble, ALogIsDestroyedSoonWhateverItWaitsFor) {
  a_.Claim("a", {0});
  auto blocker = BlockAppend();
  auto c = std::make_unique<Driver>(target_);
  c->Claim("c", {1});
  c->log().Append({Batch(1, 1, 1).Open(1).Row(1, 1)}, [](const AppendResult&) { FAIL() << "nobody is told"; });
  AwaitBlocked();
  auto begin = std::chrono::steady_clock::now();
  c.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
  target_.Pass(milliseconds(50));
}

}  // namespace
}  // namespace pawl::test
