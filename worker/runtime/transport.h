// The calls of proto/worker/v1 that the runtime makes, behind an interface, so that its loops are tested without a
// network. Blocking. Thread rule: any thread. Errors: UNAVAILABLE while the scheduler cannot be reached.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/worker/v1/worker.pb.h"

namespace pawl::worker {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request) = 0;
  virtual absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) = 0;
  virtual absl::Status EndSession(const v1::EndSessionRequest& request) = 0;
  // Ends the calls under way, and refuses new polls; results can still be reported by polls that ask for no task.
  virtual void CancelPolls() = 0;
  // Where the nodes of the cluster are reached.
  virtual absl::StatusOr<std::vector<std::string>> Nodes() { return absl::UnimplementedError("one node only"); }
};

// gRPC to "HOST:PORT", or to the cluster that "HOST:PORT,HOST:PORT" belongs to: then it asks one node for the others,
// spreads the workers over them, and turns to another where its own goes (nodes_transport.h).
std::unique_ptr<Transport> MakeGrpcTransport(const std::string& targets);
// To one node, and no other.
std::unique_ptr<Transport> MakeNodeTransport(const std::string& target);

}  // namespace pawl::worker
