#include "scheduler/asl/interpret/trace.h"

namespace pawl::asl {

const json::Value* Trace::Find(std::string_view name) const {
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) {
    if (stage->name == name) return &stage->value;
  }
  return nullptr;
}

void Trace::Stage(std::string_view name, const json::Value& value) { stages_.push_back({std::string(name), value}); }

void Trace::Rule(size_t index, bool matched, const std::string& why) { rules_.push_back({index, matched, why}); }

void Trace::Retrier(size_t index, bool covers, int32_t used, std::optional<std::chrono::milliseconds> delay) {
  retriers_.push_back({index, covers, used, delay});
}

void Trace::Catcher(size_t index, bool covers) { catchers_.push_back({index, covers}); }

}  // namespace pawl::asl
