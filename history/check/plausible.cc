#include "history/check/plausible.h"

#include <type_traits>
#include <variant>

namespace pawl::history {
namespace {

template <typename T, typename... Others>
constexpr bool kIsOneOf = (std::is_same_v<T, Others> || ...);

template <typename T>
constexpr bool kEndsExecution = kIsOneOf<T, ExecutionSucceeded, ExecutionFailed, ExecutionAborted, ExecutionTimedOut>;
template <typename T>
constexpr bool kNeedsTask = kIsOneOf<T, TaskStarted, TaskSubmitted, TaskAttemptLost, TaskCheckpointed>;

class Doubt {
 public:
  Doubt(const ExecutionState& state, const Event& event) : state_(state), event_(event) {}

  std::string operator()(const ExecutionStarted&) const {
    return state_.frames.empty() && !state_.stopped_at ? "" : "it starts a second time";
  }
  std::string operator()(const MapIterationStarted& e) const {
    const WaitingForIterations* map = Iterations();
    if (map == nullptr) return "an iteration starts where no Map runs";
    if (e.index != map->next_index) {
      return "iteration " + std::to_string(map->next_index) + " is next, but number " + std::to_string(e.index) +
             " starts";
    }
    return e.index < map->map.length ? "" : "an iteration starts beyond the end of its Map";
  }
  std::string operator()(const MapIterationSucceeded& e) const { return EndsIteration(e.index, e.child); }
  std::string operator()(const MapIterationFailed& e) const { return EndsIteration(e.index, e.child); }
  std::string operator()(const BranchSucceeded&) const {
    const Frame* branch = state_.Find(event_.frame);
    if (branch == nullptr) return NoFrame();
    const Frame* parent = state_.Find(branch->parent);
    const auto* waiting = parent == nullptr ? nullptr : std::get_if<WaitingForBranches>(&parent->waiting);
    if (waiting == nullptr) return "a branch ends whose parent does not wait for branches";
    return branch->index >= 0 && branch->index < static_cast<int64_t>(waiting->results.size())
               ? ""
               : "a branch ends that its Parallel does not have";
  }
  std::string operator()(const ParallelStarted& e) const {
    if (e.branches < 0) return "a Parallel starts with a negative number of branches";
    return state_.Find(event_.frame) == nullptr ? NoFrame() : "";
  }
  std::string operator()(const MapStarted& e) const {
    if (e.length < 0) return "a Map starts with a negative length";
    return state_.Find(event_.frame) == nullptr ? NoFrame() : "";
  }
  std::string operator()(const RetryScheduled& e) const {
    if (e.retrier < 0) return "a negative retrier";
    return state_.Find(event_.frame) == nullptr ? NoFrame() : "";
  }
  template <typename Other>
  std::string operator()(const Other&) const {
    if constexpr (kEndsExecution<Other>) {
      return state_.is_running() ? "" : "it ends a second time, or before it started";
    } else {
      const Frame* frame = state_.Find(event_.frame);
      if (frame == nullptr) return NoFrame();
      if (kNeedsTask<Other> && !std::holds_alternative<WaitingForTask>(frame->waiting)) {
        return "a task goes on in a frame that waits for none";
      }
      return "";
    }
  }

 private:
  std::string NoFrame() const {
    return "it belongs to frame " + std::to_string(event_.frame.value()) + ", which is not there";
  }
  const WaitingForIterations* Iterations() const {
    const Frame* frame = state_.Find(event_.frame);
    return frame == nullptr ? nullptr : std::get_if<WaitingForIterations>(&frame->waiting);
  }
  std::string EndsIteration(int64_t index, base::FrameId child_id) const {
    const WaitingForIterations* map = Iterations();
    if (map == nullptr) return "an iteration ends where no Map runs";
    if (index < 0 || index >= static_cast<int64_t>(map->results.size()))
      return "an iteration ends beyond its Map's end";
    const Frame* child = state_.Find(child_id);
    return child != nullptr && child->parent == event_.frame ? "" : "an iteration ends that its Map does not have";
  }

  const ExecutionState& state_;
  const Event& event_;
};

}  // namespace

std::string WhyImplausible(const ExecutionState& state, const Event& event) {
  if (event.is_public() && event.id != state.last_event.next()) {
    return "event " + std::to_string(state.last_event.next().value()) + " is next, but the row begins with event " +
           std::to_string(event.id.value());
  }
  if (event.at < state.last_at) return "its time lies before that of the event before it";
  return std::visit(Doubt(state, event), event.body);
}

}  // namespace pawl::history
