// absl::Status <-> grpc::Status: the canonical codes are the same numbers.
#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

namespace pawl::rpc {

inline ::grpc::Status ToGrpcStatus(const absl::Status& status) {
  return ::grpc::Status(static_cast<::grpc::StatusCode>(status.code()), std::string(status.message()));
}

inline absl::Status FromGrpcStatus(const ::grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace pawl::rpc
