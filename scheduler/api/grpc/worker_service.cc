#include "scheduler/api/grpc/worker_service.h"

#include <memory>
#include <string>
#include <utility>

#include "scheduler/api/grpc/convert.h"
#include "scheduler/api/grpc/poll_stream.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::rpc {

WorkerService::WorkerService(gateway::Gateway& gateway, RequestObserver observer)
    : ServiceOf(std::move(observer)), gateway_(gateway) {
  using Asked = worker::v1::WorkerService::AsyncService;
  Add("WorkerService/Poll", &Asked::RequestPoll, *this, &WorkerService::Poll);
  Add("WorkerService/Heartbeat", &Asked::RequestHeartbeat, *this, &WorkerService::Heartbeat);
  Add("WorkerService/EndSession", &Asked::RequestEndSession, *this, &WorkerService::EndSession);
  Add("WorkerService/Nodes", &Asked::RequestNodes, *this, &WorkerService::Nodes);
  Add(PollStream::Serve(service_, gateway_, polls_, observer_));
}

void WorkerService::Poll(const Call& call, const worker::v1::PollRequest& request, worker::v1::PollResponse& response) {
  if (call->IsRefused(CheckSession(request.session_id()))) return;
  auto poll = std::make_shared<LongPoll>([call] {
    if (call->Claim()) call->End(absl::UnavailableError("the server is shutting down"));
  });
  const bool reports = request.results_size() > 0;
  uint64_t id = 0;
  if (!reports) {
    id = polls_.Add(poll);
    if (id == 0) return;  // shutting down: ended already
  }
  poll->SetCancel(gateway_.PollWorker(
      ToPoll(request), [this, call, poll, id, &response](const absl::StatusOr<gateway::WorkerPollResponse>& got) {
        if (!poll->End()) return;
        if (id != 0) polls_.Remove(id);
        if (!call->Claim()) return;
        if (got.ok()) SetPollResponse(*got, response);
        call->End(got.status());
      }));
  call->WhenCancelled([this, poll, id] {
    poll->Abandon();
    if (id != 0) polls_.Remove(id);
  });
}

void WorkerService::Heartbeat(const Call& call, const worker::v1::HeartbeatRequest& request,
                              worker::v1::HeartbeatResponse& response) {
  if (call->IsRefused(CheckSession(request.session_id()))) return;
  gateway_.HeartbeatWorker(request.session_id(), ToHeartbeats(request),
                           [call, &response](const absl::StatusOr<std::vector<std::string>>& cancelled) {
                             if (!call->Claim()) return;
                             if (cancelled.ok()) {
                               for (const std::string& token : *cancelled) response.add_cancelled_tokens(token);
                             }
                             call->End(cancelled.status());
                           });
}

void WorkerService::EndSession(const Call& call, const worker::v1::EndSessionRequest& request,
                               worker::v1::EndSessionResponse&) {
  if (call->IsRefused(CheckSession(request.session_id()))) return;
  gateway_.EndWorkerSession(request.session_id(), [call] {
    if (call->Claim()) call->End(absl::OkStatus());
  });
}

void WorkerService::Nodes(const Call& call, const worker::v1::NodesRequest&, worker::v1::NodesResponse& response) {
  gateway_.DescribeCluster([call, &response](const gateway::ClusterInfo& info) {
    if (!call->Claim()) return;
    for (const gateway::ClusterNode& node : info.nodes) {
      if (!node.leaving) response.add_addresses(node.address);
    }
    call->End(absl::OkStatus());
  });
}

}  // namespace pawl::api::rpc
