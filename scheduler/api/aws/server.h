// The AWS front end: AWS JSON 1.0 on POST / over HTTP, so that any Step Functions client works with an endpoint URL.
// It owns names, error texts and parameter checks of that protocol; everything else is the Gateway's.
//
// Thread rule: Start and Shutdown belong to one owner. `on_request` runs on any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::aws {

struct AwsApiOptions {
  std::string address = "127.0.0.1";
  int port = 8333;  // 0: any free one
  int threads = 1;
  size_t payload_bytes_max = 262'144;  // of an execution's input and a task's output
  size_t definition_bytes_max = 1'048'576;
  size_t body_bytes_max = 16 << 20;  // of a whole request
  size_t all_bodies_bytes_max = 512 << 20;
  int connections_max = 20'000;
  std::chrono::milliseconds activity_poll_wait{60'000};
  // Does the tasks by which workflows call Step Functions ("aws-sdk:sfn:...", "states:startExecution").
  bool does_own_calls = false;
  // For metrics: the operation ("StartExecution"; "Unknown" for names that are none), AWS's error name (empty: success)
  // and how long it took.
  std::function<void(std::string_view operation, std::string_view error, std::chrono::microseconds took)> on_request;
  // A connection or a body that was too much at once ("connection", "body") was answered 503.
  std::function<void(const char* what)> on_shed;
};

class AwsApiServer {
 public:
  // `gateway` must outlive the server.
  static absl::StatusOr<std::unique_ptr<AwsApiServer>> Start(AwsApiOptions options, gateway::Gateway& gateway);
  virtual ~AwsApiServer() = default;
  virtual int port() const = 0;
  // See net::HttpServer::Shutdown. Long polls under way are answered empty at once.
  virtual void Shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace pawl::api::aws
