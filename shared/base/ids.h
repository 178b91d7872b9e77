// Strong types for the project's ids, so that one kind of id cannot be passed for another.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace pawl::base {

// An integer that knows what it numbers. Totally ordered; hashable; value() is the only way out.
template <typename Tag, typename Rep>
class StrongInt {
 public:
  constexpr StrongInt() = default;
  constexpr explicit StrongInt(Rep value) : value_(value) {}
  constexpr Rep value() const { return value_; }
  constexpr StrongInt next() const { return StrongInt(value_ + 1); }
  friend constexpr auto operator<=>(StrongInt, StrongInt) = default;
  template <typename H>
  friend H AbslHashValue(H h, StrongInt id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Rep value_ = 0;
};

// Number of a public history event within its execution, from 1. 0 means "none".
using EventId = StrongInt<struct EventIdTag, int64_t>;
// Number of a frame within its execution: 1 is the root frame. 0 means "none". Never reused.
using FrameId = StrongInt<struct FrameIdTag, int64_t>;
// Which partition of the cluster, 0 .. count-1.
using PartitionId = StrongInt<struct PartitionIdTag, int32_t>;
// hash(account, machine, execution name) mod kSlotCount.
using Slot = StrongInt<struct SlotTag, int32_t>;
// Ownership counter of a partition; raised by each claim.
using Epoch = StrongInt<struct EpochTag, int64_t>;
// Position in a partition's log, gapless, from 1.
using Sequence = StrongInt<struct SequenceTag, int64_t>;

inline constexpr int kSlotCount = 16384;

// Identity of an entity (an execution or a Map Run): 16 bytes, the first 6 a big-endian Unix time in milliseconds so
// that entities created together stay together in an index, the next 2 the slot, the rest random.
class EntityId {
 public:
  constexpr EntityId() = default;
  constexpr explicit EntityId(std::array<uint8_t, 16> bytes) : bytes_(bytes) {}
  static EntityId Make(int64_t unix_ms, Slot slot, uint64_t random);
  // Expects exactly 32 hexadecimal digits, dashes ignored; returns an all-zero id otherwise.
  static EntityId FromHex(std::string_view text);
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  Slot slot() const { return Slot((bytes_[6] << 8) | bytes_[7]); }
  int64_t unix_ms() const;
  bool is_none() const { return *this == EntityId(); }
  // Lower-case, with the dashes of a UUID.
  std::string ToString() const;
  friend constexpr auto operator<=>(const EntityId&, const EntityId&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const EntityId& id) {
    return H::combine(std::move(h), id.bytes_);
  }

 private:
  std::array<uint8_t, 16> bytes_{};
};

}  // namespace pawl::base

template <typename Tag, typename Rep>
struct std::hash<pawl::base::StrongInt<Tag, Rep>> {
  size_t operator()(pawl::base::StrongInt<Tag, Rep> id) const { return std::hash<Rep>()(id.value()); }
};
template <>
struct std::hash<pawl::base::EntityId> {
  size_t operator()(const pawl::base::EntityId& id) const {
    uint64_t low = 0;
    for (int i = 8; i < 16; ++i) low = low << 8 | id.bytes()[i];
    return low;  // the last eight bytes are random
  }
};
