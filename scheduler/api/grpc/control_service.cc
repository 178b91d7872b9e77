#include "scheduler/api/grpc/control_service.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "scheduler/api/grpc/bulk_start.h"
#include "scheduler/api/grpc/convert.h"
#include "scheduler/api/grpc/history_stream.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::rpc {
namespace {

constexpr int kPageDefault = 100;
constexpr int kPageMax = 1'000;

gateway::StartExecutionRequest ToStart(std::string machine, std::string name, std::string input, int32_t priority) {
  gateway::StartExecutionRequest start;
  start.state_machine_arn = std::move(machine);
  start.name = std::move(name);
  if (!input.empty()) start.input = std::move(input);
  start.priority = priority;
  return start;
}

absl::Status CheckStart(const std::string& machine, const std::string& name) {
  if (absl::Status status = gateway::CheckArn(machine, gateway::ArnKind::kStateMachine); !status.ok()) return status;
  if (name.empty() || gateway::IsValidName(name)) return absl::OkStatus();
  return gateway::Refuse(gateway::Reason::kInvalidName, "Invalid Name: '" + name + "'");
}

}  // namespace

ControlService::ControlService(gateway::Gateway& gateway, gateway::Caller caller, RequestObserver observer)
    : ServiceOf(std::move(observer)), gateway_(gateway), caller_(std::move(caller)) {
  using Asked = control::v1::ControlService::AsyncService;
  Add("ControlService/StartExecution", &Asked::RequestStartExecution, *this, &ControlService::StartExecution);
  Add("ControlService/StartExecutions", &Asked::RequestStartExecutions, *this, &ControlService::StartExecutions);
  Add("ControlService/DescribeExecution", &Asked::RequestDescribeExecution, *this, &ControlService::DescribeExecution);
  Add("ControlService/ListExecutions", &Asked::RequestListExecutions, *this, &ControlService::ListExecutions);
  Add("ControlService/StopExecution", &Asked::RequestStopExecution, *this, &ControlService::StopExecution);
  Add(HistoryStream::Serve(service_, gateway_, caller_, observer_));
}

void ControlService::StartExecution(const Call& call, const control::v1::StartExecutionRequest& request,
                                    control::v1::StartExecutionResponse& response) {
  if (call->IsRefused(CheckStart(request.state_machine_arn(), request.name()))) return;
  gateway_.StartExecution(caller_,
                          ToStart(request.state_machine_arn(), request.name(), request.input(), request.priority()),
                          [call, &response](const absl::StatusOr<gateway::StartedExecution>& started) {
                            if (!call->Claim()) return;
                            if (started.ok()) {
                              response.set_execution_arn(started->arn);
                              SetTime(started->started, *response.mutable_start_time());
                            }
                            call->End(started.status());
                          });
}

void ControlService::StartExecutions(const Call& call, const control::v1::StartExecutionsRequest& request,
                                     control::v1::StartExecutionsResponse& response) {
  if (call->IsRefused(CheckBulk(request))) return;
  std::vector<gateway::StartExecutionRequest> starts;
  starts.reserve(static_cast<size_t>(request.items_size()));
  for (const auto& item : request.items()) {
    starts.push_back(ToStart(request.state_machine_arn(), item.name(), item.input(), item.priority()));
  }
  std::make_shared<BulkStart>(gateway_, caller_, call, &response)->Run(std::move(starts), request.wait());
}

void ControlService::DescribeExecution(const Call& call, const control::v1::DescribeExecutionRequest& request,
                                       control::v1::Execution& response) {
  const absl::Status arn = gateway::CheckArn(request.execution_arn(), gateway::ArnKind::kExecution);
  if (call->IsRefused(arn)) return;
  auto done = [call, &response](const absl::StatusOr<gateway::Execution>& execution) {
    if (!call->Claim()) return;
    if (execution.ok()) SetExecution(*execution, response);
    call->End(execution.status());
  };
  if (request.wait_ms() > 0) {
    gateway_.AwaitExecution(caller_, request.execution_arn(), ClampWait(request.wait_ms()), std::move(done));
  } else {
    gateway_.DescribeExecution(caller_, request.execution_arn(), std::move(done));
  }
}

void ControlService::ListExecutions(const Call& call, const control::v1::ListExecutionsRequest& request,
                                    control::v1::ListExecutionsResponse& response) {
  const absl::Status arn = gateway::CheckArn(request.state_machine_arn(), gateway::ArnKind::kStateMachine);
  if (call->IsRefused(arn)) return;
  gateway::ListExecutionsRequest list;
  list.state_machine_arn = request.state_machine_arn();
  list.status = request.status();
  list.page.limit = request.page_size() <= 0 ? kPageDefault : std::min(request.page_size(), kPageMax);
  list.page.token = request.page_token();
  gateway_.ListExecutions(caller_, std::move(list),
                          [call, &response](const absl::StatusOr<gateway::PageOf<gateway::Execution>>& page) {
                            if (!call->Claim()) return;
                            if (page.ok()) {
                              for (const gateway::Execution& execution : page->items) {
                                control::v1::Execution& added = *response.add_executions();
                                SetExecution(execution, added);
                                added.clear_input();
                                added.clear_output();
                              }
                              response.set_next_page_token(page->next_token);
                            }
                            call->End(page.status());
                          });
}

void ControlService::StopExecution(const Call& call, const control::v1::StopExecutionRequest& request,
                                   control::v1::StopExecutionResponse& response) {
  const absl::Status arn = gateway::CheckArn(request.execution_arn(), gateway::ArnKind::kExecution);
  if (call->IsRefused(arn)) return;
  gateway::StopExecutionRequest stop;
  stop.execution_arn = request.execution_arn();
  if (!request.error().empty()) stop.error = request.error();
  if (!request.cause().empty()) stop.cause = request.cause();
  gateway_.StopExecution(caller_, std::move(stop), [call, &response](const absl::StatusOr<base::WallTime>& stopped) {
    if (!call->Claim()) return;
    if (stopped.ok()) SetTime(*stopped, *response.mutable_stop_time());
    call->End(stopped.status());
  });
}

}  // namespace pawl::api::rpc
