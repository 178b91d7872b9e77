#include "scheduler/core/context.h"

#include <cstdio>

#include "scheduler/core/decide.h"

namespace pawl::core {

using history::Frame;
using json::Value;

std::string IsoTime(base::WallTime time) {
  using namespace std::chrono;
  auto day = floor<days>(time);
  year_month_day date(day);
  auto of_day = time - day;
  char text[40];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(duration_cast<hours>(of_day).count()),
                static_cast<int>(duration_cast<minutes>(of_day).count() % 60),
                static_cast<int>(duration_cast<seconds>(of_day).count() % 60), static_cast<int>(of_day.count() % 1000));
  return text;
}

namespace {

// The nearest iteration around the frame, if it stands in a Map.
const Frame* EnclosingIteration(const history::ExecutionState& state, const Frame& frame) {
  for (const Frame* here = &frame; here != nullptr; here = state.Find(here->parent)) {
    if (here->is_iteration) return here;
  }
  return nullptr;
}

Value MapItem(const Frame* map, int64_t index) {
  const auto* waiting = map ? std::get_if<history::WaitingForIterations>(&map->waiting) : nullptr;
  Value item;
  if (waiting != nullptr && static_cast<size_t>(index) < waiting->map.items.value().size()) {
    item = waiting->map.items.value().items()[index];
  }
  return Value::Object({{"Item", Value::Object({{"Index", Value::Int(index)}, {"Value", item}})}});
}

}  // namespace

const Value& FrameContext::Get() const {
  if (value_) return *value_;
  const history::ExecutionStarted& start = state_.start;
  std::vector<json::Member> members;
  members.push_back({"Execution", Value::Object({{"Id", Value::String(ExecutionArnOf(start))},
                                                 {"Input", start.input.value()},
                                                 {"StartTime", Value::String(IsoTime(state_.started_at))},
                                                 {"Name", Value::String(start.name)},
                                                 {"RoleArn", Value::String(start.role_arn)},
                                                 {"RedriveCount", Value::Int(0)}})});
  members.push_back({"StateMachine", Value::Object({{"Id", Value::String(MachineArnOf(start))},
                                                    {"Name", Value::String(start.machine)}})});
  std::vector<json::Member> in_state = {{"Name", Value::String(frame_.state)},
                                        {"EnteredTime", Value::String(IsoTime(frame_.entered_at))}};
  // Recorded: only states that can be retried show how often they were.
  if (frame_.kind == history::StateKind::kTask) in_state.push_back({"RetryCount", Value::Int(frame_.retry_count)});
  members.push_back({"State", Value::Object(std::move(in_state))});
  if (iteration_) {
    members.push_back({"Map", MapItem(&frame_, *iteration_)});
  } else if (const Frame* iteration = EnclosingIteration(state_, frame_)) {
    members.push_back({"Map", MapItem(state_.Find(iteration->parent), iteration->index)});
  }
  if (task_token_) {
    members.push_back({"Task", Value::Object({{"Token", Value::String(task_token_())}})});
  }
  value_ = Value::Object(std::move(members));
  return *value_;
}

}  // namespace pawl::core
