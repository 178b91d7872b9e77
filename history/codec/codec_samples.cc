#include "history/codec/codec_samples.h"

#include "history/state/apply.h"

namespace pawl::history {

base::EventId Sample::Emit(int64_t frame, EventBody body) {
  const Frame* here = state_.Find(base::FrameId(frame));
  now_ += Draw(4) == 0 ? Draw(5000) : 0;
  Event event{.id = state_.last_event.next(),
              .previous = here ? here->last_event : base::EventId(0),
              .at = base::WallTime(std::chrono::milliseconds(now_)),
              .frame = base::FrameId(frame),
              .body = std::move(body)};
  Apply(state_, event);
  current_.events.push_back(event);
  return event.id;
}

void Sample::Note(int64_t frame, EventBody body, int64_t previous) {
  Event event{.previous = base::EventId(previous),
              .at = base::WallTime(std::chrono::milliseconds(now_)),
              .frame = base::FrameId(frame),
              .body = std::move(body)};
  Apply(state_, event);
  current_.events.push_back(event);
}

void Sample::EndDecision() {
  if (current_.events.empty()) return;
  ++state_.revision;
  current_.names = state_.names;
  current_.after = state_;
  told_.push_back(std::move(current_));
  current_ = SampleDecision{.names_before = state_.names.size()};
}

Payload Sample::Made(int64_t frame) {
  const Payload& input = state_.Find(base::FrameId(frame))->input;
  switch (Draw(7)) {
    case 0:
      return Payload::FromText(R"({"number":)" + std::to_string(Draw(1000)) + R"(,"list":[1,2,{"deep":"ü"}]})");
    case 1:
      return Payload::At(input, {"list", std::to_string(Draw(4))});
    case 2:
      return Payload::Insert(input, {"result", "of"}, Payload::FromText(std::to_string(Draw(1000))));
    case 3:
      return Payload::List({input, Payload(), Payload::FromValue(json::Value::Int(7))});
    case 4:
      return Payload::List({});
    default:
      return input;
  }
}

void Sample::States(int64_t frame, int64_t depth) {
  for (int64_t i = Draw(4); i >= 0; --i) {
    auto kind = static_cast<StateKind>(Draw(8));
    if (depth >= 2 && (kind == StateKind::kParallel || kind == StateKind::kMap)) kind = StateKind::kTask;
    std::string name = Name("State of work ", 12);
    Emit(frame, StateEntered{name, kind, Made(frame)});
    MaybeEndDecision();
    if (kind == StateKind::kWait) {
      Note(frame, WaitStarted{base::WallTime(std::chrono::milliseconds(now_ + Draw(100000) - 100))});
      EndDecision();
    }
    if (kind == StateKind::kTask) Task(frame);
    if (kind == StateKind::kParallel) Parallel(frame, depth);
    if (kind == StateKind::kMap) Map(frame, depth);
    StateExited exited{.name = name, .kind = kind, .output = Made(frame)};
    for (int64_t variable = Draw(3); variable > 0; --variable) {
      exited.assigned.push_back({Name("v", 4), Made(frame)});
    }
    Emit(frame, std::move(exited));
    MaybeEndDecision();
  }
}

void Sample::Task(int64_t frame) {
  auto family = static_cast<TaskFamily>(Draw(3));
  std::string queue = Name("arn:aws:states:eu-west-1:123456789012:activity:a", 3);
  for (int64_t attempt = 1;; ++attempt) {
    TaskScheduled task{.family = family,
                       .resource = queue,
                       .resource_type = Draw(2) ? "lambda" : "",
                       .action = "invoke",
                       .region = "eu-west-1",
                       .queue = queue,
                       .input = Made(frame),
                       .attempt = attempt,
                       .wait_for_token = Draw(2) == 0};
    if (Draw(2)) task.timeout_seconds = Draw(100);
    if (Draw(2)) task.heartbeat_seconds = Draw(100);
    if (Draw(4) == 0) task.credentials = R"({"roleArn":"r"})";
    Emit(frame, task);
    MaybeEndDecision();
    if (Draw(8) == 0) {
      Emit(frame, TaskScheduleFailed{family, "lambda", "invoke", "E", "nobody"});
    } else {
      TaskStarted started{family, "lambda", "invoke", Name("worker", 3), Name("s", 5), Draw(2) == 0, attempt};
      Emit(frame, started);
      MaybeEndDecision();
      if (Draw(4) == 0) Note(frame, TaskCheckpointed{"file:///checkpoint/" + std::to_string(attempt)});
      if (Draw(4) == 0) {
        Note(frame, TaskAttemptLost{++attempt});
        started.attempt = attempt;
        Note(frame, started);
      }
      if (task.wait_for_token) Emit(frame, TaskSubmitted{"lambda", "invoke", Payload::FromText("{}")});
      MaybeEndDecision();
      if (Draw(3) > 0) {
        Emit(frame, TaskSucceeded{family, "lambda", "invoke", Payload::FromText(R"({"score":0.875})")});
        return;
      }
      if (Draw(2)) {
        Emit(frame, TaskFailed{family, "lambda", "invoke", "E", std::nullopt});
      } else {
        Emit(frame, TaskTimedOut{family, "", "", std::nullopt, "late"});
      }
    }
    Note(frame, RetryScheduled{static_cast<int32_t>(Draw(3)), base::WallTime(std::chrono::milliseconds(now_ + 1500))});
    EndDecision();
  }
}

void Sample::Parallel(int64_t frame, int64_t depth) {
  Emit(frame, ParallelStarted{2, Made(frame)});
  int64_t first = state_.last_frame.value() - 1;
  bool fails = Draw(4) == 0;
  for (int64_t branch = first; branch < first + 2; ++branch) {
    States(branch, depth + 1);
    MaybeEndDecision();
    if (!fails) Note(branch, BranchSucceeded{Made(branch)});
  }
  if (fails) {
    Emit(first, EvaluationFailed{"State of work 1", "States.QueryEvaluationError", "because", "Output"});
    Emit(first + 1, StateAborted{StateKind::kTask});
    Note(frame, ChildrenRemoved{});
    Emit(frame, ParallelFailed{});
  } else {
    Emit(frame, ParallelSucceeded{});
  }
}

void Sample::Map(int64_t frame, int64_t depth) {
  int64_t length = Draw(4) + 1;
  MapStarted map{.length = length, .items = Payload::FromText("[1,2,3,4]"), .max_concurrency = Draw(3)};
  if (Draw(2)) map.tolerated_failure_count = Draw(3);
  if (Draw(2)) map.tolerated_failure_percentage = 12.5;
  Emit(frame, map);
  std::string name = "Each " + std::to_string(frame);
  bool fails = false;
  for (int64_t i = 0; i < length && !fails; ++i) {
    Emit(frame, MapIterationStarted{name, i});
    base::FrameId child = state_.last_frame;
    Emit(child.value(), StateEntered{"Inside", StateKind::kPass,
                                     Payload::At(state_.Find(base::FrameId(frame))->input, {std::to_string(i)})});
    States(child.value(), depth + 1);
    fails = Draw(6) == 0;
    if (fails) {
      Emit(frame, MapIterationFailed{name, i, child});
    } else {
      Emit(frame, MapIterationSucceeded{name, i, child, Made(child.value())});
    }
    MaybeEndDecision();
  }
  if (fails) {
    Emit(frame, MapIterationAborted{name, length});
    Note(frame, ChildrenRemoved{});
    Emit(frame, MapFailed{});
  } else {
    Emit(frame, MapSucceeded{});
  }
}

std::vector<SampleDecision> Sample::Tell() {
  state_.id = base::EntityId::Make(now_, base::Slot(77), random_());
  ExecutionStarted start{.input = Payload::FromText(R"({"list":[1,2,3]})"),
                         .role_arn = "arn:aws:iam::123456789012:role/r",
                         .account = "123456789012",
                         .region = "eu-west-1",
                         .machine = "pipeline",
                         .name = "run-1",
                         .definition_digest = Draw(2) ? "d1" : std::string(63, '7') + "f",
                         .trace_header = "Root=1"};
  if (Draw(2)) start.timeout_seconds = 3600;
  Emit(0, std::move(start));
  States(1, 0);
  switch (Draw(4)) {
    case 0:
      Emit(1, ExecutionFailed{"E", "C"});
      break;
    case 1:
      Emit(1, ExecutionAborted{"E", std::nullopt});
      break;
    case 2:
      Emit(0, ExecutionTimedOut{});
      break;
    default:
      Emit(1, ExecutionSucceeded{Made(1)});
  }
  EndDecision();
  return std::move(told_);
}

}  // namespace pawl::history
