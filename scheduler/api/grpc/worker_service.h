// worker.v1 on the Gateway. Internal to scheduler/api/grpc.
#pragma once

#include <memory>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class WorkerService final : public ServiceOf<worker::v1::WorkerService::AsyncService> {
 public:
  WorkerService(gateway::Gateway& gateway, RequestObserver observer);

  // Ends the polls that wait for tasks; those that report results are answered by the Gateway soon.
  void EndLongPolls() { polls_.GiveUpAll(); }

 private:
  using Call = std::shared_ptr<UnaryCall>;
  void Poll(const Call& call, const worker::v1::PollRequest& request, worker::v1::PollResponse& response);
  void Heartbeat(const Call& call, const worker::v1::HeartbeatRequest& request,
                 worker::v1::HeartbeatResponse& response);
  void EndSession(const Call& call, const worker::v1::EndSessionRequest& request,
                  worker::v1::EndSessionResponse& response);
  void Nodes(const Call& call, const worker::v1::NodesRequest& request, worker::v1::NodesResponse& response);

  gateway::Gateway& gateway_;
  LongPolls polls_;
};

}  // namespace pawl::api::rpc
