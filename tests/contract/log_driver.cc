#include "tests/contract/log_driver.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace pawl::test {

using namespace history;

base::PartitionId Partition(int p) { return base::PartitionId(p); }

base::WallTime StartOf(int n) { return base::WallTime(std::chrono::milliseconds(1'800'000'000'000 + n * 1000)); }

base::EntityId Entity(int p, int n) {
  // Slots of one partition are neighbours.
  int slot = p * base::kSlotCount / kPartitions + n % 7;
  return base::EntityId::Make(StartOf(n).time_since_epoch().count(), base::Slot(slot), static_cast<uint64_t>(n));
}

NameKey Key(int n) {
  NameKey key{};
  key[0] = static_cast<uint8_t>(n * 37);
  key[14] = static_cast<uint8_t>(n >> 8);
  key[15] = static_cast<uint8_t>(n);
  return key;
}

std::string RowBytes(int n, int64_t revision) { return "row " + std::to_string(n) + "." + std::to_string(revision); }

Batch::Batch(int partition, int64_t epoch, int64_t first_sequence) : partition_(partition) {
  batch_.partition = Partition(partition);
  batch_.epoch = base::Epoch(epoch);
  batch_.first_sequence = base::Sequence(first_sequence);
}

Batch& Batch::Open(int n) {
  InputDigest digest{};
  digest[3] = static_cast<uint8_t>(n);
  batch_.opened.push_back({.entity = Entity(partition_, n),
                           .name_key = Key(n),
                           .input_digest = digest,
                           .account = "000000000000",
                           .region = "us-east-1",
                           .machine = n % 2 == 0 ? "even" : "odd",
                           .name = "run " + std::to_string(n),
                           .started_at = StartOf(n)});
  return *this;
}

Batch& Batch::Row(int n, int64_t revision, std::string bytes) {
  if (bytes.empty()) bytes = RowBytes(n, revision);
  batch_.decisions.push_back({.entity = Entity(partition_, n),
                              .revision = revision,
                              .first_event = base::EventId(revision * 3),
                              .bytes = std::move(bytes)});
  return *this;
}

Batch& Batch::Close(int n, int16_t status) {
  batch_.closed.push_back(
      {.entity = Entity(partition_, n), .status = status, .stopped_at = StartOf(n) + std::chrono::seconds(90)});
  return *this;
}

Batch& Batch::Snapshot(int n, int64_t revision, std::string bytes) {
  batch_.snapshots.push_back({.entity = Entity(partition_, n), .revision = revision, .bytes = std::move(bytes)});
  return *this;
}

Batch& Batch::Park(int n, std::optional<int> wake_after_seconds) {
  history::ExecutionParked parked{.entity = Entity(partition_, n),
                                  .name_key = Key(n),
                                  .input_digest = Key(n + 1'000'000),
                                  .started_at = StartOf(n)};
  if (wake_after_seconds) parked.wake_at = StartOf(n) + std::chrono::seconds(*wake_after_seconds);
  batch_.parked.push_back(parked);
  return *this;
}

namespace {

std::vector<base::PartitionId> Ids(const std::vector<int>& partitions) {
  std::vector<base::PartitionId> ids;
  for (int p : partitions) ids.push_back(Partition(p));
  return ids;
}

}  // namespace

AppendResult Driver::Append(std::vector<PartitionBatch> batches) {
  std::optional<AppendResult> answer;
  log_->Append(std::move(batches), [&](AppendResult result) { answer = std::move(result); });
  return Wait(answer);
}

absl::StatusOr<std::vector<Claimed>> Driver::TryClaim(const std::string& node, std::vector<int> partitions,
                                                      std::chrono::milliseconds lease) {
  std::optional<absl::StatusOr<std::vector<Claimed>>> answer;
  log_->Claim({node, Ids(partitions), lease}, [&](absl::StatusOr<std::vector<Claimed>> claimed) { answer = claimed; });
  return Wait(answer);
}

std::vector<Claimed> Driver::Claim(const std::string& node, std::vector<int> partitions,
                                   std::chrono::milliseconds lease) {
  for (int attempt = 0; attempt < 200; ++attempt) {
    absl::StatusOr<std::vector<Claimed>> claimed = TryClaim(node, partitions, lease);
    if (claimed.ok()) {
      EXPECT_EQ(claimed->size(), partitions.size());
      return *claimed;
    }
    target_.Pass(std::chrono::milliseconds(100));
  }
  ADD_FAILURE() << "the log does not come back";
  return {};
}

std::vector<int> Driver::Renew(const std::string& node, std::chrono::milliseconds lease) {
  std::optional<absl::StatusOr<std::vector<base::PartitionId>>> answer;
  log_->Renew(node, lease, [&](absl::StatusOr<std::vector<base::PartitionId>> renewed) { answer = renewed; });
  absl::StatusOr<std::vector<base::PartitionId>> renewed = Wait(answer);
  EXPECT_TRUE(renewed.ok()) << renewed.status();
  std::vector<int> partitions;
  if (renewed.ok()) {
    for (base::PartitionId partition : *renewed) partitions.push_back(partition.value());
  }
  return partitions;
}

void Driver::Release(const std::string& node, std::vector<int> partitions) {
  std::optional<bool> answer;
  log_->Release(node, Ids(partitions), [&] { answer = true; });
  Wait(answer);
}

std::vector<PartitionOwner> Driver::Owners() {
  std::optional<absl::StatusOr<std::vector<PartitionOwner>>> answer;
  log_->Owners([&](absl::StatusOr<std::vector<PartitionOwner>> owners) { answer = owners; });
  return Wait(answer).value();
}

std::vector<StoredEntity> Driver::Recover(int partition) {
  std::vector<StoredEntity> entities;
  std::optional<absl::Status> answer;
  log_->Recover(
      Partition(partition), [&](StoredEntity entity) { entities.push_back(std::move(entity)); },
      [&](absl::Status status) { answer = status; });
  absl::Status status = Wait(answer);
  EXPECT_TRUE(status.ok()) << status;
  std::sort(entities.begin(), entities.end(),
            [](const StoredEntity& a, const StoredEntity& b) { return a.entity < b.entity; });
  return entities;
}

std::vector<StoredEntity> Driver::ReadOpen(std::vector<base::EntityId> entities) {
  std::optional<absl::StatusOr<std::vector<StoredEntity>>> answer;
  log_->ReadOpen(std::move(entities),
                 [&](absl::StatusOr<std::vector<StoredEntity>> open) { answer = std::move(open); });
  std::vector<StoredEntity> open = Wait(answer).value();
  std::sort(open.begin(), open.end(), [](const StoredEntity& a, const StoredEntity& b) { return a.entity < b.entity; });
  return open;
}

std::vector<std::optional<IndexedExecution>> Driver::Find(std::vector<NameKey> keys) {
  std::optional<absl::StatusOr<std::vector<std::optional<IndexedExecution>>>> answer;
  log_->FindByName(std::move(keys),
                   [&](absl::StatusOr<std::vector<std::optional<IndexedExecution>>> found) { answer = found; });
  return Wait(answer).value();
}

std::vector<DecisionRow> Driver::Read(base::EntityId entity, int64_t from, int limit) {
  std::optional<absl::StatusOr<std::vector<DecisionRow>>> answer;
  log_->ReadDecisions(entity, from, limit, [&](absl::StatusOr<std::vector<DecisionRow>> rows) { answer = rows; });
  return Wait(answer).value();
}

std::vector<IndexedExecution> Driver::List(ListQuery query) {
  std::optional<absl::StatusOr<std::vector<IndexedExecution>>> answer;
  log_->List(std::move(query), [&](absl::StatusOr<std::vector<IndexedExecution>> found) { answer = found; });
  return Wait(answer).value();
}

}  // namespace pawl::test
