#include "scheduler/asl/intrinsics/value_size.h"

#include <vector>

namespace pawl::asl::intrinsics {

std::optional<size_t> SizeWithin(const json::Value& value, size_t bytes_max) {
  struct Frame {
    const json::Value* container;
    size_t next;
  };
  std::vector<Frame> frames;  // values may be deep
  size_t bytes = 0;
  const auto enter = [&](const json::Value& one) {
    if (one.is_string()) {
      bytes += one.as_string().size() + 2;
    } else if (one.is_array() || one.is_object()) {
      bytes += 2;
      if (one.size() > 0) frames.push_back({&one, 0});
    } else {
      bytes += 1;
    }
  };
  enter(value);
  while (!frames.empty() && bytes <= bytes_max) {
    Frame& frame = frames.back();
    const json::Value& container = *frame.container;
    if (frame.next == container.size()) {
      frames.pop_back();
      continue;
    }
    bytes += frame.next > 0 ? 1 : 0;
    const size_t number = frame.next++;
    if (container.is_array()) {
      enter(container.items()[number]);
    } else {
      bytes += container.members()[number].key.size() + 3;
      enter(container.members()[number].value);
    }
  }
  if (bytes > bytes_max) return std::nullopt;
  return bytes;
}

}  // namespace pawl::asl::intrinsics
