// Calls the service over its AWS API, as any Step Functions client would.
//
// Thread rule: one thread. Errors: those of the service carry its error name ("StateMachineDoesNotExist: ...") and the
// canonical code that fits; UNAVAILABLE where nothing answers.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "shared/net/http_client.h"

namespace pawl::ctl {

// Keeps the order of members, for people.
using Json = nlohmann::ordered_json;

struct ServiceAddress {
  std::string endpoint_url;
  std::string access_key;  // 12 digits: the account
  std::string region;
  // From PAWL_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_REGION and AWS_DEFAULT_REGION, with defaults.
  static ServiceAddress FromEnvironment();
  std::string account() const;
};

class ServiceClient {
 public:
  explicit ServiceClient(ServiceAddress address) : address_(std::move(address)) {}

  absl::StatusOr<Json> Call(std::string_view operation, const Json& request);

  // A machine given as an ARN or a name; an execution given as an ARN or as MACHINE/NAME.
  std::string MachineArn(const std::string& machine) const;
  std::string ExecutionArn(const std::string& execution) const;

 private:
  ServiceAddress address_;
  net::HttpClient http_;
};

}  // namespace pawl::ctl
