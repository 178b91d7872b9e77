#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <set>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "shared/rpc/channel.h"
#include "worker/runtime/transport.h"

namespace pawl::worker {
namespace {

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// How long a poll waits for a connection before it fails, in all and between looks at whether it is still wanted.
constexpr std::chrono::milliseconds kConnectionSlice{200};
constexpr int kConnectionSlices = 10;

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(const std::string& target) : channel_(rpc::MakeChannel(target)) {
    stub_ = v1::WorkerService::NewStub(channel_);
  }

  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request) override {
    AwaitConnection();
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(request.wait_ms()) +
                         std::chrono::seconds(30));
    bool asks = request.tasks_max() > 0;
    if (asks) {
      std::lock_guard lock(mutex_);
      if (cancelled_) return absl::CancelledError("polling has ended");
      polls_.insert(&context);
    }
    v1::PollResponse response;
    grpc::Status status = stub_->Poll(&context, request, &response);
    if (asks) {
      std::lock_guard lock(mutex_);
      polls_.erase(&context);
    }
    if (!status.ok()) return FromGrpc(status);
    return response;
  }

  absl::StatusOr<v1::HeartbeatResponse> Heartbeat(const v1::HeartbeatRequest& request) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    v1::HeartbeatResponse response;
    grpc::Status status = stub_->Heartbeat(&context, request, &response);
    if (!status.ok()) return FromGrpc(status);
    return response;
  }

  absl::Status EndSession(const v1::EndSessionRequest& request) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
    v1::EndSessionResponse response;
    return FromGrpc(stub_->EndSession(&context, request, &response));
  }

  absl::StatusOr<std::vector<std::string>> Nodes() override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(3));
    v1::NodesResponse response;
    grpc::Status status = stub_->Nodes(&context, v1::NodesRequest(), &response);
    if (!status.ok()) return FromGrpc(status);
    return std::vector<std::string>(response.addresses().begin(), response.addresses().end());
  }

  void CancelPolls() override {
    std::lock_guard lock(mutex_);
    cancelled_ = true;
    for (grpc::ClientContext* context : polls_) context->TryCancel();
  }

 private:
  // A connection that is being made gets on only while somebody looks after it: a call, or this.
  void AwaitConnection() {
    for (int i = 0; i < kConnectionSlices; ++i) {
      if (channel_->WaitForConnected(std::chrono::system_clock::now() + kConnectionSlice)) return;
      std::lock_guard lock(mutex_);
      if (cancelled_) return;
    }
  }

  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::mutex mutex_;
  std::set<grpc::ClientContext*> polls_;
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeNodeTransport(const std::string& target) {
  return std::make_unique<GrpcTransport>(target);
}

}  // namespace pawl::worker
