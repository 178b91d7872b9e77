#include "scheduler/core/context.h"

#include "scheduler/core/decide.h"
#include "shared/base/civil_time.h"

namespace pawl::core {

using history::Frame;
using json::Value;

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
                                                 {"StartTime", Value::String(base::FormatIso8601(state_.started_at))},
                                                 {"Name", Value::String(start.name)},
                                                 {"RoleArn", Value::String(start.role_arn)},
                                                 {"RedriveCount", Value::Int(0)}})});
  members.push_back({"StateMachine", Value::Object({{"Id", Value::String(MachineArnOf(start))},
                                                    {"Name", Value::String(start.machine)}})});
  std::vector<json::Member> in_state = {{"Name", Value::String(frame_.state)},
                                        {"EnteredTime", Value::String(base::FormatIso8601(frame_.entered_at))}};
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
