// Engines over one store in memory, in virtual time, for tests of what the partition promises.
//
//   EngineBench bench;
//   Node& node = bench.Boot("a");
//   auto reply = node.Start("run", kWait);        // a definition's text
//   bench.Run(milliseconds(10));
//   EXPECT_TRUE(reply->value.has_value());
//
// Nothing happens but in Run. Appends meet the fates that were queued for them, in order; everything else is answered
// at once. Destroying a node is a crash.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/memory/memory_log.h"
#include "scheduler/partition/engine.h"

namespace pawl::partition {

// Runs what is posted in its order, moving time to the next thing due.
class VirtualTime : public base::Executor, public base::Clock {
 public:
  void Post(Work work) override { PostAt(now_, std::move(work)); }
  TimerHandle PostAt(base::MonotonicTime due, Work work) override;
  void Cancel(TimerHandle handle) override;
  base::WallTime WallNow() const override;
  base::MonotonicTime MonotonicNow() const override { return now_; }

  void RunFor(std::chrono::milliseconds time);
  void StepWall(std::chrono::milliseconds by) { wall_offset_ += by; }

 private:
  using Key = std::pair<base::MonotonicTime, TimerHandle>;
  base::MonotonicTime now_{std::chrono::seconds(1'000)};
  std::chrono::milliseconds wall_offset_{0};
  TimerHandle last_ = 0;
  std::map<Key, Work> work_;
  std::map<TimerHandle, base::MonotonicTime> due_;
};

// An answer that may not have come yet.
template <typename T>
struct Reply {
  std::optional<T> value;
  bool has(absl::StatusCode code) const;
};
using StartReply = std::shared_ptr<Reply<absl::StatusOr<Started>>>;
using StatusReply = std::shared_ptr<Reply<absl::Status>>;
using PollReply = std::shared_ptr<Reply<std::vector<core::TaskDetails>>>;

class EngineBench {
 public:
  class Node;

  explicit EngineBench(int partitions = 2);
  ~EngineBench();

  Node& Boot(const std::string& name, std::function<void(Settings&)> adjust = {});
  void Crash(const std::string& name) { nodes_.erase(name); }
  void Run(std::chrono::milliseconds time) { time_.RunFor(time); }
  // What becomes of the next append that has no fate yet.
  void NextAppend(history::CallFate fate) { faults_.fates.push_back(fate); }

  // The next renewal fails, and costs the session what it holds.
  void LoseNextRenewal() { faults_.loses_renewal = true; }

  // Names of executions whose slots lie in that partition.
  std::string NameIn(int partition, int number = 0) const;
  history::MemoryStore& store() { return *store_; }
  std::shared_ptr<history::MemoryStore> shared_store() { return store_; }
  // How many appends were sent.
  int appends() const { return faults_.appends; }
  VirtualTime& time() { return time_; }
  const std::string& DigestOf(const std::string& definition);
  // From now on it cannot be loaded.
  void LoseDefinition(const std::string& definition) { programs_.erase(DigestOf(definition)); }

 private:
  friend class Node;
  class Fates : public history::FaultPlan {
   public:
    history::CallFate Next(history::CallKind kind) override;
    std::deque<history::CallFate> fates;
    int appends = 0;
    bool loses_renewal = false;
  };

  const int partitions_;
  VirtualTime time_;
  Fates faults_;
  std::shared_ptr<history::MemoryStore> store_;
  std::map<std::string, std::string> digests_;
  std::map<std::string, std::shared_ptr<const asl::Program>> programs_;
  std::map<std::string, std::unique_ptr<Node>> nodes_;
};

class EngineBench::Node : public Observer {
 public:
  Node(EngineBench& bench, Settings settings);
  ~Node() override;

  Engine& engine() { return *engine_; }
  StartReply Start(const std::string& name, const std::string& definition, const std::string& input = "{}",
                   const std::string& machine = "m");
  StatusReply Submit(base::EntityId entity, core::Command command);
  StatusReply Complete(const core::TaskRef& task, const std::string& output = "{}");
  StatusReply Stop(base::EntityId entity) { return Submit(entity, core::StopExecution{}); }
  // A worker of the queue "a" asks for that many tasks.
  PollReply Poll(int slots = 1, const std::string& session = "s");

  const std::vector<std::string>& log_lines() const { return log_lines_; }
  const std::vector<size_t>& batches() const { return batches_; }  // decisions in each that was committed
  bool Said(const std::string& part) const;

 private:
  void LogLine(const std::string& sentence) override { log_lines_.push_back(sentence); }
  void BatchCommitted(size_t decisions, std::chrono::microseconds) override { batches_.push_back(decisions); }

  EngineBench& bench_;
  base::SeededRandom random_{7};
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  class Process;
  std::unique_ptr<Process> process_;
  history::MemoryLog log_;
  std::vector<std::string> log_lines_;
  std::vector<size_t> batches_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace pawl::partition
