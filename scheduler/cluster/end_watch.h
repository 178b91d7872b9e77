// Ends of executions that other nodes own: asked for and told in groups, because a call of its own for each end costs
// more than a short execution itself.
//
//   node N: waits for an end at owner O  -> AwaitEnds: what is asked in one turn goes in one call
//   O: answers at once for those that are not open, and takes note of the others
//   O: executions end                    -> TellEnds: the ends of one turn go in one call, later ones in the next
//
// Each is asked under a number, so that a late or doubled answer is known for what it is. N relies on nothing: where O
// is not in the cluster any more, where a call fails, or where nothing is heard past the wait, the asker is told that
// it is not known (partition::NotServed), and asks again wherever the partition is by then. O says so itself where it
// gives the partition up. A node of an older release is asked one by one (Peers::AwaitEnd). Thread rule: the engine's
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/peers.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::cluster {

class EndWatch {
 public:
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    const Directory& directory;
    Peers& peers;
    // Waits for the end of an execution of this node. May answer within the call.
    std::function<void(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done)>
        await_here;
  };
  explicit EndWatch(Parts parts) : parts_(std::move(parts)) {}
  ~EndWatch() { *alive_ = false; }

  // `self` as others reach it; before that nothing is asked.
  void Run(const Member& self) { self_ = self; }
  void Ask(const Member& owner, const history::NameKey& name, std::chrono::milliseconds wait,
           Peers::Done<Awaited> done);
  // The directory has changed.
  void OnChanged();

  // ---- from other nodes

  void OnAwaitEnds(const AwaitEndsRequest& request, std::function<void(std::vector<EndAnswer>)> done);
  void OnEnds(const std::vector<EndAnswer>& ends);

 private:
  struct Asked {
    std::string node;
    EndAsk ask;
    base::MonotonicTime give_up_at;
    Peers::Done<Awaited> done;
  };
  struct Owner {
    Member at;
    std::vector<EndAsk> waiting;
    int under_way = 0;
    bool flush_posted = false;
    bool is_old = false;  // knows AwaitEnd only
  };
  struct Asker {
    Member at;
    std::deque<EndAnswer> ends;
    int under_way = 0;
    bool flush_posted = false;
  };

  // ---- as asker
  void Flush(const std::string& node);
  void OnAsked(const std::string& node, const std::vector<EndAsk>& asks,
               absl::StatusOr<std::vector<EndAnswer>> answers);
  void AskOneByOne(const Member& owner, const std::vector<EndAsk>& asks);
  void Take(uint64_t number, const absl::StatusOr<Awaited>& awaited);
  void Sweep();
  void ArmSweep();
  // ---- as owner
  void TellSoon(const std::string& node);
  void Tell(const std::string& node);
  void Send(const std::string& node, std::vector<EndAnswer> ends, int attempt);

  Parts parts_;
  Member self_;
  uint64_t numbers_ = 0;
  std::unordered_map<uint64_t, Asked> asked_;
  std::map<std::string, Owner> owners_;  // by node
  std::map<std::string, Asker> askers_;  // by node
  std::set<std::string> live_;           // the other nodes, as last seen
  base::Executor::TimerHandle sweep_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::cluster
