#include "scheduler/dispatch/sessions.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace pawl::dispatch {

using base::MonotonicTime;
using core::TaskRef;

namespace {
bool IsWatcher(const std::string& session) { return !session.empty() && session.front() == '@'; }
}  // namespace

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

void Sessions::Await(const std::string& session, const TaskRef& task, MonotonicTime now,
                     std::optional<std::chrono::milliseconds> heartbeat) {
  // Its holder may have been heard of already; then only the heartbeat is news.
  auto holder = holder_.find(task);
  if (holder == holder_.end() && !session.empty()) {
    awaited_.Set(task, now + settings_.session);
    // It may be known here from before, and about to be taken for silent.
    Touch(session, now);
  }
  Hold(holder == holder_.end() ? session : holder->second, task, now, heartbeat);
}

void Sessions::Expect(const std::string& session, const TaskRef& task, MonotonicTime now,
                      std::optional<std::chrono::milliseconds> heartbeat) {
  auto holder = holder_.find(task);
  if (holder != holder_.end() && IsWatcher(holder->second)) {
    // The worker has come here.
    sessions_[holder->second].held.erase(task);
    former_[task].insert(holder->second);
    holder_.erase(holder);
    holder = holder_.end();
  }
  if (holder == holder_.end() || holder->second == session) awaited_.Remove(task);
  Hold(holder == holder_.end() ? session : holder->second, task, now, heartbeat);
}

std::vector<TaskRef> Sessions::Missing(const std::string& name, const std::vector<TaskRef>& held, MonotonicTime now,
                                       std::optional<std::chrono::milliseconds> grace) {
  std::vector<TaskRef> missing;
  auto found = sessions_.find(name);
  if (found == sessions_.end()) return missing;
  const std::unordered_set<TaskRef> listed(held.begin(), held.end());
  for (const auto& [task, since] : found->second.held) {
    if (awaited_.Has(task) || listed.contains(task)) continue;
    if (now - since >= grace.value_or(settings_.hand_out_grace)) missing.push_back(task);
  }
  std::sort(missing.begin(), missing.end());
  for (const TaskRef& task : missing) Drop(task, false);
  return missing;
}

void Sessions::Beat(const TaskRef& task, MonotonicTime now) {
  awaited_.Remove(task);
  auto heartbeat = heartbeat_of_.find(task);
  if (heartbeat != heartbeat_of_.end()) beats_.Set(task, now + heartbeat->second);
}

void Sessions::Drop(const TaskRef& task, bool tell) {
  if (!heartbeat_of_.empty() && heartbeat_of_.erase(task) > 0) beats_.Remove(task);
  awaited_.Remove(task);
  if (!former_.empty()) former_.erase(task);
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
    awaited_.Remove(task);
    if (heartbeat_of_.erase(task) > 0) beats_.Remove(task);
  }
  std::sort(held.begin(), held.end());
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
    std::vector<TaskRef>& list = IsWatcher(name) ? unwatched_ : lost;
    list.insert(list.end(), held.begin(), held.end());
  }
  for (const TaskRef& task : awaited_.TakeDue(now, 1000)) {
    Drop(task, true);
    lost.push_back(task);
  }
  return lost;
}

bool Sessions::Entrust(const std::string& watcher, const TaskRef& task, MonotonicTime now) {
  auto former = former_.find(task);
  if (former != former_.end() && former->second.erase(watcher) > 0) return false;
  Touch(watcher, now);
  awaited_.Remove(task);
  if (heartbeat_of_.erase(task) > 0) beats_.Remove(task);
  auto [holder, is_new] = holder_.try_emplace(task, watcher);
  if (!is_new && holder->second != watcher) {
    sessions_[holder->second].held.erase(task);
    if (IsWatcher(holder->second)) former_[task].insert(holder->second);
    holder->second = watcher;
  }
  sessions_[watcher].held[task] = now;
  return true;
}

std::string Sessions::WatcherOf(const TaskRef& task) const {
  auto holder = holder_.find(task);
  return holder != holder_.end() && IsWatcher(holder->second) ? holder->second : std::string();
}

bool Sessions::IsHeldHere(const TaskRef& task) const {
  auto holder = holder_.find(task);
  return holder != holder_.end() && !IsWatcher(holder->second);
}

void Sessions::Forget(const TaskRef& task) {
  auto holder = holder_.find(task);
  if (holder == holder_.end() || IsWatcher(holder->second) || awaited_.Has(task)) Drop(task, false);
}

void Sessions::ForEachHeld(const std::function<void(const std::string&, const TaskRef&)>& each) const {
  for (const auto& [task, session] : holder_) {
    if (!IsWatcher(session) && !awaited_.Has(task)) each(session, task);
  }
}

std::vector<TaskRef> Sessions::TakeSilent(MonotonicTime now) {
  std::vector<TaskRef> silent = beats_.TakeDue(now, 1000);
  for (const TaskRef& task : silent) heartbeat_of_.erase(task);
  return silent;
}

std::optional<MonotonicTime> Sessions::NextDue() const {
  std::optional<MonotonicTime> next;
  for (std::optional<MonotonicTime> due : {expiry_.next_due(), beats_.next_due(), awaited_.next_due()}) {
    if (due && (!next || *due < *next)) next = due;
  }
  return next;
}

}  // namespace pawl::dispatch
