// Events -> metrics.
#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {

void Engine::Observe(const Entity& entity, const std::vector<history::Event>& events) {
  const std::string& machine = entity.state.start.machine;
  for (const history::Event& event : events) {
    if (std::holds_alternative<history::ExecutionStarted>(event.body)) {
      parts_.observer.ExecutionStarted(machine);
    } else if (const auto* exited = std::get_if<history::StateExited>(&event.body)) {
      const history::Frame* frame = entity.state.Find(event.frame);
      if (frame != nullptr) parts_.observer.StateLeft(exited->kind, event.at - frame->entered_at);
    }
  }
  if (!entity.state.is_running()) {
    parts_.observer.ExecutionEnded(machine, entity.state.status, *entity.state.stopped_at - entity.state.started_at);
  }
}

}  // namespace pawl::partition
