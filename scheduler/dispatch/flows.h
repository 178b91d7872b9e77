// Flows and their weights: whatever shares something with others, by name, under a small number. A state machine is
// "machine:ACCOUNT:REGION:NAME"; a queue is "queue:HANDLER". Weights are set for names, before or after they are seen;
// one that is not set is 1. Thread rule: the engine's thread only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scheduler/dispatch/fair_queue.h"

namespace pawl::dispatch {

inline constexpr uint32_t kWeightMax = 100;

class Flows {
 public:
  // Of what belongs to no flow that is known.
  static constexpr FlowId kNone = 0;

  FlowId IdOf(const std::string& name) {
    auto [found, is_new] = ids_.try_emplace(name, static_cast<FlowId>(weights_.size()));
    if (is_new) {
      weights_.push_back(1);
      if (auto set = set_.find(name); set != set_.end()) weights_.back() = set->second;
    }
    return found->second;
  }
  uint32_t WeightOf(FlowId flow) const { return weights_[flow]; }

  // All weights that are set; the others are 1 again.
  void SetWeights(std::map<std::string, uint32_t> weights) {
    set_ = std::move(weights);
    for (auto& [name, weight] : set_) weight = std::clamp<uint32_t>(weight, 1, kWeightMax);
    for (const auto& [name, id] : ids_) {
      auto set = set_.find(name);
      weights_[id] = set == set_.end() ? 1 : set->second;
    }
  }

 private:
  std::vector<uint32_t> weights_{1};  // by id
  std::unordered_map<std::string, FlowId> ids_;
  std::map<std::string, uint32_t> set_;
};

}  // namespace pawl::dispatch
