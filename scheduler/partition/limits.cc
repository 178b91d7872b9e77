// Limits on tasks: what of an execution's tasks the limiter must know, and who may begin without asking it.
//
// What runs is read off the executions' states, that is, off the log: a hand-out counts from the decision that began it
// until one that ended it is durable. Of a task whose call was made and whose result comes by its token, the worker is
// done with it, so it does not count; parked executions have no others.
#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

std::optional<core::Claim> Engine::ClaimFor(const std::string& queue) {
  // It is offered, and begins when it has a permit.
  if (limiter_.IsLimited(queue)) return std::nullopt;
  return dispatcher_.TryClaim(queue);
}

void Engine::OfferTask(base::EntityId execution, const core::OfferTask& offer) {
  auto owner = entities_.find(execution);
  if (stopping_ || owner == entities_.end()) return;
  const int32_t priority = owner->second->is_parked() ? 0 : owner->second->state().start.priority;
  const dispatch::Standing standing{FlowOf(*owner->second), priority};
  if (limiter_.IsLimited(offer.queue)) {
    limiter_.Offer(offer, standing);
  } else {
    dispatcher_.Offer(offer, standing);
  }
}

std::vector<core::OfferTask> Engine::CountTasks(const Entity& entity) {
  std::vector<core::OfferTask> waiting;
  if (entity.is_parked()) return waiting;
  for (const auto& [id, frame] : entity.live->frames) {
    const auto* task = std::get_if<history::WaitingForTask>(&frame.waiting);
    if (task == nullptr) continue;
    const core::TaskRef ref{entity.live->id, id, task->scheduled_event, task->attempt};
    if (!task->started) {
      waiting.push_back({ref, task->task.queue});
    } else if (!task->task.wait_for_token || !task->submitted) {
      limiter_.Running(ref, task->task.queue);
    }
  }
  return waiting;
}

void Engine::CountTasksOf(const Partition& partition) {
  if (!limiter_.HasLimits()) return;
  limiter_.Serve(partition.id, partition.epoch);
  for (base::EntityId execution : partition.recovered) {
    auto found = entities_.find(execution);
    if (found != entities_.end()) CountTasks(*found->second);
  }
}

std::vector<dispatch::QueueStats> Engine::QueueStats() const {
  std::vector<dispatch::QueueStats> stats = dispatcher_.Stats();
  for (const auto& [handler, waiting] : limiter_.Backlog()) {
    auto row = std::find_if(stats.begin(), stats.end(), [&](const auto& one) { return one.handler == handler; });
    if (row == stats.end()) row = stats.insert(row, {handler, 0, 0});
    row->backlog += waiting;
  }
  return stats;
}

void Engine::SetLimits(const dispatch::Limits& limits) {
  const std::map<core::TaskRef, std::string> in_hand = limiter_.InHand();
  limiter_.SetLimits(limits);
  for (const auto& [id, partition] : partitions_) {
    if (partition->serving) limiter_.Serve(id, partition->epoch);
  }
  std::vector<core::OfferTask> waiting;
  for (const auto& [id, entity] : entities_) {
    auto partition = partitions_.find(entity->partition);
    if (partition == partitions_.end() || !partition->second->serving) continue;
    for (core::OfferTask& offer : CountTasks(*entity)) waiting.push_back(std::move(offer));
  }
  // Those whose end is decided and not durable yet count until it is.
  for (const Batch* batch : {at_log_, static_cast<const Batch*>(deciding_.get())}) {
    if (batch == nullptr) continue;
    for (const Release& release : batch->releases) {
      for (const core::Effect& effect : release.effects) {
        const auto* revoke = std::get_if<core::RevokeTask>(&effect);
        if (revoke != nullptr && in_hand.contains(revoke->task)) limiter_.Running(revoke->task, revoke->queue);
      }
      if (!release.answered) continue;
      if (auto task = in_hand.find(*release.answered); task != in_hand.end())
        limiter_.Running(task->first, task->second);
    }
  }
  // One that a poll has taken a moment ago is refused when it is taken again.
  for (const core::OfferTask& offer : waiting) {
    dispatcher_.Revoke(offer.task, offer.queue);
    OfferTask(offer.task.entity, offer);
  }
  dispatcher_.Flush();
}

}  // namespace pawl::partition
