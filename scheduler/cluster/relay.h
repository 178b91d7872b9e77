// Brings tasks of other nodes to workers that poll this one, and its own tasks to workers that poll others, so that no
// task waits while a matching poll waits anywhere.
//
//   owner O: a task finds no poll       -> tells all nodes what waits (wants)
//   node N: a poll finds no task        -> lends its free slots to a node that wants them (Lend)
//   O: starts tasks for them, commits   -> answers with the tasks; what is not used goes back with the answer
//   N: hands them to its worker, and watches: session, heartbeats, lost hand-outs
//   N: says each second which tasks of O it watches (Watch); O watches N, as it watches a session
//
// So a worker is watched by the node it is in touch with, and nothing is sent for its polls. A task whose hand-out got
// lost between the nodes is not on the next Watch, and goes out again; one whose watcher dies is awaited from its
// worker, by whichever node it turns to. Thread rule: the engine's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/peers.h"
#include "scheduler/cluster/router.h"
#include "scheduler/partition/engine.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::cluster {

class Relay {
 public:
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    partition::Engine& engine;
    const Directory& directory;
    Peers& peers;
    Router& router;
  };
  explicit Relay(Parts parts) : parts_(parts) {}
  ~Relay() { *alive_ = false; }

  void Run(const Member& self);
  void OnNotice(const Notice& notice);
  void OnLend(LendRequest request, std::function<void(LendResponse)> done);
  void OnWatch(const WatchRequest& request, std::function<void(WatchResponse)> done);

 private:
  using Claims = std::vector<core::Claim>;
  // What another node wants, and what this one has done about it.
  struct Wanted {
    int count = 0;
    bool lending = false;
    base::MonotonicTime not_before;  // nothing came of the last lend
  };
  struct Peer {
    // As lender: its wants.
    uint64_t wants_number = 0;
    std::map<std::string, Wanted> wanted;
    std::set<uint64_t> lends_under_way;
    uint64_t settled_told = 0;
    bool watching = false;  // a Watch is under way
    bool watched = false;   // the last one named tasks
    // As owner.
    std::map<std::string, int> told;  // wants that it knows of
    bool telling = false;
    uint64_t settled = 0;                              // of its lends
    std::unordered_map<core::TaskRef, uint64_t> lent;  // by which lend it got the task; until it says so
  };

  void Tick();
  // ---- as owner
  void TellWants();
  void Give(const std::string& node, uint64_t number, const LendRequest& request, LendResponse response,
            const std::function<void(LendResponse)>& done);
  // ---- as lender
  void MatchSoon();
  void Match();
  void Lend(const Member& to, const std::string& queue, Wanted& wanted);
  void OnLent(const std::string& node, const std::string& queue, uint64_t number, Claims claims,
              absl::StatusOr<LendResponse> response);
  void SendWatches();

  Parts parts_;
  Member self_;
  std::map<std::string, Peer> peers_;           // by node
  std::set<std::string> unserved_;              // queues of this node in which tasks were put
  std::unordered_set<core::TaskRef> borrowed_;  // got by a lend, and not known to be over
  uint64_t wants_number_ = 0;
  uint64_t lends_ = 0;
  uint64_t turn_ = 0;
  bool tell_posted_ = false;
  bool match_posted_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::cluster
