#include "tests/simulation/limit_checker.h"

#include <algorithm>
#include <utility>

#include "scheduler/core/binding.h"

namespace pawl::simulation {

LimitChecker::LimitChecker(Parts parts) : parts_(std::move(parts)) {
  for (const auto& [key, limit] : parts_.table.limits) {
    for (const std::string& handler : limit.handlers) key_of_handler_[handler] = key;
    keys_[key].most = limit.concurrency.value_or(0);
  }
}

void LimitChecker::BeforeChange(const dispatch::Limits& next) {
  for (const auto& [key, limit] : next) keys_[key].most = std::max(keys_[key].most, limit.concurrency.value_or(0));
  is_changing_ = true;
  known_since_.reset();
}

void LimitChecker::SettleChange() {
  if (!is_changing_ || !parts_.is_known_everywhere()) return;
  if (!known_since_) known_since_ = parts_.world.now();
  if (parts_.world.now() <= *known_since_ + parts_.commit_max) return;
  is_changing_ = false;
  for (const auto& [key, limit] : parts_.table.limits) keys_[key].most = limit.concurrency.value_or(0);
}

void LimitChecker::OnRow(const history::ExecutionState& state) {
  SettleChange();
  std::map<core::TaskRef, std::string> now;
  if (state.is_running()) {
    for (const auto& [frame_id, frame] : state.frames) {
      const auto* task = std::get_if<history::WaitingForTask>(&frame.waiting);
      if (task == nullptr || !task->started || (task->task.wait_for_token && task->submitted)) continue;
      auto key = key_of_handler_.find(std::string(core::HandlerOfQueue(task->task.queue)));
      if (key != key_of_handler_.end()) now[{state.id, frame_id, task->scheduled_event, task->attempt}] = key->second;
    }
  }
  // What has ended with this decision makes room for what begins with it.
  std::map<core::TaskRef, std::string>& before = running_[state.id];
  for (const auto& [task, key] : before) --keys_[key].running;
  for (const auto& [task, key] : now) ++keys_[key].running;
  before = now;
  for (const auto& [task, key] : now) {
    if (!begun_.insert(task).second) continue;
    Key& of_key = keys_[key];
    parts_.world.Tell("log", Describe(task) + " begins, " + std::to_string(of_key.running) + " of " + key + " run");
    const dispatch::Limit& limit = parts_.table.limits.at(key);
    if (limit.concurrency && of_key.running > of_key.most) {
      parts_.ledger.Accuse(Describe(task) + " begins, and of " + key + " " + std::to_string(of_key.running) +
                           " run, but the limit is " + std::to_string(of_key.most));
    }
    if (limit.rate) NoteBegin(key, of_key, limit);
  }
}

void LimitChecker::NoteBegin(const std::string& key, Key& of_key, const dispatch::Limit& limit) {
  const double now = std::chrono::duration<double>(parts_.world.now().time_since_epoch()).count();
  const double commit = std::chrono::duration<double>(parts_.commit_max).count();
  const double here = of_key.begun - *limit.rate * now;
  of_key.least = of_key.begun == 0 ? here : std::min(of_key.least, here);
  ++of_key.begun;
  // Over the window that began with the begin which leaves least: so many in so long.
  if (of_key.begun - *limit.rate * now - of_key.least > *limit.rate * (3 + commit) + 1) {
    parts_.ledger.Accuse("more attempts of " + key + " begin than its rate of " + std::to_string(*limit.rate) +
                         " allows");
  }
}

void LimitChecker::CheckEnd() {
  for (const auto& [key, rows] : parts_.table.rows) {
    for (const auto& [partition, row] : rows) {
      if (row.held != 0) parts_.ledger.Accuse("nothing runs, but permits of " + key + " are held");
    }
  }
}

}  // namespace pawl::simulation
