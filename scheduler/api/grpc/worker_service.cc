#include "scheduler/api/grpc/worker_service.h"

#include <memory>
#include <string>
#include <utility>

#include "scheduler/api/grpc/convert.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::rpc {
namespace {

// Ends the call now if `status` is a refusal.
bool IsRefused(const std::shared_ptr<UnaryCall>& call, const absl::Status& status) {
  if (status.ok()) return false;
  if (call->Claim()) call->End(status);
  return true;
}

}  // namespace

::grpc::ServerUnaryReactor* WorkerService::Poll(::grpc::CallbackServerContext*, const worker::v1::PollRequest* request,
                                                worker::v1::PollResponse* response) {
  auto call = UnaryCall::Begin("WorkerService/Poll", observer_);
  if (IsRefused(call, CheckSession(request->session_id()))) return call->reactor();
  auto poll = std::make_shared<LongPoll>([call] {
    if (call->Claim()) call->End(absl::UnavailableError("the server is shutting down"));
  });
  const bool reports = request->results_size() > 0;
  uint64_t id = 0;
  if (!reports) {
    id = polls_.Add(poll);
    if (id == 0) return call->reactor();  // shutting down: ended already
  }
  poll->SetCancel(gateway_.PollWorker(
      ToPoll(*request), [this, call, poll, id, response](const absl::StatusOr<gateway::WorkerPollResponse>& got) {
        if (!poll->End()) return;
        if (id != 0) polls_.Remove(id);
        if (!call->Claim()) return;
        if (got.ok()) SetPollResponse(*got, *response);
        call->End(got.status());
      }));
  call->WhenCancelled([this, poll, id] {
    poll->Abandon();
    if (id != 0) polls_.Remove(id);
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* WorkerService::Heartbeat(::grpc::CallbackServerContext*,
                                                     const worker::v1::HeartbeatRequest* request,
                                                     worker::v1::HeartbeatResponse* response) {
  auto call = UnaryCall::Begin("WorkerService/Heartbeat", observer_);
  if (IsRefused(call, CheckSession(request->session_id()))) return call->reactor();
  gateway_.HeartbeatWorker(request->session_id(), ToHeartbeats(*request),
                           [call, response](const absl::StatusOr<std::vector<std::string>>& cancelled) {
                             if (!call->Claim()) return;
                             if (cancelled.ok()) {
                               for (const std::string& token : *cancelled) response->add_cancelled_tokens(token);
                             }
                             call->End(cancelled.status());
                           });
  return call->reactor();
}

::grpc::ServerUnaryReactor* WorkerService::EndSession(::grpc::CallbackServerContext*,
                                                      const worker::v1::EndSessionRequest* request,
                                                      worker::v1::EndSessionResponse*) {
  auto call = UnaryCall::Begin("WorkerService/EndSession", observer_);
  if (IsRefused(call, CheckSession(request->session_id()))) return call->reactor();
  gateway_.EndWorkerSession(request->session_id(), [call] {
    if (call->Claim()) call->End(absl::OkStatus());
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* WorkerService::Nodes(::grpc::CallbackServerContext*, const worker::v1::NodesRequest*,
                                                 worker::v1::NodesResponse* response) {
  auto call = UnaryCall::Begin("WorkerService/Nodes", observer_);
  gateway_.DescribeCluster([call, response](const gateway::ClusterInfo& info) {
    if (!call->Claim()) return;
    for (const gateway::ClusterNode& node : info.nodes) {
      if (!node.leaving) response->add_addresses(node.address);
    }
    call->End(absl::OkStatus());
  });
  return call->reactor();
}

}  // namespace pawl::api::rpc
