#include "scheduler/core/decider.h"

#include <algorithm>
#include <utility>

#include "shared/base/check.h"

namespace pawl::core {

using base::EventId;
using base::FrameId;
using history::Frame;
using history::Payload;
using history::StateKind;

namespace {

StateKind KindOf(asl::StateType type) { return static_cast<StateKind>(type); }
static_assert(static_cast<int>(StateKind::kMap) == static_cast<int>(asl::StateType::kMap));

bool HasToken(const std::string& resource) {
  return resource.ends_with(".waitForTaskToken") || resource.find(":activity:") != std::string::npos;
}

// Whether the frame's failure shows ParallelStateFailed or MapStateFailed. Recorded: not that of a Map that fails
// before its first iteration, unless an expression failed; then even if it never showed MapStateStarted.
bool ShowsFailure(const Frame& frame, const asl::Failure& failure) {
  if (std::holds_alternative<history::WaitingForBranches>(frame.waiting)) return true;
  if (frame.kind != StateKind::kMap) return false;
  const auto* map = std::get_if<history::WaitingForIterations>(&frame.waiting);
  return failure.evaluation.has_value() || (map != nullptr && map->next_index > 0);
}

}  // namespace

Reading::Reading(const Decider& decider, const history::ExecutionState& state, const Frame& frame,
                 std::function<std::string()> task_token, std::optional<int64_t> iteration)
    : input_(frame.input),
      context_(state, frame, std::move(task_token), iteration),
      variables_(decider.VisibleVariables(frame)),
      scope_{.input = input_,
             .context = context_,
             .variables = variables_,
             .random = decider.ambient().random,
             .now = decider.now()} {
  scope_.entered_event_id = frame.entered_event.value();
}

Decider::Decider(history::ExecutionState& state, const Ambient& ambient)
    : state_(state), ambient_(ambient), now_(std::max(ambient.now, state.last_at)) {}

void Decider::Append(history::Event event) {
  history::Apply(state_, event);
  decision_.events.push_back(std::move(event));
}

EventId Decider::Emit(FrameId frame, history::EventBody body, std::optional<EventId> previous) {
  const Frame* here = state_.Find(frame);
  EventId id = state_.last_event.next();
  EventId before = previous ? *previous : here != nullptr ? here->last_event : EventId();
  Append({.id = id, .previous = before, .at = now_, .frame = frame, .body = std::move(body)});
  return id;
}

void Decider::Note(FrameId frame, history::EventBody body, EventId previous) {
  Append({.id = {}, .previous = previous, .at = now_, .frame = frame, .body = std::move(body)});
}

Decision Decider::Refuse(absl::Status status) {
  PAWL_CHECK(decision_.events.empty(), "a refused command has changed nothing");
  return Decision{.refusal = std::move(status), .events = {}, .effects = {}};
}

Decision Decider::Finish() {
  while (!steps_.empty() && state_.is_running()) {
    Step step = std::move(steps_.front());
    steps_.pop_front();
    // A step of a frame that a sibling's failure has taken away meanwhile leads nowhere.
    if (state_.Find(step.frame) != nullptr) EnterState(step);
  }
  if (!decision_.events.empty()) ++state_.revision;
  return std::move(decision_);
}

const Frame& Decider::FrameOf(FrameId id) const {
  const Frame* frame = state_.Find(id);
  PAWL_CHECK(frame != nullptr, "a frame that is being moved is there");
  return *frame;
}

const asl::State& Decider::StateOf(const Frame& frame) const {
  const asl::State* state = ambient_.program.Find(frame.state);
  PAWL_CHECK(state != nullptr, "the pinned definition has every state that a frame can stand in");
  return *state;
}

void Decider::GoTo(FrameId frame, std::string name, Payload input) {
  steps_.push_back({frame, std::move(name), std::move(input)});
}

// AWS's documentation, "Avoid reaching the history quota": the last event that there may be is the one that ends the
// execution. So work is not begun whose events would not fit before it; branches that run beside it may still
// overshoot.
bool Decider::HasEventsLeft(int64_t count) const {
  const int64_t max = ambient_.limits.events_max;
  return max == 0 || state_.last_event.value() + count < max;
}

void Decider::FailForEvents() {
  // The text that users of AWS report.
  FailExecution({.error = "States.Runtime",
                 .cause = "The execution reached the maximum number of history events (" +
                          std::to_string(ambient_.limits.events_max) + ").",
                 .catchable = false,
                 .evaluation = {}},
                state_.last_event);
}

void Decider::EnterState(const Step& step) {
  const asl::State* state = ambient_.program.Find(step.name);
  PAWL_CHECK(state != nullptr, "a validated definition has every state that a transition names");
  constexpr int64_t kEnteredAndExited = 2;
  if (!HasEventsLeft(kEnteredAndExited)) return FailForEvents();
  Emit(step.frame, history::StateEntered{step.name, KindOf(state->type), step.input});
  // The state is entered, its work not begun: that is where Continue, or a take-over, goes on.
  if (++transitions_ > ambient_.limits.transitions_per_decision_max) {
    Wish(ContinueLater{step.frame});
    return;
  }
  BeginWork(step.frame);
}

void Decider::BeginWork(FrameId id) {
  const Frame& frame = FrameOf(id);
  const asl::State& state = StateOf(frame);
  const TaskRef next{state_.id, id, state_.last_event.next(), frame.task_attempts + 1};
  std::function<std::string()> token;
  // Recorded: $$.Task is there for activities and .waitForTaskToken only.
  if (state.type == asl::StateType::kTask && HasToken(state.resource)) token = [&] { return ambient_.token(next); };
  asl::EnterOutcome outcome = asl::Enter(state, Reading(*this, state_, frame, std::move(token)).scope());

  if (auto* transition = std::get_if<asl::Transition>(&outcome)) {
    TakeTransition(id, *transition, nullptr);
  } else if (auto* failed = std::get_if<asl::Failed>(&outcome)) {
    if (failed->map_length) {
      Emit(id, history::MapStarted{.length = static_cast<int64_t>(*failed->map_length),
                                   .items = {},
                                   .max_concurrency = 0,
                                   .tolerated_failure_count = {},
                                   .tolerated_failure_percentage = {}});
    }
    OnFailure(id, failed->failure);
  } else if (auto* task = std::get_if<asl::StartTask>(&outcome)) {
    ScheduleTask(id, state, *task);
  } else if (auto* wait = std::get_if<asl::StartWait>(&outcome)) {
    base::WallTime until =
        wait->until ? *wait->until : frame.entered_at + std::chrono::seconds(wait->seconds.value_or(0));
    Note(id, history::WaitStarted{until});
    if (until <= now_) {
      CompleteWork(id, frame.input);
    } else {
      Wish(ArmTimer{id, TimerKind::kWait, until});
    }
  } else if (auto* branches = std::get_if<asl::StartBranches>(&outcome)) {
    StartBranches(id, state, *branches);
  } else if (auto* map = std::get_if<asl::StartMap>(&outcome)) {
    StartMap(id, *map);
  }
}

void Decider::CompleteWork(FrameId id, const Payload& result) {
  const Frame& frame = FrameOf(id);
  auto outcome = asl::Complete(StateOf(frame), Reading(*this, state_, frame).scope(), PayloadValue(result));
  if (auto* failed = std::get_if<asl::Failed>(&outcome)) {
    OnFailure(id, failed->failure);
  } else {
    TakeTransition(id, std::get<asl::Transition>(outcome), &result);
  }
}

void Decider::TakeTransition(FrameId id, const asl::Transition& transition, const Payload* result) {
  const Frame& frame = FrameOf(id);
  Payload output = Derive(frame, transition.output, result);
  if (transition.output.from != asl::Derived::From::kInput && IsTooLarge(output)) {
    // Recorded for a Pass state: nothing catches it there.
    FailState(id, {.error = "States.DataLimitExceeded",
                   .cause = "The state/task '" + frame.state +
                            "' returned a result with a size exceeding the maximum number of bytes service limit.",
                   .catchable = false,
                   .evaluation = {}});
    return;
  }
  history::StateExited exited{frame.state, frame.kind, std::move(output), {}};
  for (const asl::Assignment& assignment : transition.assigned) {
    exited.assigned.push_back({assignment.name, Payload::FromValue(assignment.value)});
  }
  if (!exited.assigned.empty()) {
    if (std::optional<asl::Failure> refused = CheckAssigned(frame, exited.assigned)) return FailState(id, *refused);
  }
  Emit(id, std::move(exited));
  if (!transition.next.empty()) {
    GoTo(id, transition.next, FrameOf(id).input);
  } else if (FrameOf(id).parent.value() == 0) {
    EndExecution(history::ExecutionSucceeded{FrameOf(id).input}, FrameOf(id).last_event);
  } else {
    ChildDone(id);
  }
}

Payload Decider::Derive(const Frame& frame, const asl::Derived& derived, const Payload* result) {
  using From = asl::Derived::From;
  PAWL_CHECK(result != nullptr || (derived.from != From::kResult && derived.from != From::kInputWithResult),
             "a result is derived from only where there is one");
  switch (derived.from) {
    case From::kInput:
      return frame.input;
    case From::kInputAt:
      return Payload::At(frame.input, derived.pointer);
    case From::kResult:
      return *result;
    case From::kInputWithResult:
      return Payload::Insert(frame.input, derived.pointer, *result);
    case From::kInputWithValue:
      return Payload::Insert(frame.input, derived.pointer, Payload::FromValue(derived.value));
    case From::kValue:
      return Payload::FromValue(derived.value);
  }
  return frame.input;
}

bool Decider::IsTooLarge(const Payload& payload) const {
  size_t limit = ambient_.limits.payload_bytes_max;
  return limit > 0 && payload.size_bound() > limit && payload.text().size() > limit;
}

// Recorded: EvaluationFailed stands beside the state's StateEntered, after the same event; only a Wait's stands after
// it.
EventId Decider::BeforeEvaluation(const Frame& frame) const {
  if (frame.kind == StateKind::kWait) return frame.last_event;
  for (const history::Event& event : decision_.events) {
    if (event.id == frame.entered_event) return event.previous;
  }
  return frame.last_event;
}

void Decider::OnFailure(FrameId id, const asl::Failure& failure, EventId previous) {
  const Frame& frame = FrameOf(id);
  const bool container = ShowsFailure(frame, failure);
  if (failure.evaluation) {
    Emit(id, history::EvaluationFailed{frame.state, failure.error, failure.cause, failure.evaluation->location},
         BeforeEvaluation(frame));
  }
  EventId before = previous.value() != 0 ? previous : frame.last_event;
  asl::FailureOutcome outcome =
      asl::HandleFailure(StateOf(frame), Reading(*this, state_, frame).scope(), failure, frame.retries);

  if (auto* retry = std::get_if<asl::RetryAfter>(&outcome)) {
    base::WallTime due = now_ + retry->delay;
    Note(id, history::RetryScheduled{static_cast<int32_t>(retry->retrier), due}, previous);
    Wish(ArmTimer{id, TimerKind::kBackoff, due});
    return;
  }
  if (container) {
    if (frame.kind == StateKind::kMap) {
      Emit(id, history::MapFailed{}, before);
    } else {
      Emit(id, history::ParallelFailed{}, before);
    }
  }
  if (auto* caught = std::get_if<asl::Caught>(&outcome)) {
    TakeTransition(id, caught->transition, nullptr);
    return;
  }
  const asl::Failure& left = std::get<asl::Failed>(outcome).failure;
  if (left.evaluation && !failure.evaluation) {
    // A catcher's own expression failed.
    Emit(id, history::EvaluationFailed{frame.state, left.error, left.cause, left.evaluation->location},
         BeforeEvaluation(frame));
  }
  asl::Failure handed_up = left;
  handed_up.evaluation.reset();
  FailState(id, handed_up);
}

void Decider::FailState(FrameId id, const asl::Failure& failure) {
  const Frame& frame = FrameOf(id);
  if (frame.parent.value() == 0) {
    FailExecution(failure, frame.last_event);
  } else {
    ChildFailed(id, failure);
  }
}

void Decider::FailExecution(const asl::Failure& failure, EventId previous) {
  EndExecution(history::ExecutionFailed{failure.error, failure.cause}, previous);
}

void Decider::EndExecution(history::EventBody body, EventId previous) {
  for (const auto& [id, frame] : state_.frames) SettleFrame(frame);
  Emit(FrameId(), std::move(body), previous);
  steps_.clear();
  Wish(Ended{state_.status});
}

}  // namespace pawl::core
