#include "history/log/event_log.h"

#include "shared/base/check.h"

namespace pawl::history {

base::PartitionId PartitionOfSlot(base::Slot slot, int32_t count) {
  PAWL_CHECK(count > 0 && count <= base::kSlotCount, "a cluster has between 1 and 16,384 partitions");
  PAWL_CHECK(slot.value() >= 0 && slot.value() < base::kSlotCount, "a slot is below 16,384");
  return base::PartitionId(static_cast<int32_t>(static_cast<int64_t>(slot.value()) * count / base::kSlotCount));
}

}  // namespace pawl::history
