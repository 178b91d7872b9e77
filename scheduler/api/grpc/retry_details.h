// The details of a gRPC status that says when to call again: google.rpc.Status with one google.rpc.RetryInfo, as
// grpc-status-details-bin carries it (https://google.aip.dev/193). Pure.
#pragma once

#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <string>

namespace pawl::api::rpc {

std::string RetryDetails(::grpc::StatusCode code, const std::string& message, std::chrono::milliseconds delay);

// The delay that a status asks for, if it does.
std::optional<std::chrono::milliseconds> RetryDelayOf(const ::grpc::Status& status);

}  // namespace pawl::api::rpc
