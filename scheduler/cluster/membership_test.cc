#include "scheduler/cluster/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::cluster {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLease{5'000};
constexpr milliseconds kRenewalPeriod = kLease * 3 / 7;

// Answers when the test says so.
class Store : public MemberStore {
 public:
  void Ride(std::function<std::optional<Announcement>()> announcement) override { ride = std::move(announcement); }
  void Announce(Announcement announcement) override { alone.push_back(std::move(announcement)); }
  void Withdraw(const std::string&, std::function<void()> done) override { done(); }

  std::function<std::optional<Announcement>()> ride;
  std::vector<Announcement> alone;  // all of them
};

class MembershipTest : public testing::Test {
 protected:
  Membership::Parts Parts() {
    return {.executor = time_,
            .clock = time_,
            .store = store_,
            .directory = directory_,
            .owned = [this] { return owned_; },
            .giving_up = [] { return std::set<base::PartitionId>(); },
            .held = [this] { return owned_.size(); },
            .want = [](const auto&) {},
            .healthy = [this] { return healthy_; },
            .tell = [](const Notice&) {},
            .changed = [] {},
            .log = [](const std::string&) {}};
  }
  // It and another node, each with one partition.
  static View Both() {
    View view;
    view.members = {{"me", "me:1", false}, {"you", "you:1", false}};
    view.partitions = {{base::PartitionId(0), base::Epoch(1), "me", false},
                       {base::PartitionId(1), base::Epoch(1), "you", false}};
    return view;
  }
  // Known, and nothing to do.
  void Settle() {
    members_.Run("me:1");
    store_.alone.back().done(Both());
  }
  // As the engine's, with each renewal.
  std::optional<Announcement> Renew() {
    time_.RunFor(kRenewalPeriod);
    return store_.ride();
  }

  partition::VirtualTime time_;
  Store store_;
  Directory directory_{"me"};
  std::set<base::PartitionId> owned_{base::PartitionId(0)};
  bool healthy_ = true;
  Membership members_{{"me", "", false}, kLease, Parts()};
};

TEST_F(MembershipTest, AnIdleNodeAnnouncesItselfWithItsRenewalsOnly) {
  Settle();
  for (int i = 0; i < 10; ++i) {
    std::optional<Announcement> rides = Renew();
    ASSERT_TRUE(rides.has_value());
    EXPECT_EQ(rides->self, (Member{"me", "me:1", false}));
    EXPECT_LT(rides->ttl, kLease);
    rides->done(Both());
  }
  EXPECT_EQ(store_.alone.size(), 1u);
}

TEST_F(MembershipTest, TheFirstAnnouncementDoesNotWaitForARenewal) {
  members_.Run("me:1");
  EXPECT_EQ(store_.alone.size(), 1u);
  EXPECT_FALSE(store_.ride().has_value()) << "one is under way";
}

TEST_F(MembershipTest, ANodeWithoutPartitionsAnnouncesItselfAlone) {
  owned_.clear();
  View view = Both();
  view.partitions[0].node = "you";
  members_.Run("me:1");
  for (size_t i = 1; i < 6; ++i) {
    ASSERT_EQ(store_.alone.size(), i);
    store_.alone.back().done(view);
    time_.RunFor(kRenewalPeriod + milliseconds(1));
  }
}

TEST_F(MembershipTest, WhereNothingIsRenewedItAnnouncesItselfInTime) {
  Settle();
  time_.RunFor(kLease / 2 + milliseconds(1));
  EXPECT_EQ(store_.alone.size(), 2u);
}

TEST_F(MembershipTest, ANodeWhoseRenewalFailsSaysThatItLeaves) {
  Settle();
  healthy_ = false;
  std::optional<Announcement> rides = Renew();
  ASSERT_TRUE(rides.has_value());
  rides->done(absl::UnavailableError("the session that appends is gone"));
  time_.RunFor(milliseconds(50));
  ASSERT_EQ(store_.alone.size(), 2u);
  EXPECT_TRUE(store_.alone[1].self.leaving);
}

TEST_F(MembershipTest, OneThatIsDueOvertakesARideThatTakesLong) {
  Settle();
  std::optional<Announcement> rides = Renew();
  members_.OnNotice({.from = {"new", "new:1", false}});
  time_.RunFor(milliseconds(30));
  ASSERT_EQ(store_.alone.size(), 2u);
  View later = Both();
  later.members.push_back({"new", "new:1", false});
  store_.alone[1].done(later);
  // The answer to the ride is void, whatever it says.
  rides->done(Both());
  EXPECT_EQ(directory_.Members().size(), 3u);
}

TEST_F(MembershipTest, ARideThatIsQuickIsLookedAtAgainOnce) {
  Settle();
  std::optional<Announcement> rides = Renew();
  members_.OnNotice({.from = {"new", "new:1", false}});
  rides->done(Both());
  time_.RunFor(milliseconds(30));
  EXPECT_EQ(store_.alone.size(), 2u);
  store_.alone[1].done(Both());
  time_.RunFor(milliseconds(200));
  EXPECT_EQ(store_.alone.size(), 2u);
}

TEST_F(MembershipTest, ANodeThatLeavesSaysSoWhileARideIsUnderWay) {
  Settle();
  std::optional<Announcement> rides = Renew();
  bool left = false;
  members_.Leave([&] { left = true; });
  time_.RunFor(milliseconds(30));
  ASSERT_EQ(store_.alone.size(), 2u);
  EXPECT_TRUE(store_.alone[1].self.leaving);
  owned_.clear();
  store_.alone[1].done(Both());
  EXPECT_TRUE(left);
}

}  // namespace
}  // namespace pawl::cluster
