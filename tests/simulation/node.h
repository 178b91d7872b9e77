// A simulated scheduler process: an Engine over a MemoryLog with its own executor and clock, and the desk that front
// ends are to it: what the gateway does for workers and callers, without wire formats. Destroying a Node is SIGKILL:
// its memory vanishes, what it had sent to the store may still be carried out.
//
// The desk checks everything that leaves the engine against the Ledger at the moment it leaves.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/memory/memory_log.h"
#include "scheduler/partition/engine.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {

using Programs = std::map<std::string, std::shared_ptr<const asl::Program>>;

struct PollReply {
  std::vector<core::TaskDetails> tasks;
  std::vector<core::TaskRef> cancelled;
};

struct PollRequest {
  std::string worker;
  std::string session;
  std::vector<dispatch::PollHandler> handlers;
  std::vector<core::TaskRef> held;
  bool held_is_complete = false;  // as PollRequest.held_tokens_complete
  int slots = 1;
  std::chrono::milliseconds wait{5'000};
};

class Node {
 public:
  struct Parts {
    World& world;
    Ledger& ledger;
    std::shared_ptr<history::MemoryStore> store;
    Process& network;  // outlives the node: carries out what was sent
    history::FaultPlan& faults;
    const Programs& programs;
  };
  // `drift_ppm`: of its monotonic clock.
  Node(partition::Settings settings, Parts parts, int64_t drift_ppm = 0);
  ~Node();

  const std::string& name() const { return name_; }
  partition::Engine& engine() { return *engine_; }
  Process& process() { return process_; }

  void Poll(PollRequest request, std::function<void(PollReply)> done);
  // Whose word it is: the worker's that holds the task, or of somebody with its token.
  enum class Speaker { kHolder, kTokenHolder };
  void Complete(const core::TaskRef& task, std::optional<std::string> output, Speaker speaker,
                std::function<void(absl::Status)> done);
  // A heartbeat, with a checkpoint where there is one; `done(false)`: the task is over.
  void Beat(const std::string& session, const core::TaskRef& task, const std::string& checkpoint,
            std::function<void(bool)> done);
  void Start(partition::StartRequest request, std::function<void(absl::StatusOr<partition::Started>)> done);
  void Stop(base::EntityId entity, std::function<void(absl::Status)> done);

  // Compares the engine's memory with the log, for executions of which nothing is under way.
  void CompareWithLog();

 private:
  struct PollCall;
  void TakePoll(PollRequest request, std::function<void(PollReply)> done);
  // As the gateway does when a session says that it has no other poll under way.
  void DropPolls(const std::string& session);

  class Observer : public partition::Observer {
   public:
    Observer(World& world, std::string name) : world_(world), name_(std::move(name)) {}
    void LogLine(const std::string& sentence) override { world_.Tell(name_, sentence); }

   private:
    World& world_;
    std::string name_;
  };

  std::string name_;
  Parts parts_;
  Process process_;
  Chance chance_;
  std::map<std::string, std::vector<std::shared_ptr<PollCall>>> polls_;
  Observer observer_;
  std::unique_ptr<history::MemoryLog> log_;
  std::unique_ptr<partition::Engine> engine_;
};

}  // namespace pawl::simulation
