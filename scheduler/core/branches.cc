// Parallel branches and inline Map iterations: O(1) work per iteration.
#include <algorithm>
#include <utility>

#include "scheduler/core/decider.h"
#include "shared/base/check.h"

namespace pawl::core {

using base::EventId;
using base::FrameId;
using history::Frame;
using history::Payload;
using history::StateKind;

void Decider::StartBranches(FrameId id, const asl::State& state, const asl::StartBranches& start) {
  Payload input = Derive(FrameOf(id), start.input, nullptr);
  FrameId first_child = state_.last_frame.next();
  Emit(id, history::ParallelStarted{static_cast<int32_t>(state.branches.size()), std::move(input)});
  for (size_t i = 0; i < state.branches.size(); ++i) {
    FrameId child(first_child.value() + static_cast<int64_t>(i));
    GoTo(child, state.branches[i].start_at, FrameOf(child).input);
  }
}

namespace {

// A distributed Map of plain items runs as an inline one: its results are the same. What of it needs a Map Run is said
// here; empty if nothing does.
std::string NeedsMapRun(const asl::StartMap& start) {
  if (!start.distributed) return "";
  if (start.distributed->item_reader) return "an ItemReader";
  if (start.distributed->item_batcher) return "an ItemBatcher";
  if (start.distributed->result_writer) return "a ResultWriter";
  if (start.distributed->express_children) return "EXPRESS children";
  if (start.tolerated_failure_count.value_or(0) > 0 || start.tolerated_failure_percentage.value_or(0) > 0) {
    return "a tolerated failure threshold";
  }
  return "";
}

}  // namespace

void Decider::StartMap(FrameId id, const asl::StartMap& start) {
  if (std::string need = NeedsMapRun(start); !need.empty()) {
    return OnFailure(id, {.error = "States.Runtime",
                          .cause = "The Map state '" + FrameOf(id).state + "' asks for a Map Run with " + need +
                                   ", which this service does not have.",
                          .catchable = false,
                          .evaluation = {}});
  }
  history::MapStarted started{.length = static_cast<int64_t>(start.length),
                              .items = Derive(FrameOf(id), start.items, nullptr),
                              .max_concurrency = start.max_concurrency,
                              .tolerated_failure_count = start.tolerated_failure_count,
                              .tolerated_failure_percentage = start.tolerated_failure_percentage};
  EventId started_id = Emit(id, std::move(started));
  int64_t wanted = static_cast<int64_t>(start.length);
  if (start.max_concurrency > 0 && start.max_concurrency < wanted) wanted = start.max_concurrency;
  // STEP_FUNCTIONS.md 2.11: AWS runs at most 40 iterations of an inline Map at once.
  const int64_t most = start.distributed ? 0 : ambient_.limits.inline_map_concurrency_max;
  if (most > 0) wanted = std::min(wanted, most);
  if (wanted == 0) {
    FinishMap(id);
    return;
  }
  for (int64_t i = 0; i < wanted; ++i) {
    if (!StartIteration(id, started_id)) return;
  }
}

// False where the iteration's input could not be made; the Map has failed then.
bool Decider::StartIteration(FrameId map_id, EventId previous) {
  const Frame& map = FrameOf(map_id);
  const asl::State& state = StateOf(map);
  const auto& waiting = std::get<history::WaitingForIterations>(map.waiting);
  int64_t index = waiting.next_index;
  Payload items = waiting.map.items;
  FrameId child = state_.last_frame.next();
  Emit(map_id, history::MapIterationStarted{map.state, index}, previous);

  Payload item = Payload::At(items, {std::to_string(index)});
  auto made = asl::IterationInput(state, Reading(*this, state_, map, {}, index).scope(), items.value().items()[index]);
  if (auto* failed = std::get_if<asl::Failed>(&made)) {
    ChildFailed(child, failed->failure);
    return false;
  }
  GoTo(child, state.branches[0].start_at, Derive(map, std::get<asl::Derived>(made), &item));
  return true;
}

void Decider::FinishMap(FrameId map_id) {
  Payload result = Payload::List(std::get<history::WaitingForIterations>(FrameOf(map_id).waiting).results);
  Emit(map_id, history::MapSucceeded{});
  CompleteWork(map_id, result);
}

void Decider::ChildDone(FrameId child_id) {
  const Frame& child = FrameOf(child_id);
  FrameId parent_id = child.parent;
  Payload output = child.input;
  EventId last = child.last_event;
  if (!child.is_iteration) {
    Note(child_id, history::BranchSucceeded{std::move(output)});
    const auto& waiting = std::get<history::WaitingForBranches>(FrameOf(parent_id).waiting);
    if (waiting.open > 0) return;
    std::vector<Payload> results;
    results.reserve(waiting.results.size());
    for (const std::optional<Payload>& result : waiting.results) results.push_back(*result);
    Emit(parent_id, history::ParallelSucceeded{});
    CompleteWork(parent_id, Payload::List(std::move(results)));
    return;
  }
  int64_t index = child.index;
  Emit(parent_id, history::MapIterationSucceeded{FrameOf(parent_id).state, index, child_id, std::move(output)}, last);
  const auto& waiting = std::get<history::WaitingForIterations>(FrameOf(parent_id).waiting);
  if (waiting.next_index < waiting.map.length) {
    // Recorded: the next iteration follows the last event of the one that made room.
    StartIteration(parent_id, last);
  } else if (waiting.running == 0) {
    FinishMap(parent_id);
  }
}

void Decider::ChildFailed(FrameId child_id, const asl::Failure& failure) {
  const Frame& child = FrameOf(child_id);
  FrameId parent_id = child.parent;
  EventId last = child.last_event;
  if (child.is_iteration) {
    SettleTree(child_id);
    Emit(parent_id, history::MapIterationFailed{FrameOf(parent_id).state, child.index, child_id}, last);
    AbortChildren(parent_id, {});
  } else {
    AbortChildren(parent_id, child_id);
  }
  OnFailure(parent_id, failure, last);
}

// Cuts everything below the parent short. Recorded: a branch whose Task failed shows TaskStateAborted for that Task
// too.
void Decider::AbortChildren(FrameId parent_id, FrameId failed) {
  std::vector<std::pair<FrameId, StateKind>> open;
  for (auto it = state_.frames.upper_bound(parent_id); it != state_.frames.end(); ++it) {
    if (it->second.parent == parent_id && !it->second.state.empty()) open.emplace_back(it->first, it->second.kind);
  }
  for (auto [id, kind] : open) {
    SettleTree(id);
    bool waits = !std::holds_alternative<history::NotWaiting>(FrameOf(id).waiting);
    if (kind != StateKind::kTask && kind != StateKind::kWait && kind != StateKind::kParallel &&
        kind != StateKind::kMap) {
      continue;
    }
    if (id == failed ? kind == StateKind::kTask : waits) Emit(id, history::StateAborted{kind});
    if (FrameOf(id).is_iteration) {
      Emit(parent_id, history::MapIterationAborted{FrameOf(parent_id).state, FrameOf(id).index},
           FrameOf(id).last_event);
    }
  }
  Note(parent_id, history::ChildrenRemoved{});
}

// Wishes away the tasks and timers of a frame and of all below it.
void Decider::SettleTree(FrameId root) {
  std::vector<FrameId> tree = {root};
  for (size_t i = 0; i < tree.size(); ++i) {
    const Frame& frame = FrameOf(tree[i]);
    SettleFrame(frame);
    if (std::holds_alternative<history::WaitingForBranches>(frame.waiting) ||
        std::holds_alternative<history::WaitingForIterations>(frame.waiting)) {
      for (auto it = state_.frames.upper_bound(frame.id); it != state_.frames.end(); ++it) {
        if (it->second.parent == frame.id) tree.push_back(it->first);
      }
    }
  }
}

void Decider::SettleFrame(const Frame& frame) {
  if (std::holds_alternative<history::WaitingForTask>(frame.waiting)) {
    SettleTask(frame.id, false);
  } else if (std::holds_alternative<history::WaitingForTimer>(frame.waiting)) {
    Wish(CancelTimer{frame.id, TimerKind::kWait});
  } else if (std::holds_alternative<history::Backoff>(frame.waiting)) {
    Wish(CancelTimer{frame.id, TimerKind::kBackoff});
  }
}

}  // namespace pawl::core
