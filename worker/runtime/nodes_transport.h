// A Transport to a cluster: polls one node at a time, chosen so that workers spread evenly, and turns to another when
// that one goes, leaves or does not answer. Nodes relay tasks to each other's polls, so one node is enough; what
// matters is that there always is one.
//
// After each turn the next poll fails with UNAVAILABLE, so that the runtime says in the one after it what it holds: the
// new node watches over those tasks from then on. Thread rule: Transport's; a thread of its own asks for the members.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "worker/runtime/transport.h"

namespace pawl::worker {

class NodesTransport : public Transport {
 public:
  using MakeTransport = std::function<std::unique_ptr<Transport>(const std::string& address)>;
  // `seeds` is not empty. `seed`: differs from worker to worker.
  NodesTransport(std::vector<std::string> seeds, uint64_t seed, MakeTransport make,
                 std::chrono::milliseconds look_every = std::chrono::milliseconds(3'000));
  ~NodesTransport() override;

  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request) override;
  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) override;
  absl::Status EndSession(const v1::EndSessionRequest& request) override;
  void CancelPolls() override;
  absl::StatusOr<std::vector<std::string>> Nodes() override;

  std::string current() const;

 private:
  void Look();
  // Turns to the best of the known nodes other than `failed`, which is current.
  void TurnFrom(const std::shared_ptr<Transport>& failed);
  void TurnTo(const std::string& address, std::unique_ptr<Transport> transport);
  uint64_t Rank(const std::string& address) const;

  const std::vector<std::string> seeds_;
  const uint64_t seed_;
  const MakeTransport make_;
  const std::chrono::milliseconds look_every_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::string> known_;  // members, as last heard
  std::string address_;
  std::shared_ptr<Transport> current_;
  bool turned_ = false;    // the next poll has to fail
  bool draining_ = false;  // no more polls for tasks
  bool stopping_ = false;
  std::thread looker_;
};

}  // namespace pawl::worker
