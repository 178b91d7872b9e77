// Between the wire's messages and the Gateway's structs. Internal to scheduler/api/grpc. Pure.
#pragma once

#include "proto/control/v1/control.pb.h"
#include "proto/worker/v1/worker.pb.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

void SetTime(base::WallTime from, google::protobuf::Timestamp& to);
void SetExecution(const gateway::Execution& from, control::v1::Execution& to);

absl::Status CheckSession(const std::string& session_id);
// wait_ms is brought into 0 .. 60,000 and tasks_max into 0 .. 1,000.
gateway::WorkerPollRequest ToPoll(const worker::v1::PollRequest& from);
void SetPollResponse(const gateway::WorkerPollResponse& from, worker::v1::PollResponse& to);
std::vector<gateway::TaskHeartbeat> ToHeartbeats(const worker::v1::HeartbeatRequest& from);

std::chrono::milliseconds ClampWait(int wait_ms);

}  // namespace pawl::api::rpc
