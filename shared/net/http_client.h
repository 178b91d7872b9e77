// An HTTP client: the adapter over libcurl, which no other folder sees. Blocking calls over kept-alive connections.
//
// Thread rule: Send may be called from any number of threads at once; each call in flight has a connection of its own.
// Errors: any HTTP status is an answer, not an error. UNAVAILABLE: no connection, or it broke; DEADLINE_EXCEEDED;
// CANCELLED; RESOURCE_EXHAUSTED: the body is larger than allowed; INVALID_ARGUMENT: a bad URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/net/http_server.h"

namespace pawl::net {

struct HttpCall {
  std::string method = "POST";
  std::string url = {};
  std::vector<HttpHeader> headers = {};
  std::string body = {};
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{30'000};  // for the whole call; 0: none
  size_t body_bytes_max = 64 << 20;           // of the answer
  // Asked several times a second; true gives the call up.
  std::function<bool()> is_cancelled = nullptr;
};

struct HttpAnswer {
  int status = 0;
  std::vector<HttpHeader> headers;
  std::string body;
  std::string_view Header(std::string_view name) const;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  absl::StatusOr<HttpAnswer> Send(const HttpCall& call);

 private:
  class Pool;
  std::unique_ptr<Pool> pool_;
};

}  // namespace pawl::net
