// cluster::Peers over gRPC. One channel an address, made when first used.
#pragma once

#include <memory>
#include <string>

#include "scheduler/cluster/peers.h"
#include "shared/base/executor.h"

namespace pawl::api::rpc {

// `key`: the cluster's, as the other side expects it. Answers come on `executor`; none after the destruction, which
// belongs on its thread or after that thread has ended.
std::unique_ptr<cluster::Peers> MakeGrpcPeers(base::Executor& executor, std::string key);

}  // namespace pawl::api::rpc
