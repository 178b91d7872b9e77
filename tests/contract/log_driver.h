// Drives an EventLog in a test: calls it and waits for the answer, and makes batches that are easy to read.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "history/log/event_log.h"

namespace pawl::test {

// Something that keeps the EventLog contract. Sessions of one target share its data.
class LogTarget {
 public:
  virtual ~LogTarget() = default;
  virtual std::unique_ptr<history::EventLog> NewSession() = 0;
  // Runs completions until `done` says so. Fails the test where that takes too long.
  virtual void RunUntil(const std::function<bool()>& done) = 0;
  // Lets time pass, for leases.
  virtual void Pass(std::chrono::milliseconds time) = 0;
  // Loses the connection of whoever appends, in the middle of its next append: before the commit or after it.
  virtual void LoseNextAppend(bool after_commit) = 0;
};

inline constexpr int kPartitions = 4;

// Execution number `n` in partition `p`.
base::EntityId Entity(int p, int n);
history::NameKey Key(int n);
base::PartitionId Partition(int p);

// A batch being made: Batch(0, epoch, 1).Open(1).Row(1, 1).Close(1).
class Batch {
 public:
  Batch(int partition, int64_t epoch, int64_t first_sequence);
  Batch& Open(int n);
  Batch& Row(int n, int64_t revision, std::string bytes = "");
  Batch& Close(int n, int16_t status = 1);
  Batch& Snapshot(int n, int64_t revision, std::string bytes);
  // Until so many seconds after the execution's start; none: not any more.
  Batch& Park(int n, std::optional<int> wake_after_seconds);
  operator history::PartitionBatch() const { return batch_; }

 private:
  int partition_;
  history::PartitionBatch batch_;
};

// What Batch::Row writes where no bytes are given.
std::string RowBytes(int n, int64_t revision);
base::WallTime StartOf(int n);

// Blocking calls on one session.
class Driver {
 public:
  explicit Driver(LogTarget& target) : target_(target), log_(target.NewSession()) {}

  history::AppendResult Append(std::vector<history::PartitionBatch> batches);
  absl::StatusOr<std::vector<history::Claimed>> TryClaim(const std::string& node, std::vector<int> partitions,
                                                         std::chrono::milliseconds lease = std::chrono::seconds(30));
  // Tries again while the log is away; expects to get all of them.
  std::vector<history::Claimed> Claim(const std::string& node, std::vector<int> partitions,
                                      std::chrono::milliseconds lease = std::chrono::seconds(30));
  std::vector<int> Renew(const std::string& node, std::chrono::milliseconds lease = std::chrono::seconds(30));
  void Release(const std::string& node, std::vector<int> partitions);
  std::vector<history::PartitionOwner> Owners();
  std::vector<history::StoredEntity> Recover(int partition);
  std::vector<history::StoredEntity> ReadOpen(std::vector<base::EntityId> entities);
  std::vector<std::optional<history::IndexedExecution>> Find(std::vector<history::NameKey> keys);
  std::vector<history::DecisionRow> Read(base::EntityId entity, int64_t from = 1, int limit = 1000);
  std::vector<history::IndexedExecution> List(history::ListQuery query);

  history::EventLog& log() { return *log_; }
  LogTarget& target() { return target_; }
  // Runs completions until `answer` has a value, and gives it.
  template <typename T>
  T Wait(std::optional<T>& answer) {
    target_.RunUntil([&] { return answer.has_value(); });
    return std::move(*answer);
  }

 private:
  LogTarget& target_;
  std::unique_ptr<history::EventLog> log_;
};

// memory_target.cc, postgres_target.cc
std::unique_ptr<LogTarget> NewMemoryTarget();
std::unique_ptr<LogTarget> NewPostgresTarget();

}  // namespace pawl::test
