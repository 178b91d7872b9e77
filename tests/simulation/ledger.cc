#include "tests/simulation/ledger.h"

#include "history/state/apply.h"

namespace pawl::simulation {

using history::ExecutionState;

std::string Describe(const core::TaskRef& task) {
  return "task " + task.entity.ToString().substr(24) + "/" + std::to_string(task.scheduled_event.value()) +
         " attempt " + std::to_string(task.attempt);
}

void Ledger::CatchUp() {
  while (read_ < store_->log().size()) {
    history::MemoryStore::LogRow row = store_->log()[read_++];
    Read(row);
  }
}

void Ledger::Read(const history::MemoryStore::LogRow& row) {
  auto [last, first_time] = last_of_.try_emplace(row.partition, base::Sequence(0), row.epoch);
  if (row.sequence != last->second.first.next()) Accuse("a partition's sequence has a gap or a fork");
  if (row.epoch < last->second.second) Accuse("a row of an old epoch follows one of a newer");
  last->second = {row.sequence, row.epoch};

  ExecutionState& state = states_[row.row.entity];
  state.id = row.row.entity;
  if (row.row.revision != state.revision + 1) Accuse("an execution's revisions have a gap");
  auto events = decoders_[row.row.entity].DecodeDecision(row.row.bytes);
  if (!events.ok()) return Accuse("a committed row cannot be decoded: " + std::string(events.status().message()));
  base::WallTime& latest = latest_[row.partition];
  const base::WallTime before = latest;
  for (const history::Event& event : *events) {
    Note(state, event, event.at <= before);
    history::Apply(state, event);
    latest = std::max(latest, event.at);
  }
  state.revision = row.row.revision;
  if (on_row_) on_row_(state);
}

void Ledger::Note(const ExecutionState& before, const history::Event& event, bool clock_stands) {
  const history::Frame* frame = before.Find(event.frame);
  const auto* task = frame ? std::get_if<history::WaitingForTask>(&frame->waiting) : nullptr;
  if (const auto* started = std::get_if<history::TaskStarted>(&event.body)) {
    if (task == nullptr) return Accuse("a task starts that nobody waits for");
    if (task->started) Accuse("a task starts that is started already");
    if (!started_.insert({before.id, event.frame, task->scheduled_event, started->attempt}).second) {
      Accuse("an attempt starts twice");
    }
  } else if (const auto* scheduled = std::get_if<history::TaskScheduled>(&event.body)) {
    if (scheduled->wait_for_token) wait_for_token_.emplace(before.id, event.id);
    const auto* backoff = frame ? std::get_if<history::Backoff>(&frame->waiting) : nullptr;
    if (backoff != nullptr && event.at < backoff->due) Accuse("a backoff is cut short");
  } else if (std::holds_alternative<history::StateExited>(event.body)) {
    const auto* timer = frame ? std::get_if<history::WaitingForTimer>(&frame->waiting) : nullptr;
    if (timer != nullptr && event.at < timer->until) Accuse("a wait is cut short");
  } else if (std::holds_alternative<history::TaskSubmitted>(event.body)) {
    if (task == nullptr) return Accuse("a task is submitted that nobody waits for");
    submitted_.insert({before.id, event.frame, task->scheduled_event, task->attempt});
  } else if (std::holds_alternative<history::TaskAttemptLost>(event.body)) {
    if (task == nullptr) return Accuse("an attempt is lost that nobody waits for");
    core::TaskRef lost{before.id, event.frame, task->scheduled_event, task->attempt};
    if (task->restartable) return;
    never_begun_.insert(lost);
    if (begun_.contains(lost)) Accuse("begun and given to another, but not restartable: " + Describe(lost));
  } else if (std::holds_alternative<history::TaskSucceeded>(event.body) ||
             std::holds_alternative<history::TaskFailed>(event.body) ||
             std::holds_alternative<history::TaskTimedOut>(event.body)) {
    if (task == nullptr) return Accuse("a task ends that nobody waits for");
    if (!ended_attempt_.emplace(std::pair(before.id, task->scheduled_event), task->attempt).second) {
      Accuse("a task ends twice");
    }
    const auto* failed = std::get_if<history::TaskFailed>(&event.body);
    if (failed != nullptr && failed->error == "Pawl.WorkerLost") {
      workers_lost_.push_back(Describe({before.id, event.frame, task->scheduled_event, task->attempt}));
    }
    if (std::holds_alternative<history::TaskTimedOut>(event.body)) {
      timed_out_.push_back(
          {Describe({before.id, event.frame, task->scheduled_event, task->attempt}), event.at, clock_stands});
    }
  }
}

const ExecutionState* Ledger::Find(base::EntityId entity) {
  CatchUp();
  auto found = states_.find(entity);
  return found == states_.end() ? nullptr : &found->second;
}

bool Ledger::IsCurrent(const core::TaskRef& task) {
  const ExecutionState* state = Find(task.entity);
  const history::Frame* frame = state ? state->Find(task.frame) : nullptr;
  const auto* waiting = frame ? std::get_if<history::WaitingForTask>(&frame->waiting) : nullptr;
  return waiting != nullptr && waiting->scheduled_event == task.scheduled_event && waiting->attempt == task.attempt;
}

void Ledger::OnStarted(base::EntityId entity) {
  if (Find(entity) == nullptr) Accuse("told before durable: a start that is not in the log was answered with success");
}

void Ledger::OnHandedOut(const core::TaskRef& task) {
  CatchUp();
  if (!started_.contains(task))
    Accuse("told before durable: " + Describe(task) + " handed out, its start is not logged");
}

void Ledger::OnBegun(const core::TaskRef& task) {
  CatchUp();
  begun_.insert(task);
  if (never_begun_.contains(task)) Accuse("given to another, then begun, but not restartable: " + Describe(task));
}

void Ledger::OnResultAccepted(const core::TaskRef& task, bool by_holders_success) {
  CatchUp();
  if (by_holders_success && wait_for_token_.contains({task.entity, task.scheduled_event})) {
    if (!submitted_.contains(task)) Accuse("told before durable: the submission of " + Describe(task));
    return;
  }
  auto ended = ended_attempt_.find({task.entity, task.scheduled_event});
  if (ended == ended_attempt_.end()) {
    Accuse("told before durable: the result of " + Describe(task) + " acknowledged, but not in the log");
  } else if (ended->second != task.attempt) {
    Accuse("the result of an old attempt was accepted: " + Describe(task));
  }
  if (!accepted_.insert(task).second) Accuse("two results were accepted for " + Describe(task));
}

void Ledger::OnTaskRefused(const core::TaskRef& task, bool is_holder, const std::string& why) {
  if (IsCurrent(task) && !(is_holder && submitted_.contains(task))) {
    Accuse("told before durable: a result for " + Describe(task) + " refused (" + why + "), but the log waits for it");
  }
}

void Ledger::OnEnded(base::EntityId entity, history::ExecutionStatus status) {
  const ExecutionState* state = Find(entity);
  if (state == nullptr || state->status != status) Accuse("told before durable: an end that is not in the log");
}

}  // namespace pawl::simulation
