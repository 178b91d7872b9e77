#include "history/log/event_log.h"

#include "shared/base/check.h"

namespace pawl::history {

base::PartitionId PartitionOfSlot(base::Slot slot, int32_t count) {
  PAWL_CHECK(count > 0 && count <= base::kSlotCount, "a cluster has between 1 and 16,384 partitions");
  PAWL_CHECK(slot.value() >= 0 && slot.value() < base::kSlotCount, "a slot is below 16,384");
  return base::PartitionId(static_cast<int32_t>(static_cast<int64_t>(slot.value()) * count / base::kSlotCount));
}

SlotRange SlotsOfPartition(base::PartitionId partition, int32_t count) {
  auto first_of = [count](int64_t of) { return static_cast<int32_t>((of * base::kSlotCount + count - 1) / count); };
  return {base::Slot(first_of(partition.value())), base::Slot(first_of(int64_t{partition.value()} + 1) - 1)};
}

base::Slot SlotOfName(const NameKey& key) { return base::Slot((key[0] << 8 | key[1]) % base::kSlotCount); }

}  // namespace pawl::history
