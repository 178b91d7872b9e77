// A gRPC channel with the project's settings: message sizes, keepalive that notices a dead peer within half a minute,
// and quick reconnection after a restart of the scheduler.
//
// Thread rule: a channel may be used from any thread.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

namespace pawl::rpc {

// `target` is "HOST:PORT". Connects when first used, and again whenever the connection is lost. The connection is the
// channel's own.
std::shared_ptr<::grpc::Channel> MakeChannel(const std::string& target);

}  // namespace pawl::rpc
