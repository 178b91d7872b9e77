#include "scheduler/api/grpc/cluster/cluster_service.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

#include "scheduler/api/grpc/cluster/convert.h"

namespace pawl::api::rpc {

using std::chrono::milliseconds;

ClusterService::ClusterService(cluster::PeerHandler& handler, base::Executor& executor, std::string key,
                               RequestObserver observer)
    : ServiceOf(std::move(observer)), handler_(handler), executor_(executor), key_(std::move(key)) {
  using Asked = cluster::v1::ClusterService::AsyncService;
  Add("ClusterService/Tell", &Asked::RequestTell, *this, &ClusterService::Tell);
  Add("ClusterService/Carry", &Asked::RequestCarry, *this, &ClusterService::Carry);
  Add("ClusterService/AwaitEnd", &Asked::RequestAwaitEnd, *this, &ClusterService::AwaitEnd);
  Add("ClusterService/AwaitEnds", &Asked::RequestAwaitEnds, *this, &ClusterService::AwaitEnds);
  Add("ClusterService/TellEnds", &Asked::RequestTellEnds, *this, &ClusterService::TellEnds);
  Add("ClusterService/AwaitChange", &Asked::RequestAwaitChange, *this, &ClusterService::AwaitChange);
  Add("ClusterService/Lend", &Asked::RequestLend, *this, &ClusterService::Lend);
  Add("ClusterService/Watch", &Asked::RequestWatch, *this, &ClusterService::Watch);
}

bool ClusterService::Belongs(const Call& call) const {
  const auto& metadata = call->context().client_metadata();
  const auto found = metadata.find(kClusterKeyHeader);
  const bool belongs = found != metadata.end() && found->second.size() == key_.size() &&
                       CRYPTO_memcmp(found->second.data(), key_.data(), key_.size()) == 0;
  return !call->IsRefused(belongs ? absl::OkStatus()
                                  : absl::PermissionDeniedError("this service is for the nodes of the cluster only"));
}

void ClusterService::Tell(const Call& call, const cluster::v1::Notice& request, cluster::v1::Nothing&) {
  if (!Belongs(call)) return;
  executor_.Post([this, call, notice = FromWire(request)] {
    handler_.OnNotice(notice);
    if (call->Claim()) call->End(absl::OkStatus());
  });
}

void ClusterService::Carry(const Call& call, const cluster::v1::CarryRequest& request,
                           cluster::v1::CarryResponse& response) {
  if (!Belongs(call)) return;
  std::vector<cluster::Call> calls;
  for (const wire::Call& carried : request.calls()) {
    std::optional<cluster::Call> one = FromWire(carried);
    if (!one) {
      if (call->Claim()) call->End(absl::InvalidArgumentError("a call that this release does not know"));
      return;
    }
    calls.push_back(*std::move(one));
  }
  executor_.Post([this, call, &response, calls = std::move(calls)]() mutable {
    handler_.OnCarry(std::move(calls), [call, &response](const std::vector<cluster::Answer>& answers) {
      if (!call->Claim()) return;
      for (const cluster::Answer& answer : answers) ToWire(answer, *response.add_answers());
      call->End(absl::OkStatus());
    });
  });
}

void ClusterService::AwaitEnd(const Call& call, const cluster::v1::AwaitRequest& request,
                              cluster::v1::AwaitEndResponse& response) {
  if (!Belongs(call)) return;
  auto name = NameKeyFromWire(request.name_key()).value_or(history::NameKey{});
  milliseconds wait(std::clamp(request.wait_ms(), 0, 60'000));
  executor_.Post([this, call, &response, name, wait] {
    handler_.OnAwaitEnd(name, wait, [call, &response](const absl::StatusOr<cluster::Awaited>& awaited) {
      if (!call->Claim()) return;
      response.set_not_served(!awaited.ok());
      if (awaited.ok()) ToWire(*awaited, response);
      call->End(absl::OkStatus());
    });
  });
}

void ClusterService::AwaitEnds(const Call& call, const cluster::v1::AwaitEndsRequest& request,
                               cluster::v1::Ends& response) {
  if (!Belongs(call)) return;
  executor_.Post([this, call, &response, asked = FromWire(request)] {
    handler_.OnAwaitEnds(asked, [call, &response](const std::vector<cluster::EndAnswer>& ends) {
      if (!call->Claim()) return;
      for (const cluster::EndAnswer& end : ends) ToWire(end, *response.add_answers());
      call->End(absl::OkStatus());
    });
  });
}

void ClusterService::TellEnds(const Call& call, const cluster::v1::Ends& request, cluster::v1::Nothing&) {
  if (!Belongs(call)) return;
  executor_.Post([this, call, ends = FromWire(request)] {
    handler_.OnEnds(ends);
    if (call->Claim()) call->End(absl::OkStatus());
  });
}

void ClusterService::AwaitChange(const Call& call, const cluster::v1::AwaitRequest& request,
                                 cluster::v1::AwaitChangeResponse& response) {
  if (!Belongs(call)) return;
  auto name = NameKeyFromWire(request.name_key()).value_or(history::NameKey{});
  milliseconds wait(std::clamp(request.wait_ms(), 0, 60'000));
  executor_.Post([this, call, &response, name, wait] {
    handler_.OnAwaitChange(name, wait, [call, &response](const absl::StatusOr<cluster::Awaited>& awaited) {
      if (!call->Claim()) return;
      response.set_not_served(!awaited.ok());
      response.set_is_open(awaited.ok() && awaited->is_open);
      call->End(absl::OkStatus());
    });
  });
}

void ClusterService::Lend(const Call& call, const cluster::v1::LendRequest& request,
                          cluster::v1::LendResponse& response) {
  if (!Belongs(call)) return;
  executor_.Post([this, call, &response, lend = FromWire(request)] {
    handler_.OnLend(lend, [call, &response](const cluster::LendResponse& lent) {
      if (!call->Claim()) return;
      ToWire(lent, response);
      call->End(absl::OkStatus());
    });
  });
}

void ClusterService::Watch(const Call& call, const cluster::v1::WatchRequest& request,
                           cluster::v1::WatchResponse& response) {
  if (!Belongs(call)) return;
  executor_.Post([this, call, &response, watch = FromWire(request)] {
    handler_.OnWatch(watch, [call, &response](const cluster::WatchResponse& watched) {
      if (!call->Claim()) return;
      ToWire(watched, response);
      call->End(absl::OkStatus());
    });
  });
}

}  // namespace pawl::api::rpc
