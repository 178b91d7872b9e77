// The log: where decisions become durable. Implemented in memory (history/memory) and on PostgreSQL (history/postgres);
// tests/contract holds both to this page.
//
// Promises
//  1. Append is atomic per call and exact in its fence: the rows of a partition whose epoch is not the current one are
//     refused, all others stand or fall together.
//  2. After kCommitted the rows survive any crash and every later read sees them. After kUnknown they may or may not
//     be there: forget everything in memory, claim again, read again.
//  3. A claim raises the epoch, and nothing appended under an older epoch can become visible after the claim was
//     answered, even if its transaction was already under way.
//  4. Within a partition, sequences are gapless across owners; within an entity, revisions are gapless.
//
// Thread rule: calls come from one thread (the engine's); completions run on the Executor given at construction.
// At most one Append is under way at a time (CHECKed); reads may overlap it.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/clock.h"
#include "shared/base/ids.h"

namespace pawl::history {

// SHA-256 of account, region, machine and name, first 16 bytes: the key under which an execution's name is unique.
using NameKey = std::array<uint8_t, 16>;
using InputDigest = std::array<uint8_t, 16>;

// One decision's events, encoded together (history/codec).
struct DecisionRow {
  base::EntityId entity;
  int64_t revision = 0;       // 1, 2, ... within the entity
  base::EventId first_event;  // first public id in the row; where it has none, the next one to come
  std::string bytes;
};

struct ExecutionOpened {
  base::EntityId entity;
  NameKey name_key{};
  InputDigest input_digest{};
  std::string account;
  std::string region;
  std::string machine;
  std::string name;
  base::WallTime started_at;
};

// `status` is the number of history::ExecutionStatus.
struct ExecutionClosed {
  base::EntityId entity;
  int16_t status = 0;
  base::WallTime stopped_at;
};

// Replaces the entity's earlier snapshot. Reading starts there.
struct SnapshotRow {
  base::EntityId entity;
  int64_t revision = 0;  // state after this revision
  std::string bytes;
};

// An open execution that only waits. Recovery leaves it in the log; it is read when something comes for it, and at
// `wake_at`, which is never later than it must be looked at.
struct ExecutionParked {
  base::EntityId entity;
  std::optional<base::WallTime> wake_at;  // none: it is not parked any more
  // By which its name is known meanwhile.
  NameKey name_key{};
  InputDigest input_digest{};
  base::WallTime started_at;
};

struct PartitionBatch {
  base::PartitionId partition;
  base::Epoch epoch;
  base::Sequence first_sequence;  // of decisions.front(); the others follow
  std::vector<DecisionRow> decisions;
  std::vector<ExecutionOpened> opened;
  std::vector<ExecutionClosed> closed;
  std::vector<SnapshotRow> snapshots;
  std::vector<ExecutionParked> parked;  // of an execution, the last one counts
};

enum class AppendCode { kCommitted, kUnknown };
struct AppendResult {
  AppendCode code = AppendCode::kCommitted;
  std::vector<base::PartitionId> refused;  // with kCommitted: these partitions' rows were not written
  // With kCommitted, of a log on several servers: of these partitions' rows it is not known. Forget them and claim
  // again.
  std::vector<base::PartitionId> unknown;
  std::string error;  // with kUnknown, or where `unknown` is not empty: what happened, for the operator's log
};

struct ClaimRequest {
  std::string node;  // id of this incarnation of the process
  std::vector<base::PartitionId> partitions;
  std::chrono::milliseconds lease{5000};
};
struct Claimed {
  base::PartitionId partition;
  base::Epoch epoch;
  base::Sequence next_sequence;
};

struct PartitionOwner {
  base::PartitionId partition;
  base::Epoch epoch;
  std::string node;  // empty: nobody
  bool expired = true;
};

// An execution that has not ended, as recovery finds it.
struct StoredEntity {
  base::EntityId entity;
  std::optional<ExecutionParked> parked;  // then nothing else of it was read
  std::optional<SnapshotRow> snapshot;
  std::vector<DecisionRow> decisions;  // after the snapshot, in order
};

struct IndexedExecution {
  ExecutionOpened opened;
  int16_t status = 0;
  std::optional<base::WallTime> stopped_at;
};

struct ListQuery {
  std::string account;
  std::string region;
  std::string machine;
  std::optional<int16_t> status;
  int limit = 100;
  // Newest first: only executions before (started_at, entity).
  std::optional<std::pair<base::WallTime, base::EntityId>> before;
};

class EventLog {
 public:
  virtual ~EventLog() = default;

  virtual void Append(std::vector<PartitionBatch> batches, std::function<void(AppendResult)> done) = 0;

  // Claims those of the wanted partitions that nobody else holds by an unexpired lease, and answers with them.
  virtual void Claim(ClaimRequest request, std::function<void(absl::StatusOr<std::vector<Claimed>>)> done) = 0;
  // Prolongs the node's leases; answers with the partitions it still holds.
  virtual void Renew(std::string node, std::chrono::milliseconds lease,
                     std::function<void(absl::StatusOr<std::vector<base::PartitionId>>)> done) = 0;
  // Gives partitions up, so that others may claim them at once.
  virtual void Release(std::string node, std::vector<base::PartitionId> partitions, std::function<void()> done) = 0;
  virtual void Owners(std::function<void(absl::StatusOr<std::vector<PartitionOwner>>)> done) = 0;

  // Every entity of the partition that has not ended, one by one through `each`, then `done`. Call after Claim.
  virtual void Recover(base::PartitionId partition, std::function<void(StoredEntity)> each,
                       std::function<void(absl::Status)> done) = 0;

  // Those of the entities that have not ended, parked or not, each with its snapshot and rows, in any order.
  virtual void ReadOpen(std::vector<base::EntityId> entities,
                        std::function<void(absl::StatusOr<std::vector<StoredEntity>>)> done) = 0;

  // For each key the execution of that name, ended or not, if any. Batched by the implementation.
  virtual void FindByName(std::vector<NameKey> keys,
                          std::function<void(absl::StatusOr<std::vector<std::optional<IndexedExecution>>>)> done) = 0;
  // Decisions of an entity from `from_revision` on, at most `limit` rows, in order; committed ones only.
  virtual void ReadDecisions(base::EntityId entity, int64_t from_revision, int limit,
                             std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) = 0;
  virtual void List(ListQuery query, std::function<void(absl::StatusOr<std::vector<IndexedExecution>>)> done) = 0;
};

// Which partition of `count` a slot belongs to: contiguous ranges of slots, as even as can be.
base::PartitionId PartitionOfSlot(base::Slot slot, int32_t count);

// The slots of a partition of `count`, both ends included: those that PartitionOfSlot gives it.
struct SlotRange {
  base::Slot first;
  base::Slot last;
};
SlotRange SlotsOfPartition(base::PartitionId partition, int32_t count);

// The slot of the executions of that name: the first two bytes of the key, which is a digest.
base::Slot SlotOfName(const NameKey& key);

}  // namespace pawl::history
