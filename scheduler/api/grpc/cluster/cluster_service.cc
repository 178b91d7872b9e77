#include "scheduler/api/grpc/cluster/cluster_service.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "scheduler/api/grpc/cluster/convert.h"

namespace pawl::api::rpc {

using std::chrono::milliseconds;

std::shared_ptr<UnaryCall> ClusterService::Begin(std::string_view method, ::grpc::CallbackServerContext* context) {
  auto call = UnaryCall::Begin(method, observer_);
  auto found = context->client_metadata().find(kClusterKeyHeader);
  bool belongs = found != context->client_metadata().end() && found->second.size() == key_.size() &&
                 CRYPTO_memcmp(found->second.data(), key_.data(), key_.size()) == 0;
  if (!belongs && call->Claim()) {
    call->End(absl::PermissionDeniedError("this service is for the nodes of the cluster only"));
  }
  return call;
}

::grpc::ServerUnaryReactor* ClusterService::Tell(::grpc::CallbackServerContext* context,
                                                 const cluster::v1::Notice* request, cluster::v1::Nothing*) {
  auto call = Begin("ClusterService/Tell", context);
  if (call->is_over()) return call->reactor();
  executor_.Post([this, call, notice = FromWire(*request)] {
    handler_.OnNotice(notice);
    if (call->Claim()) call->End(absl::OkStatus());
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* ClusterService::Carry(::grpc::CallbackServerContext* context,
                                                  const cluster::v1::CarryRequest* request,
                                                  cluster::v1::CarryResponse* response) {
  auto call = Begin("ClusterService/Carry", context);
  if (call->is_over()) return call->reactor();
  std::vector<cluster::Call> calls;
  for (const wire::Call& carried : request->calls()) {
    std::optional<cluster::Call> one = FromWire(carried);
    if (!one) {
      if (call->Claim()) call->End(absl::InvalidArgumentError("a call that this release does not know"));
      return call->reactor();
    }
    calls.push_back(*std::move(one));
  }
  executor_.Post([this, call, response, calls = std::move(calls)]() mutable {
    handler_.OnCarry(std::move(calls), [call, response](const std::vector<cluster::Answer>& answers) {
      if (!call->Claim()) return;
      for (const cluster::Answer& answer : answers) ToWire(answer, *response->add_answers());
      call->End(absl::OkStatus());
    });
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* ClusterService::AwaitEnd(::grpc::CallbackServerContext* context,
                                                     const cluster::v1::AwaitRequest* request,
                                                     cluster::v1::AwaitEndResponse* response) {
  auto call = Begin("ClusterService/AwaitEnd", context);
  if (call->is_over()) return call->reactor();
  auto name = NameKeyFromWire(request->name_key()).value_or(history::NameKey{});
  milliseconds wait(std::clamp(request->wait_ms(), 0, 60'000));
  executor_.Post([this, call, response, name, wait] {
    handler_.OnAwaitEnd(name, wait, [call, response](const absl::StatusOr<cluster::Awaited>& awaited) {
      if (!call->Claim()) return;
      response->set_not_served(!awaited.ok());
      if (awaited.ok()) ToWire(*awaited, *response);
      call->End(absl::OkStatus());
    });
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* ClusterService::AwaitChange(::grpc::CallbackServerContext* context,
                                                        const cluster::v1::AwaitRequest* request,
                                                        cluster::v1::AwaitChangeResponse* response) {
  auto call = Begin("ClusterService/AwaitChange", context);
  if (call->is_over()) return call->reactor();
  auto name = NameKeyFromWire(request->name_key()).value_or(history::NameKey{});
  milliseconds wait(std::clamp(request->wait_ms(), 0, 60'000));
  executor_.Post([this, call, response, name, wait] {
    handler_.OnAwaitChange(name, wait, [call, response](const absl::StatusOr<cluster::Awaited>& awaited) {
      if (!call->Claim()) return;
      response->set_not_served(!awaited.ok());
      response->set_is_open(awaited.ok() && awaited->is_open);
      call->End(absl::OkStatus());
    });
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* ClusterService::Lend(::grpc::CallbackServerContext* context,
                                                 const cluster::v1::LendRequest* request,
                                                 cluster::v1::LendResponse* response) {
  auto call = Begin("ClusterService/Lend", context);
  if (call->is_over()) return call->reactor();
  executor_.Post([this, call, response, lend = FromWire(*request)] {
    handler_.OnLend(lend, [call, response](const cluster::LendResponse& lent) {
      if (!call->Claim()) return;
      ToWire(lent, *response);
      call->End(absl::OkStatus());
    });
  });
  return call->reactor();
}

::grpc::ServerUnaryReactor* ClusterService::Watch(::grpc::CallbackServerContext* context,
                                                  const cluster::v1::WatchRequest* request,
                                                  cluster::v1::WatchResponse* response) {
  auto call = Begin("ClusterService/Watch", context);
  if (call->is_over()) return call->reactor();
  executor_.Post([this, call, response, watch = FromWire(*request)] {
    handler_.OnWatch(watch, [call, response](const cluster::WatchResponse& watched) {
      if (!call->Claim()) return;
      ToWire(watched, *response);
      call->End(absl::OkStatus());
    });
  });
  return call->reactor();
}

}  // namespace pawl::api::rpc
