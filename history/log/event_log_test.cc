#include "history/log/event_log.h"

#include <vector>

#include "gtest/gtest.h"

namespace pawl::history {
namespace {

TEST(PartitionOfSlot, SpreadsSlotsEvenlyAndInOrder) {
  for (int32_t count : {1, 3, 64, 100, base::kSlotCount}) {
    std::vector<int> slots(count, 0);
    int32_t last = 0;
    for (int slot = 0; slot < base::kSlotCount; ++slot) {
      int32_t partition = PartitionOfSlot(base::Slot(slot), count).value();
      ASSERT_GE(partition, last);
      ASSERT_LT(partition, count);
      last = partition;
      ++slots[partition];
    }
    for (int of_partition : slots) {
      EXPECT_GE(of_partition, base::kSlotCount / count);
      EXPECT_LE(of_partition, base::kSlotCount / count + 1);
    }
  }
}

}  // namespace
}  // namespace pawl::history
