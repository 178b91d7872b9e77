// Keeps this node known, sees who lives, and so decides which partitions it should own.
//
// Announces itself with each renewal of the node's leases (MemberStore::Ride), at once when a notice tells that
// something changed, and when the first lease of another node would run out: so a partition whose owner died is claimed
// as soon as its lease has ended. Tells the others what it serves, what it has released and that it leaves; they need
// not wait for the database to show it.
//
// One announcement counts at a time. One that rides waits for what the log writes before it; where another is due
// meanwhile, that goes by itself and the answer of the first is void.
// Thread rule: the engine's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/members.h"
#include "scheduler/cluster/peers.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::cluster {

class Membership {
 public:
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    MemberStore& store;
    Directory& directory;
    // The engine: what it owns; what it is about to release; how many it has not yet released; what it should own;
    // whether it can use the database.
    std::function<std::set<base::PartitionId>()> owned;
    std::function<std::set<base::PartitionId>()> giving_up;
    std::function<size_t()> held;
    std::function<void(std::set<base::PartitionId>)> want;
    std::function<bool()> healthy;
    std::function<void(const Notice&)> tell;
    // The directory has changed.
    std::function<void()> changed;
    std::function<void(const std::string& sentence)> log;
  };
  Membership(Member self, std::chrono::milliseconds lease, Parts parts);
  ~Membership() { *alive_ = false; }

  void Run(const std::string& address);
  bool has_view() const { return live_ > 0; }
  // Reads the view again soon; often asked for, it still asks the database only every 20 ms.
  void LookAgain();
  // Gives everything up; `done` when all is released. What is left to others is their share at once.
  void Leave(std::function<void()> done);

  void OnServing(base::PartitionId partition, base::Epoch epoch);
  void OnReleased(const std::vector<base::PartitionId>& partitions);
  void OnNotice(const Notice& notice);

 private:
  void Announce();
  std::optional<Announcement> OnRenewal();
  // What is to be announced now.
  Announcement Begin(bool rides);
  void OnView(uint64_t number, const absl::StatusOr<View>& view);
  void OnNoView(const absl::Status& status);
  void LookAt(base::MonotonicTime due);
  void Flush();

  Member self_;
  const std::chrono::milliseconds lease_;
  Parts parts_;
  uint64_t asked_ = 0;  // announcements so far; the last one counts
  bool asking_ = false;
  bool rides_ = false;  // that which is under way
  bool again_ = false;
  bool failed_ = false;
  bool flush_posted_ = false;
  Notice news_;
  size_t live_ = 0;
  std::function<void()> left_;
  base::MonotonicTime asked_at_;
  base::Executor::TimerHandle timer_ = 0;
  base::MonotonicTime timer_due_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::cluster
