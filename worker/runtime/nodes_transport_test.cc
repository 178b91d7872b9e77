#include "worker/runtime/nodes_transport.h"

#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "gtest/gtest.h"

namespace pawl::worker {
namespace {

// Nodes by address: who is there, and what members they tell.
struct FakeCluster {
  std::mutex mutex;
  std::set<std::string> alive;
  std::vector<std::string> members;
  std::map<std::string, int> polls;

  bool IsAlive(const std::string& address) {
    std::lock_guard lock(mutex);
    return alive.contains(address);
  }
};

class FakeNode : public Transport {
 public:
  FakeNode(FakeCluster& cluster, std::string address) : cluster_(cluster), address_(std::move(address)) {}
  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest&) override {
    if (!cluster_.IsAlive(address_)) return absl::UnavailableError("gone");
    std::lock_guard lock(cluster_.mutex);
    ++cluster_.polls[address_];
    return v1::PollResponse();
  }
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest&) override {
    if (!cluster_.IsAlive(address_)) return absl::UnavailableError("gone");
    return v1::HeartbeatResponse();
  }
  absl::Status EndSession(const v1::EndSessionRequest&) override { return absl::OkStatus(); }
  void CancelPolls() override {}
  absl::StatusOr<std::vector<std::string>> Nodes() override {
    if (!cluster_.IsAlive(address_)) return absl::UnavailableError("gone");
    std::lock_guard lock(cluster_.mutex);
    return cluster_.members;
  }

 private:
  FakeCluster& cluster_;
  const std::string address_;
};

NodesTransport Make(FakeCluster& cluster, std::vector<std::string> seeds, uint64_t seed,
                    std::chrono::milliseconds look_every = std::chrono::hours(1)) {
  return NodesTransport(
      std::move(seeds), seed,
      [&cluster](const std::string& address) { return std::make_unique<FakeNode>(cluster, address); }, look_every);
}

bool PollsWithin(NodesTransport& transport, int tries) {
  for (int i = 0; i < tries; ++i) {
    if (transport.Poll({}).ok()) return true;
  }
  return false;
}

TEST(NodesTransport, TurnsToAnotherNodeWhenItsOwnIsGoneAndFailsOnePollForIt) {
  FakeCluster cluster{.alive = {"a:1", "b:1"}};
  NodesTransport transport = Make(cluster, {"a:1", "b:1"}, 1);
  ASSERT_TRUE(PollsWithin(transport, 3));
  const std::string before = transport.current();
  {
    std::lock_guard lock(cluster.mutex);
    cluster.alive.erase(before);
  }
  EXPECT_TRUE(absl::IsUnavailable(transport.Poll({}).status()));
  EXPECT_NE(transport.current(), before);
  // The runtime says in the poll after a failed one what it holds.
  EXPECT_TRUE(absl::IsUnavailable(transport.Poll({}).status()));
  EXPECT_TRUE(transport.Poll({}).ok());
}

TEST(NodesTransport, AHeartbeatThatFailsTurnsToo) {
  FakeCluster cluster{.alive = {"a:1", "b:1"}};
  NodesTransport transport = Make(cluster, {"a:1", "b:1"}, 1);
  const std::string before = transport.current();
  {
    std::lock_guard lock(cluster.mutex);
    cluster.alive.erase(before);
  }
  EXPECT_FALSE(transport.Heartbeat({}).ok());
  EXPECT_TRUE(transport.Heartbeat({}).ok());
}

TEST(NodesTransport, LearnsMembersThatItWasNotTold) {
  FakeCluster cluster{.alive = {"a:1", "b:1", "c:1"}, .members = {"a:1", "b:1", "c:1"}};
  std::set<std::string> chosen;
  for (uint64_t seed = 0; seed < 24; ++seed) {
    NodesTransport transport = Make(cluster, {"a:1", "b:1"}, seed, std::chrono::milliseconds(1));
    for (int i = 0; i < 100'000 && transport.Nodes()->empty(); ++i) std::this_thread::yield();
    chosen.insert(transport.current());
  }
  EXPECT_EQ(chosen, (std::set<std::string>{"a:1", "b:1", "c:1"}));
}

TEST(NodesTransport, StaysWhereTheMembersCannotBeReached) {
  FakeCluster cluster{.alive = {"a:1", "b:1"}, .members = {"inside-1:1", "inside-2:1"}};
  NodesTransport transport = Make(cluster, {"a:1", "b:1"}, 7, std::chrono::milliseconds(1));
  for (int i = 0; i < 1000; ++i) (void)transport.Nodes();
  EXPECT_TRUE(transport.current() == "a:1" || transport.current() == "b:1");
  EXPECT_TRUE(PollsWithin(transport, 3));
}

}  // namespace
}  // namespace pawl::worker
