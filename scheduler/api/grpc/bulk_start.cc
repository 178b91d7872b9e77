#include "scheduler/api/grpc/bulk_start.h"

#include <algorithm>
#include <utility>

#include "scheduler/api/error_name.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::rpc {
namespace {

constexpr int kItemsMax = 10'000;
constexpr std::chrono::milliseconds kWaitStep{60'000};

bool IsThrottled(const absl::StatusOr<gateway::StartedExecution>& result) {
  return gateway::ReasonOf(result.status()) == gateway::Reason::kThrottled;
}

}  // namespace

absl::Status CheckBulk(const control::v1::StartExecutionsRequest& request) {
  if (request.items_size() > kItemsMax) {
    return gateway::Refuse(gateway::Reason::kValidation, "Expected at most " + std::to_string(kItemsMax) +
                                                             " items in a call, found " +
                                                             std::to_string(request.items_size()));
  }
  return gateway::CheckArn(request.state_machine_arn(), gateway::ArnKind::kStateMachine);
}

void BulkStart::Run(std::vector<gateway::StartExecutionRequest> starts, bool wait) {
  outcomes_.resize(starts.size());
  running_ = starts.size() + 1;
  for (size_t i = 0; wait && i < starts.size(); ++i) {
    starts[i].when_ended = [self = shared_from_this(), i](const std::string& arn, absl::StatusOr<std::string> status) {
      if (!status.ok()) return self->Await(i, arn);
      self->outcomes_[i].status = *std::move(status);
      self->OneEnded();
    };
  }
  gateway_.StartExecutions(
      caller_, std::move(starts),
      [self = shared_from_this(), wait](std::vector<absl::StatusOr<gateway::StartedExecution>> results) {
        // Of an overloaded node that took nothing, the call itself says when to come again.
        if (!results.empty() && std::all_of(results.begin(), results.end(), IsThrottled)) {
          if (self->call_->Claim()) self->call_->End(results.front().status());
          return;
        }
        for (size_t i = 0; i < self->outcomes_.size() && i < results.size(); ++i) {
          Outcome& outcome = self->outcomes_[i];
          if (results[i].ok()) {
            outcome.arn = results[i]->arn;
          } else {
            outcome.error = ErrorNameOf(results[i].status());
            outcome.message = std::string(results[i].status().message());
          }
          const bool is_running = wait && results[i].ok();
          if (!is_running) self->OneEnded();
          if (is_running && !results[i]->end_is_watched) self->Await(i, outcome.arn);
        }
        self->OneEnded();
      });
}

void BulkStart::Await(size_t index, const std::string& arn) {
  gateway_.AwaitExecution(caller_, arn, kWaitStep,
                          [self = shared_from_this(), index, arn](const absl::StatusOr<gateway::Execution>& execution) {
                            if (self->call_->is_over()) return;
                            Outcome& outcome = self->outcomes_[index];
                            if (!execution.ok()) {
                              outcome.error = ErrorNameOf(execution.status());
                              outcome.message = std::string(execution.status().message());
                            } else if (execution->status == "RUNNING") {
                              return self->Await(index, arn);
                            } else {
                              outcome.status = execution->status;
                            }
                            self->OneEnded();
                          });
}

void BulkStart::OneEnded() {
  if (running_.fetch_sub(1) == 1) Answer();
}

void BulkStart::Answer() {
  if (!call_->Claim()) return;
  for (Outcome& outcome : outcomes_) {
    control::v1::StartExecutionsResponse::Outcome& added = *response_->add_outcomes();
    added.set_execution_arn(std::move(outcome.arn));
    added.set_error(std::move(outcome.error));
    added.set_message(std::move(outcome.message));
    added.set_status(std::move(outcome.status));
  }
  call_->End(absl::OkStatus());
}

}  // namespace pawl::api::rpc
