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

TEST(SlotsOfPartition, AreThoseThatPartitionOfSlotGivesIt) {
  for (int32_t count : {1, 3, 64, 100, base::kSlotCount}) {
    int32_t next = 0;
    for (int32_t i = 0; i < count; ++i) {
      const base::PartitionId partition(i);
      const SlotRange slots = SlotsOfPartition(partition, count);
      ASSERT_EQ(slots.first.value(), next);
      ASSERT_EQ(PartitionOfSlot(slots.first, count), partition);
      ASSERT_EQ(PartitionOfSlot(slots.last, count), partition);
      next = slots.last.value() + 1;
    }
    EXPECT_EQ(next, base::kSlotCount);
  }
}

TEST(SlotOfName, IsWhatTheKeyBeginsWith) {
  NameKey key{};
  key[0] = 0x12;
  key[1] = 0x34;
  EXPECT_EQ(SlotOfName(key), base::Slot(0x1234));
  key[0] = 0xff;
  key[1] = 0xff;
  EXPECT_EQ(SlotOfName(key), base::Slot(base::kSlotCount - 1));
}

}  // namespace
}  // namespace pawl::history
