#include "scheduler/api/grpc/retry_details.h"

#include "proto/status/v1/status.pb.h"

namespace pawl::api::rpc {
namespace {

constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

}  // namespace

std::string RetryDetails(::grpc::StatusCode code, const std::string& message, std::chrono::milliseconds delay) {
  pawl::status::v1::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(delay.count() / 1000);
  info.mutable_retry_delay()->set_nanos(static_cast<int>(delay.count() % 1000) * 1'000'000);
  pawl::status::v1::Status details;
  details.set_code(code);
  details.set_message(message);
  google::protobuf::Any& any = *details.add_details();
  any.set_type_url(kRetryInfoUrl);
  any.set_value(info.SerializeAsString());
  return details.SerializeAsString();
}

std::optional<std::chrono::milliseconds> RetryDelayOf(const ::grpc::Status& status) {
  pawl::status::v1::Status details;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const google::protobuf::Any& any : details.details()) {
    pawl::status::v1::RetryInfo info;
    if (any.type_url() != kRetryInfoUrl || !info.ParseFromString(any.value())) continue;
    return std::chrono::seconds(info.retry_delay().seconds()) +
           std::chrono::milliseconds(info.retry_delay().nanos() / 1'000'000);
  }
  return std::nullopt;
}

}  // namespace pawl::api::rpc
