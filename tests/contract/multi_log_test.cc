// A log on two databases of one cluster: what is claimed from both is read from both, and what a partition that moves
// takes along.
#include "history/postgres/multi_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "history/migrations/migrator.h"
#include "history/postgres/mover.h"
#include "shared/base/check.h"
#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;
using testing::IsEmpty;
using testing::SizeIs;

class SteadyClock : public base::Clock {
 public:
  base::WallTime WallNow() const override {
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  }
  base::MonotonicTime MonotonicNow() const override {
    return base::MonotonicTime(
        std::chrono::duration_cast<base::MonotonicTime::duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
};

// What is to be done later is done soon.
class ImpatientExecutor : public WaitingExecutor {
 public:
  TimerHandle PostAt(base::MonotonicTime, Work work) override {
    Post(std::move(work));
    return 0;
  }
};

class TwoDatabases : public LogTarget {
 public:
  TwoDatabases() {
    auto& server = PostgresServer::Instance();
    for (int i = 0; i < 2; ++i) conninfos_.push_back(server.NewDatabase());
    auto cluster = Migrate(conninfos_[0], {.partition_count = kPartitions});
    PAWL_CHECK(cluster.ok(), cluster.status().ToString().c_str());
    auto joined = Migrate(conninfos_[1], {.joins = *cluster});
    PAWL_CHECK(joined.ok(), joined.status().ToString().c_str());
  }
  ~TwoDatabases() override {
    for (const std::string& conninfo : conninfos_) PostgresServer::Instance().DropDatabase(conninfo);
  }

  std::unique_ptr<EventLog> NewSession() override {
    std::vector<std::unique_ptr<PostgresLog>> servers;
    for (const std::string& conninfo : conninfos_) {
      PostgresLogOptions options;
      options.partition_count = kPartitions;
      options.is_one_of_several = true;
      servers.push_back(std::make_unique<PostgresLog>(conninfo, options, executor_));
    }
    return std::make_unique<MultiLog>(std::move(servers), kPartitions,
                                      MultiLog::Parts{.executor = executor_, .clock = clock_});
  }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(executor_.RunUntil(done)); }
  void Pass(std::chrono::milliseconds time) override { executor_.RunFor(time); }
  void LoseNextAppend(bool) override { PAWL_CHECK(false, "nothing is lost between these"); }

  void Move(int partition, size_t to) {
    auto mover = Mover::Connect(conninfos_);
    ASSERT_TRUE(mover.ok()) << mover.status();
    auto report = (*mover)->Move(Partition(partition), to, [](const MoveReport&) {});
    ASSERT_TRUE(report.ok()) << report.status();
  }
  pqxx::row Row(size_t server, const std::string& sql) {
    pqxx::connection connection(conninfos_[server]);
    return pqxx::nontransaction(connection).exec1(sql);
  }

 private:
  std::vector<std::string> conninfos_;
  SteadyClock clock_;
  ImpatientExecutor executor_;
};

TEST(MultiLog, ReadOpenFindsWhatIsOpenOnAllServers) {
  TwoDatabases target;
  target.Move(2, 1);
  Driver node(target);
  std::vector<Claimed> claimed = node.Claim("a", {1, 2});
  ASSERT_THAT(claimed, SizeIs(2));
  for (const Claimed& one : claimed) {
    const int p = one.partition.value();
    AppendResult result =
        node.Append({Batch(p, one.epoch.value(), 1).Open(p * 10).Row(p * 10, 1).Open(p * 10 + 1).Row(p * 10 + 1, 1)});
    ASSERT_THAT(result.refused, IsEmpty()) << result.error;
    result = node.Append({Batch(p, one.epoch.value(), 3).Row(p * 10 + 1, 2).Close(p * 10 + 1)});
    ASSERT_THAT(result.refused, IsEmpty()) << result.error;
  }
  EXPECT_EQ(target.Row(0, "select count(*) from pawl.log")[0].as<int>(), 3);
  EXPECT_EQ(target.Row(1, "select count(*) from pawl.log")[0].as<int>(), 3);

  std::vector<StoredEntity> open =
      node.ReadOpen({Entity(1, 10), Entity(1, 11), Entity(2, 20), Entity(2, 21), Entity(3, 30)});
  std::sort(open.begin(), open.end(), [](const auto& a, const auto& b) { return a.entity < b.entity; });
  ASSERT_THAT(open, SizeIs(2)) << "what has ended, and what this session has not claimed, is left out";
  for (const StoredEntity& one : open) {
    EXPECT_TRUE(one.entity == Entity(1, 10) || one.entity == Entity(2, 20));
    ASSERT_THAT(one.decisions, SizeIs(1));
    EXPECT_EQ(one.decisions[0].bytes, RowBytes(one.entity == Entity(1, 10) ? 10 : 20, 1));
  }
  EXPECT_THAT(node.ReadOpen({}), IsEmpty());
  EXPECT_THAT(node.ReadOpen({Entity(3, 30)}), IsEmpty());
}

TEST(Mover, TakesAlongThatAnExecutionIsParked) {
  TwoDatabases target;
  {
    Driver node(target);
    const Claimed claim = node.Claim("a", {3})[0];
    AppendResult result = node.Append(
        {Batch(3, claim.epoch.value(), 1).Open(5).Row(5, 1).Snapshot(5, 1, "state").Park(5, 3600).Open(6).Row(6, 1)});
    ASSERT_THAT(result.refused, IsEmpty()) << result.error;
    node.Release("a", {3});
  }
  const char* columns =
      "select wake_at, name_key, input_digest, started_at, snapshot_revision, encode(snapshot, 'hex') "
      "from pawl.open_executions where wake_at is not null";
  const pqxx::row before = target.Row(0, columns);
  target.Move(3, 1);
  const pqxx::row after = target.Row(1, columns);
  for (pqxx::row::size_type i = 0; i < before.size(); ++i) EXPECT_STREQ(before[i].c_str(), after[i].c_str()) << i;

  Driver node(target);
  ASSERT_THAT(node.Claim("b", {3}), SizeIs(1));
  int parked = 0;
  for (const StoredEntity& stored : node.Recover(3)) {
    if (!stored.parked) continue;
    ++parked;
    EXPECT_EQ(stored.entity, Entity(3, 5));
    EXPECT_EQ(stored.parked->name_key, Key(5));
    EXPECT_THAT(stored.decisions, IsEmpty()) << "a parked execution is not read at take-over";
  }
  EXPECT_EQ(parked, 1);
}

}  // namespace
}  // namespace pawl::test
