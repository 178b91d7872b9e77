// Variables: what a frame sees, and what it may assign (STEP_FUNCTIONS.md 2.6).
#include <utility>

#include "scheduler/core/decider.h"

namespace pawl::core {

using history::Assigned;
using history::Frame;

asl::Variables Decider::VisibleVariables(const Frame& frame) const {
  asl::Variables visible;
  for (const Frame* here = &frame; here != nullptr; here = state_.Find(here->parent)) {
    for (const Assigned& variable : here->variables) {
      visible.emplace_back(variable.name, variable.value.value());
    }
  }
  return visible;
}

// The bounds are those of payloads: one for a variable and for an Assign as a whole, forty of them (10 MiB of 256 KiB)
// for all that a scope can see, its own and those around it. A name that stands outside cannot be taken inside.
std::optional<asl::Failure> Decider::CheckAssigned(const Frame& frame, const std::vector<Assigned>& assigned) const {
  constexpr size_t kVisibleInPayloads = 40;
  auto too_large = [&](const std::string& what) {
    return asl::Failure{.error = "States.DataLimitExceeded",
                        .cause = "The state/task '" + frame.state + "' assigned " + what +
                                 " with a size exceeding the maximum number of bytes service limit.",
                        .catchable = false,
                        .evaluation = {}};
  };
  const size_t limit = ambient_.limits.payload_bytes_max;
  size_t assigned_bytes = 0;
  size_t visible_bytes = 0;
  for (const Assigned& variable : assigned) {
    for (const Frame* outer = state_.Find(frame.parent); outer != nullptr; outer = state_.Find(outer->parent)) {
      for (const Assigned& theirs : outer->variables) {
        if (theirs.name != variable.name) continue;
        return asl::Failure{.error = "States.Runtime",
                            .cause = "The state '" + frame.state + "' cannot assign the variable '" + variable.name +
                                     "': it belongs to an outer scope.",
                            .catchable = false,
                            .evaluation = {}};
      }
    }
    if (IsTooLarge(variable.value)) return too_large("the variable '" + variable.name + "'");
    assigned_bytes += variable.value.text().size();
  }
  if (limit == 0) return std::nullopt;
  if (assigned_bytes > limit) return too_large("variables");
  for (const Frame* here = &frame; here != nullptr; here = state_.Find(here->parent)) {
    for (const Assigned& variable : here->variables) visible_bytes += variable.value.size_bound();
  }
  if (visible_bytes + assigned_bytes > kVisibleInPayloads * limit) return too_large("variables");
  return std::nullopt;
}

}  // namespace pawl::core
