// Effects of durable decisions, timers, and what waits for an execution's end.
#include <algorithm>
#include <utility>

#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

using base::EntityId;

namespace {

// Waits until a timestamp follow the wall clock, which may step: no timer sleeps longer than this before it looks
// again.
constexpr std::chrono::hours kSleepMax{1};

std::optional<std::chrono::milliseconds> Seconds(std::optional<int64_t> value) {
  if (!value) return std::nullopt;
  return std::chrono::seconds(*value);
}

}  // namespace

void Engine::Perform(EntityId entity, core::Effect effect) {
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  if (auto* offer = std::get_if<core::OfferTask>(&effect)) {
    OfferTask(entity, *offer);
  } else if (auto* hand_out = std::get_if<core::HandOutTask>(&effect)) {
    sessions_.Hold(hand_out->session, hand_out->details.task, now, Seconds(hand_out->details.heartbeat_seconds));
    limiter_.Running(hand_out->details.task, hand_out->details.queue);
    dispatcher_.HandOut(std::move(*hand_out));
    ArmWakeUp();
  } else if (auto* expect = std::get_if<core::ExpectTask>(&effect)) {
    sessions_.Await(expect->session, expect->task, now, Seconds(expect->heartbeat_seconds));
    ArmWakeUp();
  } else if (auto* revoke = std::get_if<core::RevokeTask>(&effect)) {
    dispatcher_.Revoke(revoke->task, revoke->queue);
    sessions_.Drop(revoke->task, true);
    limiter_.End(revoke->task);
  } else if (auto* arm = std::get_if<core::ArmTimer>(&effect)) {
    // Its partition may have gone while the decision was on its way to the log.
    if (entities_.contains(entity)) Arm({entity, arm->frame, arm->kind}, arm->due);
  } else if (auto* cancel = std::get_if<core::CancelTimer>(&effect)) {
    timers_.Remove({entity, cancel->frame, cancel->kind});
  } else if (auto* later = std::get_if<core::ContinueLater>(&effect)) {
    Submit(entity, core::Continue{later->frame}, [](const absl::Status&) {});
  } else if (std::holds_alternative<core::Ended>(effect)) {
    auto found = entities_.find(entity);
    if (found == entities_.end()) return;
    std::unique_ptr<Entity> ended = std::move(found->second);
    entities_.erase(found);
    const history::ExecutionState& state = ended->state();
    timers_.Remove({entity, base::FrameId(), core::TimerKind::kExecution});
    if (auto name = names_.find(ended->name_key); name != names_.end()) {
      name->second.ended = true;
      ended_names_.emplace_back(now, ended->name_key);
      ForgetEndedNames(now, 2);  // so they never become many that must go at once
    }
    if (ended->end_waiters.empty()) return;
    Outcome outcome{state.status, state.started_at, *state.stopped_at, {}, state.error, state.cause};
    if (state.output) outcome.output = state.output->text();
    for (auto& waiter : ended->end_waiters) waiter(outcome);
  }
}

bool Engine::WhenEnded(EntityId entity, std::function<void(absl::StatusOr<Outcome>)> done) {
  auto found = entities_.find(entity);
  if (found == entities_.end()) return false;
  found->second->end_waiters.push_back(std::move(done));
  return true;
}

bool Engine::WhenChanged(EntityId entity, std::function<void()> done) {
  auto found = entities_.find(entity);
  if (found == entities_.end()) return false;
  found->second->change_waiters.push_back(std::move(done));
  return true;
}

bool Engine::Release::EndsTask(const core::TaskRef& task) const {
  return answered == task || std::any_of(effects.begin(), effects.end(), [&](const core::Effect& effect) {
           const auto* revoke = std::get_if<core::RevokeTask>(&effect);
           return revoke != nullptr && revoke->task == task;
         });
}

// What memory still waits for, the log does too: nobody outside can name a task whose start is not durable. What memory
// does not wait for any more, the log still does where the decision that ended it is on its way.
bool Engine::HasTask(const core::TaskRef& task) const {
  auto partition = partitions_.find(PartitionOf(task.entity.slot()));
  if (partition == partitions_.end() || !partition->second->serving || !HasLease(*partition->second)) return true;
  auto found = entities_.find(task.entity);
  if (found != entities_.end() && found->second->is_parked()) return true;  // memory cannot tell
  const history::Frame* frame = found != entities_.end() ? found->second->state().Find(task.frame) : nullptr;
  const auto* waiting = frame ? std::get_if<history::WaitingForTask>(&frame->waiting) : nullptr;
  if (waiting != nullptr && waiting->scheduled_event == task.scheduled_event && waiting->attempt == task.attempt) {
    return true;
  }
  auto ends_it = [&](const Batch* batch) {
    return batch != nullptr && std::any_of(batch->releases.begin(), batch->releases.end(),
                                           [&](const Release& release) { return release.EndsTask(task); });
  };
  return ends_it(at_log_) || ends_it(deciding_.get());
}

void Engine::Arm(const TimerKey& key, base::WallTime due) {
  NoteWallClock();
  auto sleep =
      std::clamp<std::chrono::milliseconds>(due - parts_.clock.WallNow(), std::chrono::milliseconds(0), kSleepMax);
  timers_.Set(key, parts_.clock.MonotonicNow() + sleep);
  ArmWakeUp();
}

// One timer of the executor stands for all: it is set to the earliest thing due.
void Engine::ArmWakeUp() {
  std::optional<base::MonotonicTime> due = timers_.next_due();
  if (std::optional<base::MonotonicTime> other = sessions_.NextDue(); other && (!due || *other < *due)) due = other;
  if (!to_park_.empty() && (!due || to_park_.front().first < *due)) due = to_park_.front().first;
  if (!due || (wake_up_due_ && *wake_up_due_ <= *due)) return;
  if (wake_up_ != 0) parts_.executor.Cancel(wake_up_);
  wake_up_due_ = due;
  wake_up_ = parts_.executor.PostAt(*due, [this] { WakeUp(); });
}

// A slice of the timers that are due; ArmWakeUp sees the rest.
void Engine::FireDue(base::MonotonicTime now) {
  for (const TimerKey& key : timers_.TakeDue(now, settings_.timers_at_once)) {
    if (IsPaused(key.kind, now)) {
      timers_.Set(key, timeouts_from_);
      continue;
    }
    // Timers look at the wall clock now and then; that is no reason to read a parked execution.
    auto owner = entities_.find(key.entity);
    if (owner != entities_.end() && owner->second->is_parked()) {
      if (owner->second->wake_at > parts_.clock.WallNow()) {
        Arm(key, owner->second->wake_at);
      } else {
        Unpark(owner->first, *owner->second, false);
      }
      continue;
    }
    Submit(key.entity, core::FireTimer{key.frame, key.kind}, [this, key](const absl::Status& status) {
      // Not recorded (overload, a lost commit): the timer is still owed. A refusal means that it is not.
      if (absl::IsUnavailable(status) || absl::IsResourceExhausted(status)) {
        if (entities_.contains(key.entity)) Arm(key, parts_.clock.WallNow() + std::chrono::seconds(1));
      }
    });
  }
}

void Engine::WakeUp() {
  wake_up_ = 0;
  wake_up_due_.reset();
  base::MonotonicTime now = parts_.clock.MonotonicNow();
  auto ignore = [](const absl::Status&) {};
  NoteWallClock();
  FireDue(now);
  auto submit = [&](const core::TaskRef& task, core::Command command) {
    if (Owns(task.entity.slot()) || !parts_.submit_elsewhere) return Submit(task.entity, std::move(command), ignore);
    parts_.submit_elsewhere(task.entity, std::move(command));
  };
  for (const core::TaskRef& task : sessions_.TakeLost(now)) submit(task, core::ReleaseTask{task, true});
  // Their workers may be in touch with another node by now, which then says so.
  for (const core::TaskRef& task : sessions_.TakeUnwatched()) {
    auto entity = entities_.find(task.entity);
    const bool is_live = entity != entities_.end() && !entity->second->is_parked();
    const history::Frame* frame = is_live ? entity->second->state().Find(task.frame) : nullptr;
    const auto* waiting = frame ? std::get_if<history::WaitingForTask>(&frame->waiting) : nullptr;
    if (waiting == nullptr || waiting->attempt != task.attempt) continue;
    sessions_.Await(waiting->session, task, now, Seconds(waiting->task.heartbeat_seconds));
  }
  for (const core::TaskRef& task : sessions_.TakeSilent(now)) submit(task, core::HeartbeatMissed{task});
  ParkDue(now);
  ForgetEndedNames(now, 1'000);
  ArmWakeUp();
}

void Engine::ForgetEndedNames(base::MonotonicTime now, int count_max) {
  for (int i = 0; i < count_max && !ended_names_.empty(); ++i) {
    if (now - ended_names_.front().first <= std::chrono::seconds(10)) return;
    auto name = names_.find(ended_names_.front().second);
    if (name != names_.end() && name->second.ended) names_.erase(name);
    ended_names_.pop_front();
  }
}

}  // namespace pawl::partition
