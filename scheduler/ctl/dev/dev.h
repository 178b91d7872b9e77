// `pawl dev`: a private PostgreSQL, one scheduler and one stock worker in one process tree, until it is told to stop.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace pawl::dev {

struct DevOptions {
  std::string data_dir;  // empty: a temporary one, removed at the end
  int http_port = 8333;  // of ports, 0 takes a free one
  int grpc_port = 7333;
  int ops_port = 9333;
  int worker_ops_port = 9334;
  bool with_worker = true;
  std::filesystem::path programs;  // where pawl-scheduler and pawl-worker are
};

// Blocks until SIGINT, SIGTERM or SIGHUP. `print` gets the one line on which scripts may wait ("ready http=... grpc=...
// ops=..."), `say` what people want to know. OK where everything started and was stopped in order.
absl::Status RunDev(const DevOptions& options, const std::function<void(const std::string&)>& print,
                    const std::function<void(const std::string&)>& say);

}  // namespace pawl::dev
