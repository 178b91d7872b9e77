// Which timer of which execution.
#pragma once

#include <compare>
#include <functional>

#include "scheduler/core/command.h"
#include "shared/base/ids.h"

namespace pawl::partition {

struct TimerKey {
  base::EntityId entity;
  base::FrameId frame;
  core::TimerKind kind = core::TimerKind::kWait;
  friend auto operator<=>(const TimerKey&, const TimerKey&) = default;
};

}  // namespace pawl::partition

template <>
struct std::hash<pawl::partition::TimerKey> {
  size_t operator()(const pawl::partition::TimerKey& key) const {
    return std::hash<pawl::base::EntityId>()(key.entity) * 31 + static_cast<size_t>(key.frame.value()) * 4 +
           static_cast<size_t>(key.kind);
  }
};
