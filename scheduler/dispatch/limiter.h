// Holds tasks of limited handlers back until they may run (permits.h, decisions/0016).
//
//   offered  -> waits in its key's line: higher priorities first, fair between flows
//   granted  -> one of its partition's permits is its, and a token of the rate; now the dispatcher gets it
//   begun    -> a poll has taken it; the permit stays with it until its result is durable
//   a second without a poll -> back to the end of the line, so that permits do not lie with tasks that nobody takes
//
// A token of a rate serves for a second from when it was asked for until a task is granted by it, and lets it begin for
// another; then it goes back, less what has come in meanwhile. So what all nodes have taken and not used is what comes
// in two seconds and what the bucket holds at most, however long nobody takes anything.
//
// A limited task begins in no other way. After a take-over a partition has no permits to give before the store has
// heard how many of its tasks run by what the log says, and has answered what it holds.
//
// Thread rule: the engine's thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/core/effect.h"
#include "scheduler/core/task_ref.h"
#include "scheduler/dispatch/dispatcher.h"
#include "scheduler/dispatch/fair_queue.h"
#include "scheduler/dispatch/permits.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::dispatch {

class Limiter {
 public:
  struct Parts {
    base::Executor& executor;
    base::Clock& clock;
    Dispatcher& dispatcher;
    PermitStore* store = nullptr;  // null: nothing is limited, whatever is set
    std::function<base::PartitionId(base::EntityId)> partition_of;
  };
  explicit Limiter(Parts parts) : parts_(std::move(parts)) {}
  ~Limiter() { *alive_ = false; }

  // Forgets all tasks and partitions: they are served and offered again by whoever calls.
  void SetLimits(const Limits& limits);
  bool HasLimits() const { return !keys_.empty(); }
  bool IsLimited(const std::string& queue) const { return KeyOf(queue) != nullptr; }

  // The partition is served from now on. Of its tasks that run Running is called before anything else is done.
  void Serve(base::PartitionId partition, base::Epoch epoch);
  void Running(const core::TaskRef& task, const std::string& queue);
  void Drop(base::PartitionId partition);
  void DropAll();

  // The tasks that have permits or tokens, each with a handler under the same key.
  std::map<core::TaskRef, std::string> InHand() const;

  // Of a limited queue. No effect where it is here already.
  void Offer(const core::OfferTask& offer, Standing standing);
  // The hand-out is over, and durably so; or the task does not wait any more.
  void End(const core::TaskRef& task);

  struct Stats {
    std::string key;
    int64_t waiting = 0;
    int64_t granted = 0;  // run, or are about to
    int64_t held = 0;     // permits of this node's partitions
  };
  std::vector<Stats> stats() const;
  // Tasks that wait here, by handler.
  std::map<std::string, int64_t> Backlog() const;

 private:
  struct Waiting {
    std::string queue;
    Standing standing;
  };
  struct Granted {
    Waiting task;  // empty queue: begun, as far as is known
    base::PartitionId partition;
    base::MonotonicTime at;
    base::MonotonicTime token_from;  // where there is a rate
  };
  // A partition's part of a key.
  struct Share {
    base::Epoch epoch;
    int64_t held = 0;
    int64_t granted = 0;
    std::optional<int64_t> stored;  // what the store said last; none: not known
  };
  struct Key {
    std::string name;
    Limit limit;
    std::map<int32_t, FairQueue<core::TaskRef>, std::greater<>> lines;
    std::unordered_map<core::TaskRef, Waiting> waiting;
    std::deque<core::TaskRef> next;  // out of the lines, in their order
    std::unordered_map<core::TaskRef, Granted> granted;
    std::map<base::PartitionId, Share> shares;
    int64_t tokens = 0;
    base::MonotonicTime tokens_from;  // when they were asked for
    double returning = 0;             // tokens that go back with the next request
    bool is_contended = false;
    bool is_sweeping = false;
  };

  Key* KeyOf(const std::string& queue) const;
  void Enqueue(Key& key, const core::TaskRef& task, Waiting waiting);
  void FillNext(Key& key);
  void Grant(Key& key);
  void Sweep(Key& key);
  void ArmSweep(Key& key, base::MonotonicTime due);
  void GiveBack(Key& key, int64_t tokens, base::MonotonicTime from);
  void GiveBackOldTokens(Key& key);
  std::map<base::PartitionId, int64_t> WantedBy(Key& key);

  bool Gather(PermitRequest& request);
  void AskAfter(std::chrono::milliseconds delay);
  void Ask();
  void OnAnswer(const PermitRequest& request, const absl::StatusOr<PermitResponse>& response, uint64_t generation);
  void Take(const PermitRequest& request, const PermitResponse& response);

  Parts parts_;
  std::map<std::string, Key> keys_;
  std::unordered_map<std::string, Key*> key_of_handler_;
  int64_t number_ = 0;
  uint64_t generation_ = 0;  // of the limits
  bool asking_ = false;
  base::MonotonicTime asked_at_;
  bool ask_again_ = false;
  base::Executor::TimerHandle timer_ = 0;
  std::optional<base::MonotonicTime> timer_due_;
  std::chrono::milliseconds patience_{0};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::dispatch
