#include "scheduler/dispatch/sessions.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace pawl::dispatch {

using base::MonotonicTime;
using core::TaskRef;

Sessions::Session& Sessions::Touch(const std::string& name, MonotonicTime now) {
  Session& session = sessions_[name];
  expiry_.Set(name, now + settings_.session);
  return session;
}

void Sessions::Heard(const std::string& session, MonotonicTime now) { Touch(session, now); }

void Sessions::PollBegan(const std::string& session, MonotonicTime now) { ++Touch(session, now).polls; }

void Sessions::PollEnded(const std::string& session, MonotonicTime now) {
  auto found = sessions_.find(session);
  if (found == sessions_.end()) return;
  --found->second.polls;
  expiry_.Set(session, now + settings_.session);
}

void Sessions::Hold(const std::string& name, const TaskRef& task, MonotonicTime now,
                    std::optional<std::chrono::milliseconds> heartbeat) {
  if (heartbeat) {
    heartbeat_of_[task] = *heartbeat;
    beats_.Set(task, now + *heartbeat);
  }
  if (name.empty()) return;
  sessions_[name].held[task] = now;
  if (!expiry_.Has(name)) expiry_.Set(name, now + settings_.session);
  holder_[task] = name;
}

void Sessions::Expect(const std::string& session, const TaskRef& task, MonotonicTime now,
                      std::optional<std::chrono::milliseconds> heartbeat) {
  // Its holder may have been heard of already; then only the heartbeat is news.
  auto holder = holder_.find(task);
  Hold(holder == holder_.end() ? session : holder->second, task, now, heartbeat);
}

std::vector<TaskRef> Sessions::Missing(const std::string& name, const std::vector<TaskRef>& held, MonotonicTime now,
                                       std::optional<std::chrono::milliseconds> grace) {
  std::vector<TaskRef> missing;
  auto found = sessions_.find(name);
  if (found == sessions_.end()) return missing;
  const std::unordered_set<TaskRef> listed(held.begin(), held.end());
  for (const auto& [task, since] : found->second.held) {
    if (now - since >= grace.value_or(settings_.hand_out_grace) && !listed.contains(task)) missing.push_back(task);
  }
  for (const TaskRef& task : missing) Drop(task, false);
  return missing;
}

void Sessions::Beat(const TaskRef& task, MonotonicTime now) {
  auto heartbeat = heartbeat_of_.find(task);
  if (heartbeat != heartbeat_of_.end()) beats_.Set(task, now + heartbeat->second);
}

void Sessions::Drop(const TaskRef& task, bool tell) {
  if (!heartbeat_of_.empty() && heartbeat_of_.erase(task) > 0) beats_.Remove(task);
  auto holder = holder_.find(task);
  if (holder == holder_.end()) return;
  Session& session = sessions_[holder->second];
  session.held.erase(task);
  if (tell) session.cancelled.push_back(task);
  holder_.erase(holder);
}

std::vector<TaskRef> Sessions::TakeCancelled(const std::string& name) {
  auto found = sessions_.find(name);
  if (found == sessions_.end()) return {};
  return std::exchange(found->second.cancelled, {});
}

std::vector<TaskRef> Sessions::End(const std::string& name) {
  std::vector<TaskRef> held;
  auto found = sessions_.find(name);
  if (found == sessions_.end()) return held;
  for (const auto& [task, since] : found->second.held) {
    held.push_back(task);
    holder_.erase(task);
    if (heartbeat_of_.erase(task) > 0) beats_.Remove(task);
  }
  sessions_.erase(found);
  expiry_.Remove(name);
  return held;
}

std::vector<TaskRef> Sessions::TakeLost(MonotonicTime now) {
  std::vector<TaskRef> lost;
  for (const std::string& name : expiry_.TakeDue(now, 1000)) {
    auto found = sessions_.find(name);
    if (found == sessions_.end()) continue;
    if (found->second.polls > 0) {
      expiry_.Set(name, now + settings_.session);
      continue;
    }
    std::vector<TaskRef> held = End(name);
    lost.insert(lost.end(), held.begin(), held.end());
  }
  return lost;
}

std::vector<TaskRef> Sessions::TakeSilent(MonotonicTime now) {
  std::vector<TaskRef> silent = beats_.TakeDue(now, 1000);
  for (const TaskRef& task : silent) heartbeat_of_.erase(task);
  return silent;
}

std::optional<MonotonicTime> Sessions::NextDue() const {
  std::optional<MonotonicTime> expiry = expiry_.next_due();
  std::optional<MonotonicTime> beat = beats_.next_due();
  if (!expiry || !beat) return expiry ? expiry : beat;
  return std::min(*expiry, *beat);
}

}  // namespace pawl::dispatch
