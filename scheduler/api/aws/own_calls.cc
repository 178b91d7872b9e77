#include "scheduler/api/aws/own_calls.h"

#include <utility>

#include "scheduler/api/aws/own_call.h"

namespace pawl::api::aws {
namespace {

constexpr int kTasksMax = 256;  // Pawl's own: at once; a getActivityTask takes one for up to a minute
constexpr std::chrono::milliseconds kPollWait{5'000};

}  // namespace

void OwnCalls::Stop() {
  gateway::CancelPoll cancel;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(stopped_, true)) return;
    cancel = std::move(cancel_);
  }
  if (cancel) cancel();
  gateway_.EndWorkerSession(session_, [] {});
}

void OwnCalls::Poll() {
  gateway::WorkerPollRequest request;
  request.session_id = session_;
  request.worker_name = "step-functions";
  request.handlers = OwnCallHandlers();
  request.wait = kPollWait;
  request.is_own = true;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    request.tasks_max = kTasksMax - static_cast<int>(running_.size());
    request.results = std::exchange(unreported_, {});
  }
  auto reported = request.results;
  gateway::CancelPoll cancel = gateway_.PollWorker(
      std::move(request), [self = shared_from_this(), reported = std::move(reported)](auto response) {
        self->OnPolled(*std::move(response), reported);
        self->Poll();
      });
  const std::lock_guard lock(mutex_);
  if (!stopped_) cancel_ = std::move(cancel);
}

void OwnCalls::OnPolled(gateway::WorkerPollResponse response, const std::vector<gateway::TaskOutcome>& reported) {
  std::vector<std::function<void()>> gone;
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return;
    for (size_t i = 0; i < response.acks.size() && i < reported.size(); ++i) {
      if (response.acks[i].code == gateway::ResultCode::kRetry) unreported_.push_back(reported[i]);
    }
    for (const std::string& token : response.cancelled_tokens) {
      if (auto found = running_.find(token); found != running_.end() && found->second) gone.push_back(found->second);
    }
    for (const gateway::WorkerTask& task : response.tasks) running_.emplace(task.token, nullptr);
  }
  for (const auto& give_up : gone) give_up();
  for (gateway::WorkerTask& task : response.tasks) Run(std::move(task));
}

void OwnCalls::Run(gateway::WorkerTask task) {
  std::optional<net::HttpRequest> request = RequestOfTask(task);
  if (!request) {
    gateway::TaskOutcome outcome;
    outcome.token = task.token;
    outcome.error = "States.Runtime";
    outcome.cause = "The arguments of '" + task.resource + "' must be an object.";
    return Finish(std::move(outcome));
  }
  const std::string token = task.token;
  handler_.Handle(
      *std::move(request),
      [self = shared_from_this(), task = std::move(task)](const net::HttpResponse& response) {
        self->Finish(OutcomeOfResponse(task, response));
      },
      [self = shared_from_this(), token](std::function<void()> give_up) {
        const std::lock_guard lock(self->mutex_);
        if (auto found = self->running_.find(token); found != self->running_.end()) found->second = std::move(give_up);
      });
}

void OwnCalls::Finish(gateway::TaskOutcome outcome) {
  {
    const std::lock_guard lock(mutex_);
    running_.erase(outcome.token);
    if (stopped_) return;
  }
  Report(std::move(outcome));
}

void OwnCalls::Report(gateway::TaskOutcome outcome) {
  gateway::WorkerPollRequest request;
  request.session_id = session_;
  request.worker_name = "step-functions";
  request.results.push_back(outcome);
  request.is_own = true;
  gateway_.PollWorker(std::move(request), [self = shared_from_this(), outcome](auto response) {
    self->OnPolled(*std::move(response), {outcome});
  });
}

}  // namespace pawl::api::aws
