#include "scheduler/dispatch/dispatcher.h"

#include <algorithm>
#include <iterator>

#include "scheduler/core/binding.h"

namespace pawl::dispatch {

using core::Claim;
using core::TaskRef;

Dispatcher::PollId Dispatcher::AddPoll(Poll poll) {
  PollId id = ++last_poll_;
  WaitingPoll& waiting = polls_[id];
  waiting.poll = std::move(poll);
  if (!waiting.poll.activity_arn.empty()) {
    StandInLine(line_of_activity_[waiting.poll.activity_arn], id);
  } else if (waiting.poll.slots > 0) {
    for (const PollHandler& handler : waiting.poll.handlers) StandInLine(line_of_handler_[handler.name], id);
  }
  Fill(id);
  return id;
}

void Dispatcher::StandInLine(Line& lines, PollId id) {
  constexpr size_t kSmall = 64;
  std::deque<PollId>& line = polls_.at(id).poll.is_lent ? lines.lent : lines.own;
  if (line.size() >= kSmall && line.size() > 2 * polls_.size()) {
    std::erase_if(line, [this](PollId other) {
      auto found = polls_.find(other);
      return found == polls_.end() || found->second.poll.slots == 0;
    });
  }
  line.push_back(id);
}

void Dispatcher::Compact(Queue& queue) {
  constexpr size_t kSmall = 64;
  if (queue.standing < kSmall || queue.standing <= 2 * queue.waiting.size()) return;
  queue.standing = 0;
  for (auto& [priority, line] : queue.lines) {
    line.EraseIf([&](const TaskRef& task) { return !queue.waiting.contains(task); });
    queue.standing += line.size();
  }
}

void Dispatcher::Fill(PollId id) {
  FillFromHere(id);
  const Poll& poll = polls_.at(id).poll;
  if (on_poll_ && poll.slots > 0 && !poll.is_lent) on_poll_();
}

size_t Dispatcher::WaitingIn(const std::string& queue) const {
  auto found = queues_.find(queue);
  return found == queues_.end() ? 0 : found->second.waiting.size();
}

// Gives a poll what waits already, until its slots are full: each slot to the one of its queues that has had least for
// its weight.
void Dispatcher::FillFromHere(PollId id) {
  WaitingPoll& waiting = polls_.at(id);
  while (waiting.poll.slots > 0) {
    const PollHandler* handler = nullptr;
    Queue* queue = NextQueueOf(waiting.poll, &handler);
    if (queue == nullptr) return;
    share_ = queue->share;
    queue->share += 1.0 / flows_.WeightOf(queue->flow);
    std::optional<TaskRef> task = TakeFrom(*queue);
    --waiting.poll.slots;
    ++waiting.under_way;
    submit_({*task, waiting.poll.worker, waiting.poll.session, handler != nullptr && handler->restartable, id});
  }
}

Dispatcher::Queue* Dispatcher::NextQueueOf(const Poll& poll, const PollHandler** handler) {
  Queue* next = nullptr;
  auto consider = [&](const std::string& name, const PollHandler* of) {
    auto found = queues_.find(name);
    if (found == queues_.end() || found->second.waiting.empty()) return;
    if (next != nullptr && next->share <= found->second.share) return;
    next = &found->second;
    *handler = of;
  };
  if (!poll.activity_arn.empty()) {
    consider(poll.activity_arn, nullptr);
    return next;
  }
  for (const PollHandler& one : poll.handlers) {
    auto queues = queues_of_handler_.find(one.name);
    if (queues == queues_of_handler_.end()) continue;
    for (const std::string& queue : queues->second) consider(queue, &one);
  }
  return next;
}

// The queue has tasks that wait.
std::optional<TaskRef> Dispatcher::TakeFrom(Queue& queue) {
  for (auto line = queue.lines.begin(); line != queue.lines.end();) {
    while (!line->second.empty()) {
      TaskRef task = line->second.Pop();
      --queue.standing;
      if (queue.waiting.erase(task) > 0) return task;
    }
    line = queue.lines.size() > 1 ? queue.lines.erase(line) : std::next(line);
  }
  return std::nullopt;
}

void Dispatcher::Hurry(PollId id) {
  auto found = polls_.find(id);
  if (found == polls_.end()) return;
  found->second.hurry = true;
  touched_.push_back(id);
}

bool Dispatcher::CancelPoll(PollId id) {
  auto found = polls_.find(id);
  if (found == polls_.end()) return true;
  WaitingPoll& waiting = found->second;
  waiting.poll.slots = 0;
  if (waiting.under_way == 0 && waiting.tasks.empty()) {
    polls_.erase(found);
    return true;
  }
  waiting.hurry = true;
  touched_.push_back(id);
  return false;
}

std::optional<Claim> Dispatcher::ClaimOf(PollId id, const std::string& handler) {
  auto found = polls_.find(id);
  if (found == polls_.end() || found->second.poll.slots == 0) return std::nullopt;
  WaitingPoll& waiting = found->second;
  --waiting.poll.slots;
  ++waiting.under_way;
  bool restartable = std::any_of(waiting.poll.handlers.begin(), waiting.poll.handlers.end(),
                                 [&](const PollHandler& h) { return h.name == handler && h.restartable; });
  return Claim{id, waiting.poll.worker, waiting.poll.session, restartable};
}

// The poll at the front gives a slot and goes to the back, so that work spreads over the workers.
std::optional<Claim> Dispatcher::ClaimFrom(std::deque<PollId>& line, const std::string& handler) {
  while (!line.empty()) {
    PollId id = line.front();
    line.pop_front();
    std::optional<Claim> claim = ClaimOf(id, handler);
    if (!claim) continue;
    if (polls_.at(id).poll.slots > 0) line.push_back(id);
    return claim;
  }
  return std::nullopt;
}

// Lent slots first: their answer leaves soon, with or without a task.
std::optional<Claim> Dispatcher::ClaimFromLine(Line& line, const std::string& handler, bool to_lend) {
  if (!to_lend) {
    if (std::optional<Claim> claim = ClaimFrom(line.lent, handler)) return claim;
  }
  return ClaimFrom(line.own, handler);
}

std::optional<Claim> Dispatcher::ClaimOfQueue(const std::string& queue, bool to_lend) {
  std::string handler(core::HandlerOfQueue(queue));
  if (handler.size() != queue.size()) {
    auto line = line_of_activity_.find(queue);
    if (line != line_of_activity_.end()) {
      if (std::optional<Claim> claim = ClaimFromLine(line->second, handler, to_lend)) return claim;
    }
  }
  auto line = line_of_handler_.find(handler);
  return line == line_of_handler_.end() ? std::nullopt : ClaimFromLine(line->second, handler, to_lend);
}

std::optional<Claim> Dispatcher::TryClaim(const std::string& queue) { return ClaimOfQueue(queue, false); }

std::optional<Claim> Dispatcher::ClaimToLend(const std::string& queue) { return ClaimOfQueue(queue, true); }

void Dispatcher::ReturnClaim(uint64_t claim) {
  auto found = polls_.find(claim);
  if (found == polls_.end()) return;
  WaitingPoll& waiting = found->second;
  --waiting.under_way;
  touched_.push_back(claim);
  if (waiting.hurry) return;
  if (waiting.poll.slots++ == 0) {
    if (!waiting.poll.activity_arn.empty()) {
      StandInLine(line_of_activity_[waiting.poll.activity_arn], claim);
    } else {
      for (const PollHandler& handler : waiting.poll.handlers) StandInLine(line_of_handler_[handler.name], claim);
    }
  }
  Fill(claim);
}

void Dispatcher::Offer(const core::OfferTask& offer, Standing standing) {
  auto [place, is_new] = queues_.try_emplace(offer.queue);
  Queue& queue = place->second;
  if (is_new) {
    std::string handler(core::HandlerOfQueue(offer.queue));
    queues_of_handler_[handler].push_back(offer.queue);
    queue.flow = flows_.IdOf("queue:" + handler);
  }
  // A poll may have come between the decision and its commit.
  if (std::optional<Claim> claim = TryClaim(offer.queue)) {
    submit_({offer.task, claim->worker, claim->session, claim->restartable, claim->id});
    return;
  }
  if (queue.waiting.empty()) queue.share = std::max(queue.share, share_);
  if (queue.waiting.insert(offer.task).second) {
    queue.lines[standing.priority].Push(standing.flow, flows_.WeightOf(standing.flow), offer.task);
    ++queue.standing;
  }
  if (on_waiting_) on_waiting_(offer.queue);
}

bool Dispatcher::Revoke(const TaskRef& task, const std::string& queue) {
  auto found = queues_.find(queue);
  if (found == queues_.end()) return false;
  const bool was_there = found->second.waiting.erase(task) > 0;
  Compact(found->second);
  return was_there;
}

void Dispatcher::HandOut(core::HandOutTask hand_out) {
  auto found = polls_.find(hand_out.claim);
  if (found == polls_.end()) return;
  --found->second.under_way;
  found->second.tasks.push_back(std::move(hand_out.details));
  touched_.push_back(hand_out.claim);
}

void Dispatcher::Flush() {
  // A response may add a poll, and so touch again: take the list first.
  std::vector<PollId> touched = std::move(touched_);
  touched_.clear();
  for (PollId id : touched) {
    auto found = polls_.find(id);
    if (found == polls_.end()) continue;
    WaitingPoll& waiting = found->second;
    if (waiting.under_way > 0 || (waiting.tasks.empty() && !waiting.hurry)) continue;
    auto respond = std::move(waiting.poll.respond);
    auto tasks = std::move(waiting.tasks);
    polls_.erase(found);
    respond(std::move(tasks));
  }
}

void Dispatcher::ForgetOffers() {
  for (auto& [name, queue] : queues_) {
    queue.lines.clear();
    queue.waiting.clear();
    queue.standing = 0;
  }
}

std::vector<QueueStats> Dispatcher::Stats() const {
  std::map<std::string, QueueStats> by_handler;
  for (const auto& [name, queue] : queues_) {
    std::string handler(core::HandlerOfQueue(name));
    by_handler[handler].backlog += static_cast<int64_t>(queue.waiting.size());
  }
  for (const auto& [id, waiting] : polls_) {
    if (!waiting.poll.activity_arn.empty()) {
      ++by_handler[std::string(core::HandlerOfQueue(waiting.poll.activity_arn))].pollers;
    }
    for (const PollHandler& handler : waiting.poll.handlers) ++by_handler[handler.name].pollers;
  }
  std::vector<QueueStats> stats;
  for (auto& [handler, row] : by_handler) {
    row.handler = handler;
    stats.push_back(row);
  }
  return stats;
}

}  // namespace pawl::dispatch
