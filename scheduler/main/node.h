// The service put together: clocks, threads, log, catalog, engine, gateway and front ends.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "scheduler/core/decide.h"
#include "scheduler/gateway/admission.h"
#include "shared/telemetry/log.h"

namespace pawl::scheduler {

struct NodeOptions {
  std::string address = "0.0.0.0";
  int http_port = 8333;
  int grpc_port = 7333;
  int ops_port = 9333;
  // HOST:PORT at which other nodes reach the gRPC port; empty: the address, or this host's name, and the port.
  std::string advertise_address;
  std::vector<std::string> postgres;
  int partitions = 64;  // of a database that has none yet
  std::chrono::milliseconds lease{5'000};
  std::string limits = "aws";  // "aws", "strict", "open" (decisions/0015)
  // What is taken on at once; more is refused, to be asked again later.
  gateway::AdmissionLimits admission;
  size_t mailbox_max = 200'000;
  size_t mailbox_bytes_max = 256u << 20;
  int http_connections_max = 20'000;
  // The number of partitions has been raised: the node is of no use any more, and is to be started anew. Called once,
  // on any thread.
  std::function<void()> on_split = {};
  bool lambda_endpoint = false;  // functions are invoked at an endpoint, by workers that serve "lambda:invoke"
};

core::Limits LimitsOf(const std::string& profile);

class Node {
 public:
  // Starts everything. Waits for a database that is not there yet, saying so; refuses what waiting cannot mend (a wrong
  // password, a newer schema, a port in use) with a sentence that says what to do. `stop_asked` ends the waiting.
  static absl::StatusOr<std::unique_ptr<Node>> Start(const NodeOptions& options, telemetry::Logger log,
                                                     std::function<bool()> stop_asked);
  virtual ~Node() = default;
  // "http=127.0.0.1:8333 grpc=... ops=..."
  virtual std::string Addresses() const = 0;
  // Answers what is under way, commits what is decided, gives the partitions up.
  virtual void Stop() = 0;
};

}  // namespace pawl::scheduler
