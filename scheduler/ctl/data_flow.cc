#include "scheduler/ctl/data_flow.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <set>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "scheduler/asl/interpret/step.h"
#include "shared/base/civil_time.h"
#include "shared/base/random.h"

namespace pawl::ctl {
namespace {

using json::Member;
using json::Value;

// ---- reading an event

std::string TextOf(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

int64_t NumberOf(const Value& object, std::string_view key) {
  const Value* value = object.Find(key);
  return value == nullptr ? 0 : value->as_int64().value_or(0);
}

// A payload is JSON text inside the event.
std::optional<Value> PayloadOf(const Value& details, std::string_view key) {
  const Value* text = details.Find(key);
  if (text == nullptr || !text->is_string()) return std::nullopt;
  absl::StatusOr<Value> parsed = json::Parse(text->as_string());
  return parsed.ok() ? std::optional(*std::move(parsed)) : std::nullopt;
}

struct Seen {
  int64_t id = 0;
  int64_t previous = 0;
  std::string type;
  base::WallTime at;
  Value details;  // null where the event has none
};

Seen Read(const Value& event) {
  Seen seen;
  seen.id = NumberOf(event, "id");
  seen.previous = NumberOf(event, "previousEventId");
  seen.type = TextOf(event, "type");
  if (const Value* at = event.Find("timestamp"); at != nullptr && at->is_number()) {
    seen.at = base::WallTime(std::chrono::milliseconds(std::llround(at->as_double() * 1000)));
  }
  if (event.is_object()) {
    for (const Member& member : event.members()) {
      if (member.key.ends_with("EventDetails")) seen.details = member.value;
    }
  }
  return seen;
}

// A Map's items come from its input, or stand for themselves; never from a result.
Value ItemsOf(const asl::Derived& derived, const Value& input) {
  if (derived.from == asl::Derived::From::kValue) return derived.value;
  const Value* at = &input;
  if (derived.from == asl::Derived::From::kInputAt) {
    for (const std::string& step : derived.pointer) {
      size_t index = 0;
      if (at->is_array()) {
        at = absl::SimpleAtoi(step, &index) && index < at->size() ? &at->items()[index] : nullptr;
      } else {
        at = at->Find(step);
      }
      if (at == nullptr) return Value();
    }
  }
  return *at;
}

// ---- the walk along the history

constexpr int kNone = -1;

// A stay under way: the visit and what is known of its work.
struct Stay {
  size_t visit = 0;
  const asl::State* state = nullptr;
  bool is_open = false;
  std::unique_ptr<asl::HeldValue> input;
  asl::Variables variables;
  base::WallTime entered_at;
  std::vector<int32_t> retries;
  std::optional<asl::Transition> transition;
  bool waits_again = false;  // for the delay of its last failure
  base::WallTime failed_at;
  std::optional<asl::StartMap> map;
  Value items;
  std::vector<int> children;                 // frames, in the order of their start
  std::optional<asl::Failure> child_failed;  // by which a branch or iteration failed
  base::WallTime child_failed_at;
};

// One path through a States block, as in the engine.
struct Frame {
  int parent = kNone;
  std::string where;
  std::optional<int64_t> iteration;
  asl::Variables variables;  // of its own scope
  Stay stay;
  std::optional<Value> output;  // of the last state it left
};

class Walk {
 public:
  Walk(const asl::Program& program, const ExecutionFacts& facts) : program_(program), facts_(facts) {}

  std::vector<StateVisit> Run(std::span<const Value> events) {
    for (const Value& event : events) Take(Read(event));
    return std::move(visits_);
  }

 private:
  void Take(const Seen& event) {
    if (event.type == "ExecutionStarted") {
      execution_input_ = PayloadOf(event.details, "input").value_or(Value());
      started_at_ = event.at;
      frames_.emplace_back();
      Belongs(event, 0);
      return;
    }
    const auto before = frame_of_.find(event.previous);
    if (frames_.empty() || (before == frame_of_.end() && event.previous != 0)) return;
    int frame = before == frame_of_.end() ? 0 : before->second;
    if (event.type.ends_with("StateEntered")) {
      if (branching_.contains(event.previous)) frame = NewBranch(frame);
      Belongs(event, frame);
      Enter(frame, event);
    } else if (event.type.ends_with("StateExited")) {
      frame = Leaving(frame, TextOf(event.details, "name"));
      Belongs(event, frame);
      if (frame != kNone) Exit(frame, event);
    } else if (event.type == "ParallelStateStarted") {
      frame = Above(frame, [](const Stay& stay) { return stay.state->type == asl::StateType::kParallel; });
      branching_.insert(event.id);
      Belongs(event, frame);
      if (frame != kNone) GoOn(frame, event);
    } else if (event.type == "MapIterationStarted") {
      frame = Above(frame, [&](const Stay& stay) { return stay.state->name == TextOf(event.details, "name"); });
      Belongs(event, frame == kNone ? kNone : NewIteration(frame, NumberOf(event.details, "index")));
    } else if (event.type.starts_with("ParallelState") || event.type.starts_with("MapState") ||
               event.type.starts_with("MapRun")) {
      const auto type = event.type.starts_with("Map") ? asl::StateType::kMap : asl::StateType::kParallel;
      frame = Above(frame, [&](const Stay& stay) { return stay.state->type == type; });
      Belongs(event, frame);
      if (frame != kNone) OfContainer(frame, event);
    } else {
      Belongs(event, frame);
      if (frame != kNone && frames_[frame].stay.is_open) OfTask(frame, event);
    }
  }

  void Belongs(const Seen& event, int frame) { frame_of_[event.id] = frame; }

  // The nearest frame, from `frame` outwards, with an open stay that fits.
  template <typename Fits>
  int Above(int frame, const Fits& fits) const {
    while (frame != kNone && !(frames_[frame].stay.is_open && fits(frames_[frame].stay))) frame = frames_[frame].parent;
    return frame;
  }

  // The nearest frame that has not left that state yet, whatever was computed of its work.
  int Leaving(int frame, const std::string& state) const {
    const auto is_in = [&](const Stay& stay) {
      return stay.state != nullptr && stay.state->name == state && visits_[stay.visit].exited_event == 0;
    };
    while (frame != kNone && !is_in(frames_[frame].stay)) frame = frames_[frame].parent;
    return frame;
  }

  int NewFrame(int parent, std::string label) {
    Frame frame;
    frame.parent = parent;
    const std::string& outer = frames_[parent].where;
    frame.where = outer.empty() ? std::move(label) : outer + " > " + label;
    frames_.push_back(std::move(frame));
    const int id = static_cast<int>(frames_.size()) - 1;
    frames_[parent].stay.children.push_back(id);
    return id;
  }
  int NewBranch(int parent) {
    const Stay& stay = frames_[parent].stay;
    if (!stay.is_open) return parent;
    return NewFrame(parent, stay.state->name + "[" + std::to_string(stay.children.size()) + "]");
  }
  int NewIteration(int parent, int64_t index) {
    const int id = NewFrame(parent, frames_[parent].stay.state->name + "[" + std::to_string(index) + "]");
    frames_[id].iteration = index;
    Stay& map = frames_[parent].stay;
    if (map.map && index >= 0 && static_cast<size_t>(index) < map.items.size()) {
      Traced(
          parent, map.entered_at,
          [&](const asl::Scope& scope) {
            (void)asl::IterationInput(*map.state, scope, map.items.items()[static_cast<size_t>(index)]);
          },
          id);
    }
    return id;
  }

  // ---- states

  void Enter(int id, const Seen& event) {
    Frame& frame = frames_[id];
    Stay stay;
    stay.state = program_.Find(TextOf(event.details, "name"));
    if (stay.state == nullptr) return;
    stay.is_open = true;
    stay.visit = visits_.size();
    stay.entered_at = event.at;
    stay.input = std::make_unique<asl::HeldValue>(PayloadOf(event.details, "input").value_or(Value()));
    for (int at = id; at != kNone; at = frames_[at].parent) {
      for (const auto& variable : frames_[at].variables) stay.variables.push_back(variable);
    }
    StateVisit visit;
    visit.state = stay.state->name;
    visit.type = asl::StateTypeName(stay.state->type);
    visit.where = frame.where;
    visit.entered_event = event.id;
    visits_.push_back(std::move(visit));
    frame.stay = std::move(stay);
    BeginWork(id, event.at);
  }

  void BeginWork(int id, base::WallTime now) {
    Stay& stay = frames_[id].stay;
    asl::EnterOutcome outcome;
    Traced(id, now, [&](const asl::Scope& scope) { outcome = asl::Enter(*stay.state, scope); });
    if (auto* transition = std::get_if<asl::Transition>(&outcome)) {
      stay.transition = std::move(*transition);
    } else if (auto* failed = std::get_if<asl::Failed>(&outcome)) {
      Fail(id, failed->failure, now);
    } else if (auto* map = std::get_if<asl::StartMap>(&outcome)) {
      stay.items = ItemsOf(map->items, stay.input->Get());
      stay.map = std::move(*map);
    }
  }

  void Complete(int id, Value result, base::WallTime now) {
    Stay& stay = frames_[id].stay;
    const asl::HeldValue held(std::move(result));
    std::optional<asl::Failure> failure;
    Traced(id, now, [&](const asl::Scope& scope) {
      auto outcome = asl::Complete(*stay.state, scope, held);
      if (auto* transition = std::get_if<asl::Transition>(&outcome)) {
        stay.transition = std::move(*transition);
      } else {
        failure = std::get<asl::Failed>(outcome).failure;
      }
    });
    if (failure) Fail(id, *failure, now);
  }

  void Fail(int id, const asl::Failure& failure, base::WallTime now) {
    Stay& stay = frames_[id].stay;
    VisitFailure shown{.error = failure.error, .cause = failure.cause};
    shown.after_stages = visits_[stay.visit].stages.size();
    asl::FailureOutcome outcome;
    const asl::Trace trace = Traced(id, now, [&](const asl::Scope& scope) {
      outcome = asl::HandleFailure(*stay.state, scope, failure, stay.retries);
    });
    shown.retriers = trace.retriers();
    shown.catchers = trace.catchers();
    if (auto* retry = std::get_if<asl::RetryAfter>(&outcome)) {
      stay.retries.resize(std::max(stay.retries.size(), retry->retrier + 1));
      ++stay.retries[retry->retrier];
      shown.retrier = retry->retrier;
      shown.delay_ms = retry->delay.count();
      stay.waits_again = true;
      stay.failed_at = now;
    } else if (auto* caught = std::get_if<asl::Caught>(&outcome)) {
      shown.catcher = caught->catcher;
      stay.transition = std::move(caught->transition);
    } else {
      stay.is_open = false;
      const int parent = frames_[id].parent;
      if (parent != kNone && frames_[parent].stay.is_open) {
        frames_[parent].stay.child_failed = std::get<asl::Failed>(outcome).failure;
        frames_[parent].stay.child_failed_at = now;
      }
    }
    visits_[stay.visit].failures.push_back(std::move(shown));
  }

  // The stay's next attempt has begun: it is entered anew, with the same input.
  void GoOn(int id, const Seen& event) {
    Stay& stay = frames_[id].stay;
    // A Parallel or Map that is tried again shows no failure of its own, only its branch's.
    if (stay.child_failed) Fail(id, *std::exchange(stay.child_failed, std::nullopt), stay.child_failed_at);
    if (!stay.waits_again) return;
    stay.waits_again = false;
    visits_[stay.visit].failures.back().waited_ms = (event.at - stay.failed_at).count();
    stay.children.clear();
    BeginWork(id, event.at);
  }

  void Exit(int id, const Seen& event) {
    Stay& stay = frames_[id].stay;
    StateVisit& visit = visits_[stay.visit];
    if (stay.state->type == asl::StateType::kWait && stay.is_open) Complete(id, stay.input->Get(), event.at);
    visit.exited_event = event.id;
    if (!stay.is_open && !visit.failures.empty()) {
      visit.notes.push_back("computed again it fails, unlike then: " + visit.failures.back().cause);
      visit.failures.pop_back();
    } else if (stay.transition) {
      visit.next = stay.transition->next;
      visit.is_end = visit.next.empty();
    } else {
      visit.is_end = stay.state->type == asl::StateType::kSucceed;
      visit.notes.push_back("the result of its work is not in the history");
    }
    Frame& frame = frames_[id];
    frame.output = PayloadOf(event.details, "output");
    if (frame.output) Settle(stay, "output", *frame.output);
    if (const Value* assigned = event.details.Find("assignedVariables"); assigned != nullptr && assigned->is_object()) {
      std::vector<Member> values;
      for (const Member& member : assigned->members()) {
        std::optional<Value> value = PayloadOf(*assigned, member.key);
        if (!value) continue;
        values.push_back({member.key, *value});
        const auto known = std::find_if(frame.variables.begin(), frame.variables.end(),
                                        [&](const auto& variable) { return variable.first == member.key; });
        if (known != frame.variables.end()) {
          known->second = *std::move(value);
        } else {
          frame.variables.emplace_back(member.key, *std::move(value));
        }
      }
      Settle(stay, "assignedVariables", Value::Object(std::move(values)));
    }
    stay.is_open = false;
  }

  // ---- work

  void OfContainer(int id, const Seen& event) {
    Stay& stay = frames_[id].stay;
    if (event.type == "MapStateStarted" || event.type == "MapRunStarted") {
      GoOn(id, event);
    } else if (event.type == "ParallelStateSucceeded" || event.type == "MapStateSucceeded") {
      std::vector<std::pair<int64_t, Value>> results;
      for (const int child : stay.children) {
        const int64_t order = frames_[child].iteration.value_or(static_cast<int64_t>(results.size()));
        results.emplace_back(order, frames_[child].output.value_or(Value()));
      }
      std::stable_sort(results.begin(), results.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      std::vector<Value> items;
      for (auto& [order, value] : results) items.push_back(std::move(value));
      // A Map Run's results are its children's, which are executions of their own.
      if (stay.state->distributed && items.empty()) return;
      Complete(id, Value::Array(std::move(items)), event.at);
    } else if (event.type == "ParallelStateFailed" || event.type == "MapStateFailed" || event.type == "MapRunFailed") {
      asl::Failure failure;
      if (stay.child_failed) failure = *std::exchange(stay.child_failed, std::nullopt);
      if (event.details.is_object() && !TextOf(event.details, "error").empty()) {
        failure = {.error = TextOf(event.details, "error"), .cause = TextOf(event.details, "cause")};
      }
      if (!failure.error.empty()) Fail(id, failure, event.at);
    }
  }

  void OfTask(int id, const Seen& event) {
    Stay& stay = frames_[id].stay;
    if (stay.state->type != asl::StateType::kTask) return;
    if (event.type.ends_with("Scheduled")) {
      GoOn(id, event);
      const char* sent = event.type == "TaskScheduled" ? "parameters" : "input";
      if (std::optional<Value> value = PayloadOf(event.details, sent)) {
        const bool jsonata = stay.state->query_language == asl::QueryLanguage::kJsonata;
        Settle(stay, jsonata ? "afterArguments" : "afterParameters", *std::move(value));
      }
    } else if (event.type == "TaskSucceeded" || event.type == "ActivitySucceeded" ||
               event.type == "LambdaFunctionSucceeded") {
      if (std::optional<Value> result = PayloadOf(event.details, "output")) Complete(id, *std::move(result), event.at);
    } else if (event.type.ends_with("Failed") || event.type.ends_with("TimedOut")) {
      if (event.type == "EvaluationFailed" || event.type.starts_with("Execution") || event.type.starts_with("Map"))
        return;
      asl::Failure failure{.error = TextOf(event.details, "error"), .cause = TextOf(event.details, "cause")};
      failure.catchable = failure.error != "States.Runtime";
      Fail(id, failure, event.at);
    }
  }

  // ---- evaluating

  // Calls `work` with the scope of the frame's stay and keeps what it tells. `iteration`: of this Map, being started.
  template <typename Work>
  asl::Trace Traced(int id, base::WallTime now, const Work& work, int iteration = kNone) {
    const Stay& stay = frames_[id].stay;
    asl::Trace trace;
    const asl::HeldValue context(ContextOf(id, iteration));
    const asl::Scope scope{.input = *stay.input,
                           .context = context,
                           .variables = stay.variables,
                           .random = random_,
                           .now = now,
                           .inspector = &trace,
                           .entered_event_id = visits_[stay.visit].entered_event};
    work(scope);
    StateVisit& visit = visits_[stay.visit];
    for (const auto& stage : trace.stages()) {
      const Value* known = FindStage(stay, stage.name);
      const bool again = known != nullptr && *known == stage.value && stage.name != "afterItemSelector";
      if (!again) visit.stages.push_back(stage);
    }
    for (const auto& rule : trace.rules()) visit.rules.push_back(rule);
    return trace;
  }

  Value ContextOf(int id, int iteration) const {
    const Stay& stay = frames_[id].stay;
    std::vector<Member> state = {{"Name", Value::String(stay.state->name)},
                                 {"EnteredTime", Value::String(base::FormatIso8601(stay.entered_at))}};
    std::vector<Member> members = {
        {"Execution", Value::Object({{"Id", Value::String(facts_.arn)},
                                     {"Input", execution_input_},
                                     {"StartTime", Value::String(base::FormatIso8601(started_at_))},
                                     {"Name", Value::String(facts_.name)},
                                     {"RoleArn", Value::String(facts_.role_arn)},
                                     {"RedriveCount", Value::Int(0)}})},
        {"StateMachine",
         Value::Object({{"Id", Value::String(facts_.machine_arn)}, {"Name", Value::String(facts_.machine_name)}})}};
    if (stay.state->type == asl::StateType::kTask) {
      int64_t retries = 0;
      for (const int32_t used : stay.retries) retries += used;
      state.push_back({"RetryCount", Value::Int(retries)});
      members.push_back({"Task", Value::Object({{"Token", Value::String("<task token>")}})});
    }
    members.push_back({"State", Value::Object(std::move(state))});
    int around = iteration == kNone ? id : iteration;
    while (around != kNone && !frames_[around].iteration) around = frames_[around].parent;
    if (around != kNone) {
      const Stay& map = frames_[frames_[around].parent].stay;
      const int64_t index = *frames_[around].iteration;
      const auto at = static_cast<size_t>(index);
      const Value item = map.items.is_array() && at < map.items.size() ? map.items.items()[at] : Value();
      members.push_back(
          {"Map", Value::Object({{"Item", Value::Object({{"Index", Value::Int(index)}, {"Value", item}})}})});
    }
    return Value::Object(std::move(members));
  }

  const Value* FindStage(const Stay& stay, std::string_view name) const {
    const auto& stages = visits_[stay.visit].stages;
    const auto found =
        std::find_if(stages.rbegin(), stages.rend(), [&](const auto& stage) { return stage.name == name; });
    return found == stages.rend() ? nullptr : &found->value;
  }

  // What the history has of a stage stands, whatever was computed.
  void Settle(const Stay& stay, std::string_view name, Value recorded) {
    StateVisit& visit = visits_[stay.visit];
    const auto found =
        std::find_if(visit.stages.rbegin(), visit.stages.rend(), [&](const auto& stage) { return stage.name == name; });
    if (found == visit.stages.rend()) {
      visit.stages.push_back({std::string(name), std::move(recorded)});
      return;
    }
    if (found->value == recorded) return;
    found->value = std::move(recorded);
    if (name == "output") visit.output_differs = true;
    visit.notes.push_back(
        std::string(name) +
        " is as recorded; computed again it differs, which chance, the clock or a task token explain");
  }

  const asl::Program& program_;
  const ExecutionFacts& facts_;
  base::SeededRandom random_{1};
  Value execution_input_;
  base::WallTime started_at_;
  std::vector<Frame> frames_;
  std::map<int64_t, int> frame_of_;  // by event
  std::set<int64_t> branching_;      // ParallelStateStarted events, after which each entered state begins a branch
  std::vector<StateVisit> visits_;
};

}  // namespace

std::vector<StateVisit> ExplainHistory(const asl::Program& program, const ExecutionFacts& facts,
                                       std::span<const Value> events) {
  return Walk(program, facts).Run(events);
}

}  // namespace pawl::ctl
