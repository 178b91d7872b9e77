#include "scheduler/api/grpc/cluster/peers.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <utility>

#include "proto/cluster/v1/cluster.grpc.pb.h"
#include "scheduler/api/grpc/cluster/cluster_service.h"
#include "scheduler/api/grpc/cluster/convert.h"
#include "shared/rpc/channel.h"
#include "shared/rpc/status.h"

namespace pawl::api::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kTellTimeout{2'000};
// Longer than any commit on a database that works, shorter than a lease.
constexpr milliseconds kCarryTimeout{4'000};

class GrpcPeers : public cluster::Peers {
 public:
  GrpcPeers(base::Executor& executor, std::string key) : executor_(executor), key_(std::move(key)) {}
  ~GrpcPeers() override { *alive_ = false; }

  void Tell(const cluster::Member& to, const cluster::Notice& notice, std::function<void(absl::Status)> done) override {
    auto exchange = Begin<wire::Notice, wire::Nothing>(kTellTimeout);
    ToWire(notice, exchange->request);
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->Tell(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::Nothing&) { done(status); });
  }

  void Carry(const cluster::Member& to, std::vector<cluster::Call> calls,
             Done<std::vector<cluster::Answer>> done) override {
    Peer& peer = PeerAt(to.address);
    if (!IsConnected(peer)) return NotConnected(to, std::move(done));
    auto exchange = Begin<wire::CarryRequest, wire::CarryResponse>(kCarryTimeout);
    for (const cluster::Call& call : calls) ToWire(call, *exchange->request.add_calls());
    Run(
        exchange, peer, [](auto* stub, auto... arguments) { stub->Carry(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::CarryResponse& response) {
          if (!status.ok()) return done(absl::UnavailableError("the other node did not answer; ask again"));
          std::vector<cluster::Answer> answers;
          for (const auto& answer : response.answers()) answers.push_back(FromWire(answer));
          done(std::move(answers));
        });
  }

  void AwaitEnd(const cluster::Member& to, const history::NameKey& name, milliseconds wait,
                Done<cluster::Awaited> done) override {
    auto exchange = BeginWait<wire::AwaitEndResponse>(name, wait);
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->AwaitEnd(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::AwaitEndResponse& response) {
          if (!status.ok() || response.not_served()) return done(partition::NotServed("the partition has moved"));
          done(FromWire(response));
        });
  }

  void AwaitEnds(const cluster::Member& to, cluster::AwaitEndsRequest request,
                 Done<std::vector<cluster::EndAnswer>> done) override {
    auto exchange = Begin<wire::AwaitEndsRequest, wire::Ends>(kTellTimeout);
    ToWire(request, exchange->request);
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->AwaitEnds(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::Ends& response) {
          if (!status.ok()) return done(status);
          done(FromWire(response));
        });
  }

  void TellEnds(const cluster::Member& to, const std::vector<cluster::EndAnswer>& ends,
                std::function<void(absl::Status)> done) override {
    auto exchange = Begin<wire::Ends, wire::Nothing>(kTellTimeout);
    for (const cluster::EndAnswer& end : ends) ToWire(end, *exchange->request.add_answers());
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->TellEnds(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::Nothing&) { done(status); });
  }

  void AwaitChange(const cluster::Member& to, const history::NameKey& name, milliseconds wait,
                   Done<cluster::Awaited> done) override {
    auto exchange = BeginWait<wire::AwaitChangeResponse>(name, wait);
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->AwaitChange(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::AwaitChangeResponse& response) {
          if (!status.ok() || response.not_served()) return done(partition::NotServed("the partition has moved"));
          done(cluster::Awaited{response.is_open(), {}});
        });
  }

  void Lend(const cluster::Member& to, cluster::LendRequest request, Done<cluster::LendResponse> done) override {
    Peer& peer = PeerAt(to.address);
    if (!IsConnected(peer)) return NotConnected(to, std::move(done));
    auto exchange = Begin<wire::LendRequest, wire::LendResponse>(kTellTimeout);
    ToWire(request, exchange->request);
    Run(
        exchange, peer, [](auto* stub, auto... arguments) { stub->Lend(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::LendResponse& response) {
          if (!status.ok()) return done(absl::UnavailableError("the other node did not answer"));
          done(FromWire(response));
        });
  }

  void Watch(const cluster::Member& to, cluster::WatchRequest request, Done<cluster::WatchResponse> done) override {
    auto exchange = Begin<wire::WatchRequest, wire::WatchResponse>(kTellTimeout);
    ToWire(request, exchange->request);
    Run(
        exchange, PeerAt(to.address), [](auto* stub, auto... arguments) { stub->Watch(arguments...); },
        [done = std::move(done)](const absl::Status& status, const wire::WatchResponse& response) {
          if (!status.ok()) return done(status);
          done(FromWire(response));
        });
  }

 private:
  struct Peer {
    std::shared_ptr<::grpc::Channel> channel;
    std::unique_ptr<wire::ClusterService::Stub> stub;
  };
  template <typename Request, typename Response>
  struct Exchange {
    ::grpc::ClientContext context;
    Request request;
    Response response;
  };

  Peer& PeerAt(const std::string& address) {
    auto found = peers_.find(address);
    if (found != peers_.end()) return found->second;
    // Addresses change where pods come and go.
    constexpr size_t kMany = 64;
    if (peers_.size() >= kMany) {
      std::erase_if(peers_, [](const auto& peer) {
        return peer.second.channel->GetState(false) == GRPC_CHANNEL_TRANSIENT_FAILURE;
      });
    }
    Peer& peer = peers_[address];
    peer.channel = pawl::rpc::MakeChannel(address);
    peer.stub = wire::ClusterService::NewStub(peer.channel);
    return peer;
  }

  // Connects if it is not; what is asked meanwhile is known not to have been sent.
  static bool IsConnected(const Peer& peer) { return peer.channel->GetState(true) == GRPC_CHANNEL_READY; }

  template <typename Answer>
  void NotConnected(const cluster::Member& to, Answer done) {
    Post([done = std::move(done), address = to.address] {
      done(partition::NotServed("the node at " + address + " cannot be reached just now; ask again"));
    });
  }

  void Post(std::function<void()> work) {
    executor_.Post([alive = alive_, work = std::move(work)] {
      if (*alive) work();
    });
  }

  template <typename Request, typename Response>
  std::shared_ptr<Exchange<Request, Response>> Begin(milliseconds timeout) {
    auto exchange = std::make_shared<Exchange<Request, Response>>();
    exchange->context.set_deadline(std::chrono::system_clock::now() + timeout);
    exchange->context.AddMetadata(kClusterKeyHeader, key_);
    return exchange;
  }

  template <typename Response>
  std::shared_ptr<Exchange<wire::AwaitRequest, Response>> BeginWait(const history::NameKey& name, milliseconds wait) {
    auto exchange = Begin<wire::AwaitRequest, Response>(wait + kTellTimeout);
    exchange->request.set_name_key(NameKeyToWire(name));
    exchange->request.set_wait_ms(static_cast<int>(wait.count()));
    return exchange;
  }

  // `method` calls one of the stub's; gRPC answers on a thread of its own.
  template <typename Request, typename Response, typename Method, typename Then>
  void Run(const std::shared_ptr<Exchange<Request, Response>>& exchange, Peer& peer, Method method, Then then) {
    std::function<void(::grpc::Status)> on_answer = [alive = alive_, &executor = executor_, exchange,
                                                     then = std::move(then)](const ::grpc::Status& status) {
      executor.Post([alive, exchange, then, status = pawl::rpc::FromGrpcStatus(status)] {
        if (*alive) then(status, exchange->response);
      });
    };
    method(peer.stub->async(), &exchange->context, static_cast<const Request*>(&exchange->request), &exchange->response,
           on_answer);
  }

  base::Executor& executor_;
  const std::string key_;
  std::map<std::string, Peer> peers_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<cluster::Peers> MakeGrpcPeers(base::Executor& executor, std::string key) {
  return std::make_unique<GrpcPeers>(executor, std::move(key));
}

}  // namespace pawl::api::rpc
