// Between cluster.v1's messages and scheduler/cluster's structs. Internal to scheduler/api/grpc/cluster. Pure.
// The From functions read what another node of the same cluster wrote; a message that makes no sense gives nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/cluster/v1/cluster.pb.h"
#include "scheduler/cluster/peers.h"

namespace pawl::api::rpc {

namespace wire = ::pawl::cluster::v1;

void ToWire(const cluster::Member& from, wire::Member& to);
cluster::Member FromWire(const wire::Member& from);
void ToWire(const core::TaskRef& from, wire::Task& to);
core::TaskRef FromWire(const wire::Task& from);
void ToWire(const cluster::Notice& from, wire::Notice& to);
cluster::Notice FromWire(const wire::Notice& from);
void ToWire(const cluster::Call& from, wire::Call& to);
std::optional<cluster::Call> FromWire(const wire::Call& from);
void ToWire(const cluster::Answer& from, wire::CarryResponse::Answer& to);
cluster::Answer FromWire(const wire::CarryResponse::Answer& from);
void ToWire(const cluster::Awaited& from, wire::AwaitEndResponse& to);
cluster::Awaited FromWire(const wire::AwaitEndResponse& from);
void ToWire(const cluster::AwaitEndsRequest& from, wire::AwaitEndsRequest& to);
cluster::AwaitEndsRequest FromWire(const wire::AwaitEndsRequest& from);
void ToWire(const cluster::EndAnswer& from, wire::Ends::Answer& to);
std::vector<cluster::EndAnswer> FromWire(const wire::Ends& from);
void ToWire(const cluster::LendRequest& from, wire::LendRequest& to);
cluster::LendRequest FromWire(const wire::LendRequest& from);
void ToWire(const cluster::LendResponse& from, wire::LendResponse& to);
cluster::LendResponse FromWire(const wire::LendResponse& from);
void ToWire(const cluster::WatchRequest& from, wire::WatchRequest& to);
cluster::WatchRequest FromWire(const wire::WatchRequest& from);
void ToWire(const cluster::WatchResponse& from, wire::WatchResponse& to);
cluster::WatchResponse FromWire(const wire::WatchResponse& from);
std::optional<history::NameKey> NameKeyFromWire(const std::string& bytes);
std::string NameKeyToWire(const history::NameKey& key);

}  // namespace pawl::api::rpc
