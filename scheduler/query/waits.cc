#include "scheduler/query/waits.h"

#include <string>
#include <variant>

#include "shared/base/overloaded.h"

namespace pawl::query {
namespace {

using gateway::ExecutionWait;

std::string Of(int64_t done, int64_t all) { return std::to_string(done) + " of " + std::to_string(all); }

}  // namespace

std::vector<ExecutionWait> WaitsOf(const history::ExecutionState& state, size_t max) {
  std::vector<ExecutionWait> waits;
  if (!state.is_running()) return waits;
  for (const auto& [id, frame] : state.frames) {
    if (waits.size() == max) break;
    ExecutionWait wait;
    wait.state = frame.state;
    wait.since = frame.entered_at;
    const bool is_waiting =
        std::visit(base::Overloaded{
                       [](const history::NotWaiting&) { return false; },
                       [&](const history::WaitingForTask& task) {
                         // A call that was made, or a token that was given away: whoever has the token answers.
                         wait.kind = task.submitted || (task.started && task.task.wait_for_token) ? "token" : "task";
                         wait.since = task.scheduled_at;
                         wait.handler = task.task.queue;
                         wait.attempt = task.attempt;
                         wait.is_started = task.started;
                         wait.worker = task.worker;
                         if (task.task.timeout_seconds) {
                           wait.until = task.scheduled_at + std::chrono::seconds(*task.task.timeout_seconds);
                         }
                         return true;
                       },
                       [&](const history::WaitingForTimer& timer) {
                         wait.kind = "timer";
                         wait.until = timer.until;
                         return true;
                       },
                       [&](const history::WaitingForBranches& branches) {
                         const auto all = static_cast<int64_t>(branches.results.size());
                         wait.kind = "branches";
                         wait.progress = Of(all - branches.open, all);
                         return true;
                       },
                       [&](const history::WaitingForIterations& iterations) {
                         wait.kind = "iterations";
                         wait.progress = Of(iterations.succeeded + iterations.failed,
                                            static_cast<int64_t>(iterations.results.size()));
                         return true;
                       },
                       [&](const history::Backoff& backoff) {
                         wait.kind = "retry";
                         wait.until = backoff.due;
                         wait.attempt = frame.retry_count + 1;
                         return true;
                       },
                   },
                   frame.waiting);
    if (is_waiting) waits.push_back(std::move(wait));
  }
  return waits;
}

}  // namespace pawl::query
