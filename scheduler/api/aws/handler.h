// An HTTP request -> an operation's function -> an HTTP response. Everything of the AWS front end except the socket, so
// that tests and the fuzzer call it directly.
//
// Thread rule: Handle may be called from several threads at once; `respond` runs on any thread, exactly once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "scheduler/api/aws/server.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"
#include "shared/net/http_server.h"

namespace pawl::api::aws {

// The caller that an Authorization header names: its access key id is the account where it is 12 digits, the region is
// the credential scope's. Signatures are not checked.
gateway::Caller CallerOf(std::string_view authorization);

class AwsHandler {
 public:
  using Respond = std::function<void(net::HttpResponse)>;
  using OnDisconnect = std::function<void(std::function<void()>)>;

  // `random_seed` makes request ids differ between processes.
  AwsHandler(AwsApiOptions options, gateway::Gateway& gateway, uint64_t random_seed);

  void Handle(net::HttpRequest request, Respond respond, OnDisconnect on_disconnect);
  // Answers the long polls under way, and later ones at once.
  void EndLongPolls() { long_polls_.GiveUpAll(); }
  // The server's own refusals (a body too large, a broken request) in the protocol's shape.
  net::HttpResponse Refusal(int http_status, std::string message);

 private:
  std::string NextRequestId();
  void Observe(std::string_view operation, std::string_view error, std::chrono::steady_clock::time_point began) const;

  const AwsApiOptions options_;
  gateway::Gateway& gateway_;
  const uint64_t random_seed_;
  std::atomic<uint64_t> requests_ = 0;
  LongPolls long_polls_;
};

}  // namespace pawl::api::aws
