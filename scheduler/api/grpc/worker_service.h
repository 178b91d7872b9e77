// worker.v1 on the Gateway. Internal to scheduler/api/grpc.
#pragma once

#include "proto/worker/v1/worker.grpc.pb.h"
#include "scheduler/api/grpc/poll_stream.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class WorkerService final : public worker::v1::WorkerService::CallbackService {
 public:
  WorkerService(gateway::Gateway& gateway, RequestObserver observer)
      : gateway_(gateway), observer_(std::move(observer)) {}

  ::grpc::ServerUnaryReactor* Poll(::grpc::CallbackServerContext* context, const worker::v1::PollRequest* request,
                                   worker::v1::PollResponse* response) override;
  ::grpc::ServerBidiReactor<worker::v1::PollRequest, worker::v1::PollResponse>* PollStream(
      ::grpc::CallbackServerContext*) override {
    return rpc::PollStream::Begin(gateway_, polls_, observer_);
  }
  ::grpc::ServerUnaryReactor* Heartbeat(::grpc::CallbackServerContext* context,
                                        const worker::v1::HeartbeatRequest* request,
                                        worker::v1::HeartbeatResponse* response) override;
  ::grpc::ServerUnaryReactor* EndSession(::grpc::CallbackServerContext* context,
                                         const worker::v1::EndSessionRequest* request,
                                         worker::v1::EndSessionResponse* response) override;
  ::grpc::ServerUnaryReactor* Nodes(::grpc::CallbackServerContext* context, const worker::v1::NodesRequest* request,
                                    worker::v1::NodesResponse* response) override;

  // Ends the polls that wait for tasks; those that report results are answered by the Gateway soon.
  void EndLongPolls() { polls_.GiveUpAll(); }

 private:
  gateway::Gateway& gateway_;
  const RequestObserver observer_;
  LongPolls polls_;
};

}  // namespace pawl::api::rpc
