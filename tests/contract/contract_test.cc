// What every EventLog promises about what it keeps (history/log/event_log.h); fence_test.cc has who may write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/contract/log_driver.h"

namespace pawl::test {
namespace {

using namespace history;
using testing::IsEmpty;

struct Memory {
  static std::unique_ptr<LogTarget> New() { return NewMemoryTarget(); }
};
struct Postgres {
  static std::unique_ptr<LogTarget> New() { return NewPostgresTarget(); }
};

template <typename Target>
class EventLogContract : public testing::Test {
 protected:
  std::unique_ptr<LogTarget> target_ = Target::New();
  Driver log_{*target_};
};
using Targets = testing::Types<Memory, Postgres>;
TYPED_TEST_SUITE(EventLogContract, Targets);

void ExpectCommitted(const AppendResult& result) {
  EXPECT_EQ(result.code, AppendCode::kCommitted) << result.error;
  EXPECT_THAT(result.refused, IsEmpty());
}

TYPED_TEST(EventLogContract, WhatWasAppendedIsRead) {
  this->log_.Claim("a", {0});
  std::string bytes("\0\1\xff'\\", 5);
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1, bytes)}));
  std::vector<DecisionRow> rows = this->log_.Read(Entity(0, 1));
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].entity, Entity(0, 1));
  EXPECT_EQ(rows[0].revision, 1);
  EXPECT_EQ(rows[0].first_event, base::EventId(3));
  EXPECT_EQ(rows[0].bytes, bytes);
}

TYPED_TEST(EventLogContract, LargeRowsAreRead) {
  this->log_.Claim("a", {0});
  std::string large(3'000'000, 'x');
  for (size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i * 31 >> 5);
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1, large)}));
  EXPECT_EQ(this->log_.Read(Entity(0, 1)).at(0).bytes, large);
}

TYPED_TEST(EventLogContract, ManyRowsAreReadByPagesOfAnySize) {
  this->log_.Claim("a", {0});
  Batch batch(0, 1, 1);
  batch.Open(1);
  for (int64_t revision = 1; revision <= 700; ++revision) batch.Row(1, revision);
  ExpectCommitted(this->log_.Append({batch}));
  for (int limit : {1, 100, 255, 256, 257, 1000}) {
    int64_t next = 1;
    while (true) {
      std::vector<DecisionRow> rows = this->log_.Read(Entity(0, 1), next, limit);
      ASSERT_LE(rows.size(), static_cast<size_t>(limit));
      if (rows.empty()) break;
      for (const DecisionRow& row : rows) {
        ASSERT_EQ(row.revision, next);
        ASSERT_EQ(row.bytes, RowBytes(1, next));
        ++next;
      }
      if (limit == 1 && next > 5) next = 701;
    }
    EXPECT_EQ(next, 701);
  }
  EXPECT_THAT(this->log_.Read(Entity(0, 2)), IsEmpty());
}

TYPED_TEST(EventLogContract, RecoveryFindsTheOpenExecutionsWithAllTheirRows) {
  this->log_.Claim("a", {0, 1});
  ExpectCommitted(
      this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Open(2).Row(2, 1), Batch(1, 1, 1).Open(3).Row(3, 1)}));
  ExpectCommitted(this->log_.Append({Batch(0, 1, 3).Row(1, 2).Row(2, 2).Close(2)}));
  std::vector<StoredEntity> open = this->log_.Recover(0);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].entity, Entity(0, 1));
  EXPECT_FALSE(open[0].snapshot.has_value());
  ASSERT_EQ(open[0].decisions.size(), 2u);
  EXPECT_EQ(open[0].decisions[1].revision, 2);
  EXPECT_EQ(open[0].decisions[1].bytes, RowBytes(1, 2));
  EXPECT_EQ(this->log_.Recover(1).size(), 1u);
  EXPECT_THAT(this->log_.Recover(2), IsEmpty());
}

TYPED_TEST(EventLogContract, RecoveryBeginsAtTheLatestSnapshot) {
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Row(1, 2).Snapshot(1, 2, "first")}));
  ExpectCommitted(this->log_.Append({Batch(0, 1, 3).Row(1, 3).Row(1, 4)}));
  ExpectCommitted(this->log_.Append({Batch(0, 1, 5).Snapshot(1, 3, std::string("sec\0nd", 6))}));
  std::vector<StoredEntity> open = this->log_.Recover(0);
  ASSERT_EQ(open.size(), 1u);
  ASSERT_TRUE(open[0].snapshot.has_value());
  EXPECT_EQ(open[0].snapshot->revision, 3);
  EXPECT_EQ(open[0].snapshot->bytes, std::string("sec\0nd", 6));
  ASSERT_EQ(open[0].decisions.size(), 1u);
  EXPECT_EQ(open[0].decisions[0].revision, 4);
}

TYPED_TEST(EventLogContract, RecoveryLeavesParkedExecutionsInTheLog) {
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Park(1, 500).Open(2).Row(2, 1)}));
  ExpectCommitted(
      this->log_.Append({Batch(0, 1, 3).Row(2, 2).Park(2, std::nullopt).Park(2, 700).Snapshot(2, 2, "two")}));
  std::vector<StoredEntity> open = this->log_.Recover(0);
  ASSERT_EQ(open.size(), 2u);
  for (int n : {1, 2}) {
    const StoredEntity& one = open[static_cast<size_t>(n - 1)];
    ASSERT_TRUE(one.parked.has_value());
    EXPECT_EQ(one.parked->wake_at, StartOf(n) + std::chrono::seconds(n == 1 ? 500 : 700));
    EXPECT_EQ(one.parked->name_key, Key(n));
    EXPECT_EQ(one.parked->input_digest, Key(n + 1'000'000));
    EXPECT_EQ(one.parked->started_at, StartOf(n));
    EXPECT_FALSE(one.snapshot.has_value());
    EXPECT_THAT(one.decisions, IsEmpty());
  }
}

TYPED_TEST(EventLogContract, AnExecutionThatIsNotParkedAnyMoreIsRecoveredAsBefore) {
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Park(1, 500)}));
  ExpectCommitted(this->log_.Append({Batch(0, 1, 2).Row(1, 2).Park(1, std::nullopt)}));
  std::vector<StoredEntity> open = this->log_.Recover(0);
  ASSERT_EQ(open.size(), 1u);
  EXPECT_FALSE(open[0].parked.has_value());
  EXPECT_EQ(open[0].decisions.size(), 2u);
}

TYPED_TEST(EventLogContract, ParkedExecutionsAreReadByTheirIds) {
  this->log_.Claim("a", {0, 1});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Row(1, 2).Park(1, 500).Open(2).Row(2, 1),
                                     Batch(1, 1, 1).Open(3).Row(3, 1).Row(3, 2).Park(3, 9).Snapshot(3, 1, "one")}));
  ExpectCommitted(this->log_.Append({Batch(0, 1, 4).Row(2, 2).Close(2)}));
  std::vector<StoredEntity> open = this->log_.ReadOpen({Entity(0, 1), Entity(0, 2), Entity(1, 3), Entity(0, 77)});
  ASSERT_EQ(open.size(), 2u) << "neither the one that has ended nor the one that never was";
  for (const StoredEntity& one : open) {
    EXPECT_FALSE(one.parked.has_value());
    if (one.entity == Entity(0, 1)) {
      EXPECT_FALSE(one.snapshot.has_value());
      EXPECT_EQ(one.decisions.size(), 2u);
    } else {
      ASSERT_TRUE(one.snapshot.has_value());
      EXPECT_EQ(one.snapshot->bytes, "one");
      ASSERT_EQ(one.decisions.size(), 1u);
      EXPECT_EQ(one.decisions[0].revision, 2);
    }
  }
}

TYPED_TEST(EventLogContract, RecoveryOfManyExecutionsIsComplete) {
  this->log_.Claim("a", {2});
  for (int begin = 0; begin < 1000; begin += 250) {
    Batch batch(2, 1, begin * 2 + 1);
    for (int n = begin; n < begin + 250; ++n) batch.Open(n).Row(n, 1).Row(n, 2);
    ExpectCommitted(this->log_.Append({batch}));
  }
  std::vector<StoredEntity> open = this->log_.Recover(2);
  ASSERT_EQ(open.size(), 1000u);
  for (int n = 0; n < 1000; ++n) {
    ASSERT_EQ(open[static_cast<size_t>(n)].entity, Entity(2, n));
    ASSERT_EQ(open[static_cast<size_t>(n)].decisions.size(), 2u);
  }
}

TYPED_TEST(EventLogContract, AnExecutionThatBeginsAndEndsInOneBatchIsNotOpen) {
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Snapshot(1, 1, "s").Close(1, 2)}));
  EXPECT_THAT(this->log_.Recover(0), IsEmpty());
  auto found = this->log_.Find({Key(1)});
  ASSERT_TRUE(found.at(0).has_value());
  EXPECT_EQ(found[0]->status, 2);
  EXPECT_EQ(found[0]->stopped_at, StartOf(1) + std::chrono::seconds(90));
}

TYPED_TEST(EventLogContract, NamesAreFoundOpenOrClosed) {
  this->log_.Claim("a", {0, 1});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1), Batch(1, 1, 1).Open(2).Row(2, 1)}));
  ExpectCommitted(this->log_.Append({Batch(1, 1, 2).Row(2, 2).Close(2, 3)}));
  auto found = this->log_.Find({Key(2), Key(9), Key(1), Key(2)});
  ASSERT_EQ(found.size(), 4u);
  ASSERT_TRUE(found[0].has_value());
  EXPECT_EQ(found[0]->opened.entity, Entity(1, 2));
  EXPECT_EQ(found[0]->status, 3);
  EXPECT_EQ(found[0]->stopped_at, StartOf(2) + std::chrono::seconds(90));
  EXPECT_FALSE(found[1].has_value());
  ASSERT_TRUE(found[2].has_value());
  EXPECT_EQ(found[2]->opened.name, "run 1");
  EXPECT_EQ(found[2]->opened.machine, "odd");
  EXPECT_EQ(found[2]->opened.account, "000000000000");
  EXPECT_EQ(found[2]->opened.region, "us-east-1");
  EXPECT_EQ(found[2]->opened.name_key, Key(1));
  EXPECT_EQ(found[2]->opened.input_digest[3], 1);
  EXPECT_EQ(found[2]->opened.started_at, StartOf(1));
  EXPECT_EQ(found[2]->status, 0);
  EXPECT_FALSE(found[2]->stopped_at.has_value());
  EXPECT_TRUE(found[3].has_value());
  EXPECT_THAT(this->log_.Find({}), IsEmpty());
}

TYPED_TEST(EventLogContract, LookupsThatOverlapGetTheirOwnAnswers) {
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1).Open(1).Row(1, 1).Open(2).Row(2, 1)}));
  int answers = 0;
  for (int n = 0; n < 20; ++n) {
    this->log_.log().FindByName({Key(n % 4), Key(1)}, [&, n](auto found) {
      ++answers;
      ASSERT_TRUE(found.ok());
      ASSERT_EQ(found->size(), 2u);
      EXPECT_EQ((*found)[0].has_value(), n % 4 == 1 || n % 4 == 2);
      EXPECT_TRUE((*found)[1].has_value());
    });
  }
  this->target_->RunUntil([&] { return answers == 20; });
}

TYPED_TEST(EventLogContract, ListsAreNewestFirstAndPageWithoutGaps) {
  this->log_.Claim("a", {0, 1, 2, 3});
  for (int n = 0; n < 40; ++n) {
    Batch batch(n % 4, 1, n / 4 * 2 + 1);
    batch.Open(n).Row(n, 1).Row(n, 2);
    if (n % 3 == 0) batch.Close(n);
    ExpectCommitted(this->log_.Append({batch}));
  }
  ListQuery query{.account = "000000000000", .region = "us-east-1", .machine = "even", .limit = 3};
  std::vector<std::string> names;
  while (true) {
    std::vector<IndexedExecution> page = this->log_.List(query);
    if (page.empty()) break;
    ASSERT_LE(page.size(), 3u);
    for (const IndexedExecution& execution : page) names.push_back(execution.opened.name);
    query.before = {page.back().opened.started_at, page.back().opened.entity};
  }
  ASSERT_EQ(names.size(), 20u);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(names[static_cast<size_t>(i)], "run " + std::to_string(38 - 2 * i));

  query.before.reset();
  query.limit = 100;
  query.status = 1;
  for (const IndexedExecution& execution : this->log_.List(query)) EXPECT_EQ(execution.status, 1);
  EXPECT_EQ(this->log_.List(query).size(), 7u);
  query.status = 0;
  EXPECT_EQ(this->log_.List(query).size(), 13u);
  EXPECT_EQ(this->log_.List(query).at(0).opened.name, "run 38");
  query.machine = "none";
  EXPECT_THAT(this->log_.List(query), IsEmpty());
}

TYPED_TEST(EventLogContract, AnEmptyAppendIsAnswered) {
  ExpectCommitted(this->log_.Append({}));
  this->log_.Claim("a", {0});
  ExpectCommitted(this->log_.Append({Batch(0, 1, 1)}));
}

}  // namespace
}  // namespace pawl::test
