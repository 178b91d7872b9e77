// Events -> metrics.
#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

// A frame has one task at a time, so its times are kept by frame until the task ends.
void Engine::Observe(Entity& entity, const std::vector<history::Event>& events) {
  const std::string& machine = entity.state().start.machine;
  Observer& observer = parts_.observer;
  auto task_ended = [&](const history::Event& event, bool succeeded) {
    auto task = entity.tasks.find(event.frame);
    if (task == entity.tasks.end()) return;  // scheduled before this node took the execution over
    observer.TaskEnded(task->second.queue, succeeded, event.at - task->second.at);
    entity.tasks.erase(task);
  };
  for (const history::Event& event : events) {
    if (std::holds_alternative<history::ExecutionStarted>(event.body)) {
      observer.ExecutionStarted(machine);
    } else if (const auto* exited = std::get_if<history::StateExited>(&event.body)) {
      const history::Frame* frame = entity.state().Find(event.frame);
      if (frame != nullptr && frame->state == exited->name)
        observer.StateLeft(exited->kind, event.at - frame->entered_at);
    } else if (const auto* scheduled = std::get_if<history::TaskScheduled>(&event.body)) {
      entity.tasks[event.frame] = {scheduled->queue, event.at};
    } else if (std::holds_alternative<history::TaskStarted>(event.body)) {
      auto task = entity.tasks.find(event.frame);
      if (task == entity.tasks.end()) continue;
      observer.TaskStarted(task->second.queue, event.at - task->second.at);
      task->second.at = event.at;
    } else if (std::holds_alternative<history::TaskSucceeded>(event.body)) {
      task_ended(event, true);
    } else if (std::holds_alternative<history::TaskFailed>(event.body) ||
               std::holds_alternative<history::TaskTimedOut>(event.body)) {
      task_ended(event, false);
    }
  }
  if (!entity.state().is_running()) {
    observer.ExecutionEnded(machine, entity.state().status, *entity.state().stopped_at - entity.state().started_at);
  }
}

}  // namespace pawl::partition
