// A scripted worker. It polls every node, does what a task's parameters ask, and misbehaves as the seed wishes: stalls
// past the timeout, hangs, forgets heartbeats, answers twice, answers for an old attempt with nonsense, dies holding
// tasks, goes silent and comes back. Messages to and from it are delayed and lost.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/node.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

struct WorkerFaults {
  double stall = 0;
  double forget_heartbeats = 0;
  double answer_twice = 0;
  double answer_for_old_attempt = 0;
  double die = 0;        // per task taken
  double go_silent = 0;  // per task taken
  double lose_message = 0;
  double hang = 0;  // per task taken that has a timeout or a heartbeat to end it
  bool operator==(const WorkerFaults&) const = default;
};

// The nodes, by place; null where none runs now.
using Nodes = std::function<std::vector<std::shared_ptr<Node>>()>;

class Worker {
 public:
  Worker(World& world, Ledger& ledger, std::string name, Nodes nodes, WorkerFaults faults);

  void Run();
  // From now on it behaves.
  void Behave() { faults_ = {}; }

 private:
  struct Held {
    core::TaskDetails details;
    bool beats = true;
  };
  // One life of the worker: what belongs to an earlier one is ignored.
  struct Life {
    int number = 0;
    std::string session;
    std::map<core::TaskRef, Held> held;
    std::set<std::string> in_touch;  // nodes that have answered, with no poll lost since
    bool silent = false;
  };

  void Begin();
  void Die();
  void PollNode(size_t index);
  void OnPolled(const std::shared_ptr<Life>& life, const PollReply& reply);
  void Take(const std::shared_ptr<Life>& life, const core::TaskDetails& details);
  void Beat(const std::shared_ptr<Life>& life, const core::TaskRef& task);
  void Answer(const std::shared_ptr<Life>& life, const core::TaskRef& task, std::optional<std::string> output,
              bool once);
  // Whoever got the token from the call answers by it, whatever becomes of the worker.
  void AnswerByToken(const core::TaskRef& task, const std::string& output);
  // One that runs now; null where none does.
  std::shared_ptr<Node> AnyNode();
  bool Is(const std::shared_ptr<Life>& life) const { return life == life_; }
  // Delivers after a delay, or not.
  void Send(std::function<void()> message);

  World& world_;
  Ledger& ledger_;
  const std::string name_;
  Nodes nodes_;
  WorkerFaults faults_;
  Chance chance_;
  int lives_ = 0;
  std::shared_ptr<Life> life_;
};

}  // namespace pawl::simulation
