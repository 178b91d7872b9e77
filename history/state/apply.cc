#include "history/state/apply.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "shared/base/check.h"

namespace pawl::history {
namespace {

using base::EventId;
using base::FrameId;

// Bounds what looking a name up costs; an execution with more spells the rest out.
constexpr size_t kNamesMax = 127;

class Applier {
 public:
  Applier(ExecutionState& state, const Event& event) : state_(state), event_(event) {}

  // ---- the execution

  void operator()(const ExecutionStarted& e) {
    PAWL_CHECK(state_.frames.empty() && !state_.stopped_at, "an execution starts once");
    state_.start = e;
    state_.start.input = Brought(0, e.input);
    state_.started_at = event_.at;
    Frame root;
    root.id = NextFrame();
    root.input = state_.start.input;
    // AWS gives the first state's event previousEventId 0 although ExecutionStarted has id 1 (recorded).
    state_.frames.emplace(root.id, std::move(root));
  }
  void operator()(const ExecutionSucceeded& e) {
    End(ExecutionStatus::kSucceeded);
    state_.output = Brought(0, e.output);
  }
  void operator()(const ExecutionFailed& e) {
    End(ExecutionStatus::kFailed);
    // A Fail state may name neither.
    if (!e.error.empty()) state_.error = e.error;
    if (!e.cause.empty()) state_.cause = e.cause;
  }
  void operator()(const ExecutionAborted& e) {
    End(ExecutionStatus::kAborted);
    state_.error = e.error;
    state_.cause = e.cause;
  }
  void operator()(const ExecutionTimedOut& e) {
    End(ExecutionStatus::kTimedOut);
    state_.error = e.error;
    state_.cause = e.cause;
  }

  // ---- states

  void operator()(const StateEntered& e) {
    Frame& frame = Here();
    Remember(e.name);
    frame.state = e.name;
    frame.kind = e.kind;
    frame.input = Brought(0, e.input);
    frame.entered_event = event_.id;
    frame.entered_at = event_.at;
    frame.retries.clear();
    frame.retry_count = 0;
    frame.task_attempts = 0;
    frame.checkpoint.clear();
    frame.waiting = NotWaiting{};
    frame.last_event = event_.id;
  }
  void operator()(const StateExited& e) {
    Frame& frame = Here();
    frame.input = Brought(0, e.output);
    frame.waiting = NotWaiting{};
    frame.last_event = event_.id;
    for (size_t i = 0; i < e.assigned.size(); ++i) {
      Assign(frame, e.assigned[i].name, Brought(static_cast<PayloadField>(i + 1), e.assigned[i].value));
    }
  }
  void operator()(const StateAborted&) {
    Frame& frame = Here();
    frame.waiting = NotWaiting{};
    frame.last_event = event_.id;
  }
  void operator()(const EvaluationFailed&) { Here().last_event = event_.id; }

  // ---- tasks

  void operator()(const TaskScheduled& e) {
    Frame& frame = Here();
    for (const std::string* name : {&e.resource, &e.resource_type, &e.action, &e.region, &e.queue}) Remember(*name);
    WaitingForTask waiting;
    waiting.scheduled_event = event_.id;
    waiting.task = e;
    waiting.task.input = Brought(0, e.input);
    waiting.scheduled_at = event_.at;
    waiting.attempt = e.attempt;
    waiting.checkpoint = frame.checkpoint;
    frame.task_attempts = e.attempt;
    frame.waiting = std::move(waiting);
    frame.last_event = event_.id;
  }
  void operator()(const TaskStarted& e) {
    WaitingForTask& waiting = Task();
    Remember(e.worker);
    Remember(e.session);
    waiting.started = true;
    waiting.attempt = e.attempt;
    waiting.worker = e.worker;
    waiting.session = e.session;
    waiting.restartable = e.restartable;
    if (event_.is_public()) {
      waiting.start_shown = true;
      Here().last_event = event_.id;
    }
  }
  void operator()(const TaskSubmitted& e) {
    Brought(0, e.output);
    Task().submitted = true;
    Here().last_event = event_.id;
  }
  void operator()(const TaskSucceeded&) { EndTask(); }
  void operator()(const TaskFailed&) { EndTask(); }
  void operator()(const TaskTimedOut&) { EndTask(); }
  void operator()(const TaskScheduleFailed&) { EndTask(); }

  // ---- Parallel and Map

  void operator()(const ParallelStarted& e) {
    Payload input = Brought(0, e.input);
    {
      Frame& frame = Here();
      frame.last_event = event_.id;
      WaitingForBranches waiting;
      waiting.results.resize(e.branches);
      waiting.open = e.branches;
      frame.waiting = std::move(waiting);
    }
    for (int32_t branch = 0; branch < e.branches; ++branch) AddChild(branch, input, false);
  }
  void operator()(const ParallelSucceeded&) { Here().waiting = NotWaiting{}; }
  void operator()(const ParallelFailed&) {
    Here().waiting = NotWaiting{};
    Here().last_event = event_.id;
  }
  void operator()(const MapStarted& e) {
    Frame& frame = Here();
    frame.last_event = event_.id;
    WaitingForIterations waiting;
    waiting.map = e;
    waiting.map.items = Brought(0, e.items);
    waiting.results.resize(e.length);
    frame.waiting = std::move(waiting);
  }
  void operator()(const MapSucceeded&) { Here().waiting = NotWaiting{}; }
  void operator()(const MapFailed&) {
    Here().waiting = NotWaiting{};
    Here().last_event = event_.id;
  }
  void operator()(const MapIterationStarted& e) {
    WaitingForIterations& map = Iterations();
    PAWL_CHECK(e.index == map.next_index, "iterations start in the order of their items");
    ++map.next_index;
    ++map.running;
    AddChild(e.index, Payload(), true);
  }
  void operator()(const MapIterationSucceeded& e) {
    WaitingForIterations& map = Iterations();
    --map.running;
    ++map.succeeded;
    map.results[e.index] = Brought(0, e.output);
    Here().last_event = event_.id;
    EraseChild(e.child);
  }
  void operator()(const MapIterationFailed& e) {
    WaitingForIterations& map = Iterations();
    --map.running;
    ++map.failed;
    Here().last_event = event_.id;
    EraseChild(e.child);
  }
  // The frame stays until ChildrenRemoved takes all of them.
  void operator()(const MapIterationAborted&) { Here().last_event = event_.id; }

  // ---- internal

  void operator()(const WaitStarted& e) { Here().waiting = WaitingForTimer{e.until}; }
  void operator()(const RetryScheduled& e) {
    Frame& frame = Here();
    if (frame.retries.size() <= static_cast<size_t>(e.retrier)) frame.retries.resize(e.retrier + 1);
    ++frame.retries[e.retrier];
    ++frame.retry_count;
    // What a failed branch or iteration did last comes before the next try.
    if (event_.previous.value() != 0) frame.last_event = event_.previous;
    frame.waiting = Backoff{e.due};
  }
  void operator()(const BranchSucceeded& e) {
    Frame& branch = Here();
    Frame& parent = At(branch.parent);
    auto* waiting = std::get_if<WaitingForBranches>(&parent.waiting);
    PAWL_CHECK(waiting != nullptr, "a branch's parent waits for its branches");
    waiting->results[branch.index] = e.output;
    --waiting->open;
    parent.last_event = branch.last_event;
    state_.frames.erase(branch.id);
  }
  void operator()(const ChildrenRemoved&) { RemoveChildren(); }
  void operator()(const TaskAttemptLost& e) {
    WaitingForTask& waiting = Task();
    waiting.attempt = e.attempt;
    waiting.started = false;
    waiting.worker.clear();
    waiting.session.clear();
    Here().task_attempts = e.attempt;
  }
  void operator()(const TaskCheckpointed& e) {
    Task().checkpoint = e.reference;
    Here().checkpoint = e.reference;
  }

 private:
  Payload Brought(PayloadField field, const Payload& payload) { return Payload::Ref(event_.id, field, payload); }

  FrameId NextFrame() { return state_.last_frame = state_.last_frame.next(); }

  Frame& At(FrameId id) {
    auto found = state_.frames.find(id);
    PAWL_CHECK(found != state_.frames.end(), "an event names a frame that is there");
    return found->second;
  }
  Frame& Here() { return At(event_.frame); }

  WaitingForTask& Task() {
    auto* waiting = std::get_if<WaitingForTask>(&Here().waiting);
    PAWL_CHECK(waiting != nullptr, "a task event belongs to a frame that waits for a task");
    return *waiting;
  }
  WaitingForIterations& Iterations() {
    auto* waiting = std::get_if<WaitingForIterations>(&Here().waiting);
    PAWL_CHECK(waiting != nullptr, "an iteration's parent waits for its iterations");
    return *waiting;
  }

  void EndTask() {
    Here().waiting = NotWaiting{};
    if (event_.is_public()) Here().last_event = event_.id;
  }

  void AddChild(int64_t index, const Payload& input, bool is_iteration) {
    Frame child;
    child.id = NextFrame();
    child.parent = event_.frame;
    child.index = index;
    child.is_iteration = is_iteration;
    child.last_event = event_.id;
    child.input = input;
    state_.frames.emplace_hint(state_.frames.end(), child.id, std::move(child));
  }

  // One pass over the younger frames: children have higher ids than their parents.
  void RemoveChildren() {
    std::unordered_set<FrameId> gone = {event_.frame};
    for (auto it = state_.frames.upper_bound(event_.frame); it != state_.frames.end();) {
      if (gone.contains(it->second.parent)) {
        gone.insert(it->first);
        it = state_.frames.erase(it);
      } else {
        ++it;
      }
    }
  }

  void EraseChild(FrameId child) {
    PAWL_CHECK(At(child).parent == event_.frame, "an iteration that ends is a child of its Map");
    state_.frames.erase(child);
  }

  void Assign(Frame& frame, const std::string& name, const Payload& value) {
    for (Assigned& variable : frame.variables) {
      if (variable.name == name) {
        variable.value = value;
        return;
      }
    }
    frame.variables.push_back({name, value});
  }

  void Remember(const std::string& name) {
    if (name.empty() || state_.names.size() >= kNamesMax) return;
    if (std::find(state_.names.begin(), state_.names.end(), name) == state_.names.end()) state_.names.push_back(name);
  }

  void End(ExecutionStatus status) {
    state_.status = status;
    state_.stopped_at = event_.at;
    state_.frames.clear();
  }

  ExecutionState& state_;
  const Event& event_;
};

}  // namespace

void Apply(ExecutionState& state, const Event& event) {
  if (event.is_public()) {
    PAWL_CHECK(event.id == state.last_event.next(), "public ids have no gaps");
    state.last_event = event.id;
  }
  PAWL_CHECK(event.at >= state.last_at, "timestamps never decrease");
  state.last_at = event.at;
  std::visit(Applier(state, event), event.body);
}

}  // namespace pawl::history
