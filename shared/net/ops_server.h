// The operations port that every long-running binary has: GET /metrics (Prometheus text), /healthz (is the process
// sound?) and /readyz (does it answer calls now?), 200 or 503 with a sentence.
//
// Thread rule: the callbacks run on the server's one thread and should return within milliseconds.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/net/http_server.h"

namespace pawl::net {

struct OpsCallbacks {
  std::function<std::string()> metrics;      // Prometheus text format 0.0.4
  std::function<absl::Status()> is_healthy;  // absent: always
  std::function<absl::Status()> is_ready;    // absent: always
  std::function<std::string()> cluster;      // JSON of GET /cluster; absent: 404
};

absl::StatusOr<std::unique_ptr<HttpServer>> StartOpsServer(const std::string& address, int port,
                                                           OpsCallbacks callbacks);

}  // namespace pawl::net
