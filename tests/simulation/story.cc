#include "tests/simulation/story.h"

#include <type_traits>

#include "history/codec/codec.h"
#include "shared/base/check.h"

namespace pawl::simulation {
namespace {

std::string TextOf(const history::EventBody& body) {
  return std::visit(
      [](const auto& e) -> std::string {
        using Body = std::decay_t<decltype(e)>;
        if constexpr (std::is_same_v<Body, history::StateEntered>) {
          return e.name + " " + e.input.text();
        } else if constexpr (std::is_same_v<Body, history::StateExited>) {
          return e.name + " " + e.output.text();
        } else if constexpr (std::is_same_v<Body, history::TaskScheduled>) {
          return e.queue + " " + e.input.text();
        } else if constexpr (requires { e.output.text(); }) {
          return e.output.text();
        } else {
          return "";
        }
      },
      body);
}

}  // namespace

std::string TellHistory(const history::MemoryStore& store, base::EntityId entity) {
  std::string story;
  history::Decoder decoder;
  for (const history::DecisionRow& row : store.ReadDecisions(entity, 1, 1'000'000)) {
    auto events = decoder.DecodeDecision(row.bytes);
    PAWL_CHECK(events.ok(), "what the store holds was encoded by the codec");
    for (const history::Event& event : *events) {
      if (!event.is_public()) continue;
      story += std::to_string(event.id.value()) + " after " + std::to_string(event.previous.value()) + " frame " +
               std::to_string(event.frame.value()) + " #" + std::to_string(event.body.index()) + " " +
               TextOf(event.body) + "\n";
    }
  }
  return story;
}

std::string DescribeWaiting(const history::ExecutionState& state) {
  std::string text;
  for (const auto& [id, frame] : state.frames) {
    static const char* const kWaits[] = {"nothing", "a task", "a timer", "branches", "iterations", "a backoff"};
    text +=
        "frame " + std::to_string(id.value()) + " in " + frame.state + " waits for " + kWaits[frame.waiting.index()];
    if (const auto* task = std::get_if<history::WaitingForTask>(&frame.waiting)) {
      text += task->started ? " held by " + task->session : std::string(" not started");
      text += ", attempt " + std::to_string(task->attempt);
    }
    text += "; ";
  }
  return text;
}

}  // namespace pawl::simulation
