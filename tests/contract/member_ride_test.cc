// A node's announcement that goes with the renewal of its leases: in one statement on the first of the cluster's
// servers, and what a further one has to say in the renewal there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <pqxx/pqxx>

#include "history/migrations/migrator.h"
#include "history/postgres/mover.h"
#include "history/postgres/multi_log.h"
#include "scheduler/cluster/pg_member_store.h"
#include "shared/base/check.h"
#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;
using cluster::Announcement;
using cluster::Member;
using cluster::View;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

class NoClock : public base::Clock {
 public:
  base::WallTime WallNow() const override { return {}; }
  base::MonotonicTime MonotonicNow() const override { return {}; }
};

// A node on two databases, of which the second one has partition 1.
class MemberRide : public testing::Test, public LogTarget {
 protected:
  MemberRide() {
    for (int i = 0; i < 2; ++i) conninfos_.push_back(PostgresServer::Instance().NewDatabase());
    auto made = Migrate(conninfos_[0], {.partition_count = kPartitions});
    PAWL_CHECK(made.ok(), made.status().ToString().c_str());
    auto joined = Migrate(conninfos_[1], {.joins = *made});
    PAWL_CHECK(joined.ok(), joined.status().ToString().c_str());
    auto mover = Mover::Connect(conninfos_);
    PAWL_CHECK(mover.ok() && (*mover)->Move(Partition(1), 1, [](const MoveReport&) {}).ok(), "a partition is moved");
    store_ = std::make_unique<cluster::PgMemberStore>(
        conninfos_, executor_, cluster::PgMemberStore::Rider{"'what is set'", [this](const std::string& value) {
                                                               settings_.push_back(value);
                                                             }});
    store_->Ride([this] { return std::exchange(announcement_, std::nullopt); });
    driver_.emplace(*this);
  }
  ~MemberRide() override {
    driver_.reset();
    store_.reset();
    for (const std::string& conninfo : conninfos_) PostgresServer::Instance().DropDatabase(conninfo);
  }

  std::unique_ptr<EventLog> NewSession() override {
    std::vector<std::unique_ptr<PostgresLog>> servers;
    for (size_t i = 0; i < conninfos_.size(); ++i) {
      PostgresLogOptions options;
      options.partition_count = kPartitions;
      options.is_one_of_several = true;
      options.on_renewal = [this, i](int first_parameter) { return store_->Board(i, first_parameter); };
      servers.push_back(std::make_unique<PostgresLog>(conninfos_[i], options, executor_));
    }
    return std::make_unique<MultiLog>(std::move(servers), kPartitions,
                                      MultiLog::Parts{.executor = executor_, .clock = clock_});
  }
  void RunUntil(const std::function<bool()>& done) override { ASSERT_TRUE(executor_.RunUntil(done)); }
  void Pass(milliseconds time) override { executor_.RunFor(time); }
  void LoseNextAppend(bool) override { PAWL_CHECK(false, "nothing is appended here"); }

  // With the next renewal, or by itself.
  Announcement As(const std::string& node) {
    return {{node, node + ":1", false}, milliseconds(60'000), [this](const absl::StatusOr<View>& view) {
              views_.push_back(view);
            }};
  }
  void Announce(const std::string& node) {
    store_->Announce(As(node));
    RunUntil([this, before = views_.size()] { return views_.size() > before; });
  }
  static std::vector<std::string> NodesOf(const View& view) {
    std::vector<std::string> nodes;
    for (const Member& member : view.members) nodes.push_back(member.node + " at " + member.address);
    return nodes;
  }
  static std::vector<std::string> OwnersOf(View view) {
    std::sort(view.partitions.begin(), view.partitions.end(),
              [](const auto& a, const auto& b) { return a.partition < b.partition; });
    std::vector<std::string> owners;
    for (const cluster::Ownership& one : view.partitions) owners.push_back(one.node + (one.expired ? " expired" : ""));
    return owners;
  }
  void Execute(size_t server, const std::string& sql) {
    pqxx::connection connection(conninfos_[server]);
    pqxx::nontransaction(connection).exec(sql);
  }

  std::vector<std::string> conninfos_;
  NoClock clock_;
  WaitingExecutor executor_;
  std::optional<Announcement> announcement_;
  std::vector<std::string> settings_;
  std::vector<absl::StatusOr<View>> views_;
  std::unique_ptr<cluster::PgMemberStore> store_;
  std::optional<Driver> driver_;
};

TEST_F(MemberRide, ARenewalMakesTheNodeKnownAndTellsOfAllServers) {
  Driver other(*this);
  other.Claim("b", {3});
  Announce("b");
  driver_->Claim("a", {0, 1, 2});

  announcement_ = As("a");
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(0, 1, 2));

  ASSERT_EQ(views_.size(), 2u);
  ASSERT_TRUE(views_[1].ok()) << views_[1].status();
  EXPECT_THAT(NodesOf(*views_[1]), UnorderedElementsAre("a at a:1", "b at b:1"));
  EXPECT_THAT(OwnersOf(*views_[1]), ElementsAre("a", "a", "a", "b"));
  ASSERT_TRUE(views_[1]->next_expiry.has_value());
  EXPECT_GT(*views_[1]->next_expiry, milliseconds(20'000));  // b's lease, which runs out before its announcement
  EXPECT_LE(*views_[1]->next_expiry, milliseconds(30'000));
  EXPECT_THAT(settings_, ElementsAre("what is set", "what is set"));
  // The other one hears of it.
  Announce("b");
  EXPECT_THAT(NodesOf(*views_[2]), UnorderedElementsAre("a at a:1", "b at b:1"));
  EXPECT_THAT(OwnersOf(*views_[2]), ElementsAre("a", "a", "a", "b"));
}

TEST_F(MemberRide, WithoutAnAnnouncementTheLeasesAreRenewedAlone) {
  driver_->Claim("a", {0, 1});
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(0, 1));
  EXPECT_TRUE(views_.empty());
}

TEST_F(MemberRide, AnAnnouncementFailsWithItsRenewal) {
  driver_->Claim("a", {0, 1});
  Execute(0, "alter table pawl.nodes rename to nodes_elsewhere");
  announcement_ = As("a");
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(1));  // the second server's
  ASSERT_EQ(views_.size(), 1u);
  EXPECT_FALSE(views_[0].ok());

  Execute(0, "alter table pawl.nodes_elsewhere rename to nodes");
  announcement_ = As("a");
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(0, 1));
  ASSERT_EQ(views_.size(), 2u);
  ASSERT_TRUE(views_[1].ok()) << views_[1].status();
  EXPECT_THAT(NodesOf(*views_[1]), ElementsAre("a at a:1"));
}

TEST_F(MemberRide, WhatAFurtherServerSaidLastCountsWhileItDoesNotAnswer) {
  driver_->Claim("a", {0, 1});
  Announce("a");
  Execute(1, "alter table pawl.losses rename to losses_elsewhere");
  announcement_ = As("a");
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(0));
  ASSERT_TRUE(views_[1].ok()) << views_[1].status();
  EXPECT_THAT(OwnersOf(*views_[1]), ElementsAre("a", "a", " expired", " expired"));
}

TEST_F(MemberRide, ANodeThatHasGoneIsNotBroughtBack) {
  driver_->Claim("a", {0, 1});
  Announce("a");
  bool is_gone = false;
  store_->Withdraw("a", [&] { is_gone = true; });
  RunUntil([&] { return is_gone; });
  Announce("a");
  EXPECT_TRUE(absl::IsUnavailable(views_[1].status())) << views_[1].status();
  announcement_ = As("a");
  EXPECT_THAT(driver_->Renew("a"), ElementsAre(0, 1));
  pqxx::connection connection(conninfos_[0]);
  EXPECT_EQ(pqxx::nontransaction(connection).exec1("select count(*) from pawl.nodes")[0].as<int>(), 0);
}

TEST_F(MemberRide, ANodeGoesAfterTheAnnouncementThatIsOnItsWay) {
  announcement_ = As("a");
  const auto first = store_->Board(0, 8), further = store_->Board(1, 8);
  ASSERT_TRUE(first && further);
  bool is_gone = false;
  store_->Withdraw("a", [&] { is_gone = true; });
  Pass(milliseconds(50));
  first->heard(absl::UnavailableError("lost"));
  Pass(milliseconds(50));
  EXPECT_FALSE(is_gone);
  further->heard(absl::UnavailableError("lost"));
  RunUntil([&] { return is_gone; });
}

}  // namespace
}  // namespace pawl::test
