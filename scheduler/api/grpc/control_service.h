// control.v1 on the Gateway. Internal to scheduler/api/grpc.
#pragma once

#include "proto/control/v1/control.grpc.pb.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class ControlService final : public control::v1::ControlService::CallbackService {
 public:
  ControlService(gateway::Gateway& gateway, gateway::Caller caller, RequestObserver observer)
      : gateway_(gateway), caller_(std::move(caller)), observer_(std::move(observer)) {}

  ::grpc::ServerUnaryReactor* StartExecution(::grpc::CallbackServerContext* context,
                                             const control::v1::StartExecutionRequest* request,
                                             control::v1::StartExecutionResponse* response) override;
  ::grpc::ServerUnaryReactor* StartExecutions(::grpc::CallbackServerContext* context,
                                              const control::v1::StartExecutionsRequest* request,
                                              control::v1::StartExecutionsResponse* response) override;
  ::grpc::ServerUnaryReactor* DescribeExecution(::grpc::CallbackServerContext* context,
                                                const control::v1::DescribeExecutionRequest* request,
                                                control::v1::Execution* response) override;
  ::grpc::ServerUnaryReactor* ListExecutions(::grpc::CallbackServerContext* context,
                                             const control::v1::ListExecutionsRequest* request,
                                             control::v1::ListExecutionsResponse* response) override;
  ::grpc::ServerWriteReactor<control::v1::HistoryEvents>* StreamHistory(
      ::grpc::CallbackServerContext* context, const control::v1::StreamHistoryRequest* request) override;
  ::grpc::ServerUnaryReactor* StopExecution(::grpc::CallbackServerContext* context,
                                            const control::v1::StopExecutionRequest* request,
                                            control::v1::StopExecutionResponse* response) override;

 private:
  gateway::Gateway& gateway_;
  const gateway::Caller caller_;
  const RequestObserver observer_;
};

}  // namespace pawl::api::rpc
