#include <grpcpp/grpcpp.h>

#include <atomic>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "shared/rpc/channel.h"
#include "shared/wait/short_wait.h"
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

// How long past its wait the answer to a poll may take.
constexpr std::chrono::seconds kAnswerWait{30};

// After a result the next task may come so soon: one commit and the way there and back.
constexpr std::chrono::microseconds kNextSoon{2000};

// A call that is opened once and then carries one poll after another. The thread that polls drives the connection
// itself, by the stream's own queue: nothing is handed from thread to thread. Any error ends it.
class PollStream {
 public:
  explicit PollStream(v1::WorkerService::Stub& stub) : stream_(stub.PrepareAsyncPollStream(&context_, &queue_)) {}
  ~PollStream() {
    context_.TryCancel();
    queue_.Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue_.Next(&tag, &ok)) {
    }
  }

  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request,
                                        std::chrono::system_clock::time_point deadline) {
    if (!std::exchange(is_open_, true)) {
      stream_->StartCall(nullptr);
      if (!Await(1, deadline)) return WhyEnded();
    }
    v1::PollResponse response;
    stream_->Write(request, nullptr);
    stream_->Read(&response, nullptr);
    if (!Await(2, deadline)) return WhyEnded();
    return response;
  }

  // From any thread: ends the poll under way.
  void Cancel() { context_.TryCancel(); }

 private:
  // True if that many operations ended well; they have all ended then, or else by WhyEnded.
  bool Await(int operations, std::chrono::system_clock::time_point deadline) {
    under_way_ += operations;
    bool well = true;
    wait_.Begin();
    while (under_way_ > 0) {
      void* tag = nullptr;
      bool ok = false;
      auto got = grpc::CompletionQueue::TIMEOUT;
      while (got == grpc::CompletionQueue::TIMEOUT && wait_.Looks()) {
        got = queue_.AsyncNext(&tag, &ok, gpr_time_0(GPR_CLOCK_MONOTONIC));
      }
      if (got == grpc::CompletionQueue::TIMEOUT) got = queue_.AsyncNext(&tag, &ok, deadline);
      switch (got) {
        case grpc::CompletionQueue::GOT_EVENT:
          --under_way_;
          well = well && ok;
          break;
        case grpc::CompletionQueue::TIMEOUT:
          context_.TryCancel();
          deadline = std::chrono::system_clock::time_point::max();
          is_late_ = true;
          break;
        case grpc::CompletionQueue::SHUTDOWN:
          return false;
      }
    }
    wait_.End();
    return well;
  }

  absl::Status WhyEnded() {
    grpc::Status status;
    stream_->Finish(&status, nullptr);
    Await(1, std::chrono::system_clock::now() + kAnswerWait);
    if (is_late_) return absl::DeadlineExceededError("the scheduler does not answer");
    return status.ok() ? absl::UnavailableError("the scheduler has ended the stream of polls") : FromGrpc(status);
  }

  // In this order: the stream ends before its queue, the queue before the context.
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<v1::PollRequest, v1::PollResponse>> stream_;
  bool is_open_ = false;
  bool is_late_ = false;
  int under_way_ = 0;
  wait::ShortWait wait_{kNextSoon};
};

class GrpcTransport : public Transport {
 public:
  explicit GrpcTransport(const std::string& target) : channel_(rpc::MakeChannel(target)) {
    stub_ = v1::WorkerService::NewStub(channel_);
  }

  absl::StatusOr<v1::PollResponse> Poll(const v1::PollRequest& request) override {
    std::unique_ptr<PollStream> stream = TakeStream();
    const bool asks = request.tasks_max() > 0;
    if (asks) {
      std::lock_guard lock(mutex_);
      if (cancelled_) return absl::CancelledError("polling has ended");
      polls_.insert(stream.get());
    }
    absl::StatusOr<v1::PollResponse> response = stream->Poll(
        request, std::chrono::system_clock::now() + std::chrono::milliseconds(request.wait_ms()) + kAnswerWait);
    // Where one fails, the others are no better.
    std::vector<std::unique_ptr<PollStream>> broken;
    std::lock_guard lock(mutex_);
    if (asks) polls_.erase(stream.get());
    if (response.ok()) {
      idle_.push_back(std::move(stream));
    } else {
      broken.swap(idle_);
    }
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
    for (PollStream* stream : polls_) stream->Cancel();
  }

 private:
  std::unique_ptr<PollStream> TakeStream() {
    {
      std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        std::unique_ptr<PollStream> stream = std::move(idle_.back());
        idle_.pop_back();
        return stream;
      }
    }
    AwaitConnection();
    return std::make_unique<PollStream>(*stub_);
  }

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
  std::set<PollStream*> polls_;                    // that ask for tasks
  std::vector<std::unique_ptr<PollStream>> idle_;  // opened, no poll under way; the last one goes first
  bool cancelled_ = false;
};

}  // namespace

std::unique_ptr<Transport> MakeNodeTransport(const std::string& target) {
  return std::make_unique<GrpcTransport>(target);
}

}  // namespace pawl::worker
