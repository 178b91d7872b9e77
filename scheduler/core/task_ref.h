// Names one hand-out of one task: what a token stands for, and the fence that a result must pass.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "shared/base/ids.h"

namespace pawl::core {

struct TaskRef {
  base::EntityId entity;
  base::FrameId frame;
  base::EventId scheduled_event;
  int64_t attempt = 1;

  friend auto operator<=>(const TaskRef&, const TaskRef&) = default;
  // The same scheduling, whatever the attempt.
  bool SameTask(const TaskRef& other) const {
    return entity == other.entity && frame == other.frame && scheduled_event == other.scheduled_event;
  }
};

}  // namespace pawl::core

template <>
struct std::hash<pawl::core::TaskRef> {
  size_t operator()(const pawl::core::TaskRef& ref) const {
    size_t h = std::hash<pawl::base::EntityId>()(ref.entity);
    h = h * 1'000'003 + static_cast<size_t>(ref.scheduled_event.value());
    return h * 31 + static_cast<size_t>(ref.attempt);
  }
};
