// One PollStream call: a worker's polls one after another. Each is answered before the next is read, and what one poll
// means is what Poll means. A poll that fails ends the stream with its status; the worker opens another. Internal to
// scheduler/api/grpc.
//
// Thread rule: gRPC's threads and the Gateway's; everything that ends or goes on with the call is under the mutex.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_stream.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class PollStream : public std::enable_shared_from_this<PollStream> {
 public:
  // The method. `streams` gives a call up when the server goes down: at once, or after the answer to results that are
  // being recorded. All that is given outlives the method.
  static std::unique_ptr<Method> Serve(worker::v1::WorkerService::AsyncService& service, gateway::Gateway& gateway,
                                       LongPolls& streams, const RequestObserver& observer);

  PollStream(gateway::Gateway& gateway, LongPolls& streams, const RequestObserver& observer)
      : gateway_(gateway), streams_(streams), observer_(observer) {}
  ~PollStream();
  void Await(pawl::rpc::CallQueue& queue);
  void Come() { queue_->Enter(); }
  void NeverCome() { done_.Forget(); }

 private:
  void Begin();
  void Answer(const absl::StatusOr<gateway::WorkerPollResponse>& got);
  void Observe(const absl::Status& status);
  void Leave();
  void End(const absl::Status& status);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnEnded(bool) {}
  void OnDone(bool ok);

  gateway::Gateway& gateway_;
  LongPolls& streams_;
  const RequestObserver& observer_;
  pawl::rpc::CallQueue* queue_ = nullptr;
  ::grpc::ServerContext context_;
  ::grpc::ServerAsyncReaderWriter<worker::v1::PollResponse, worker::v1::PollRequest> stream_{&context_};
  pawl::rpc::Operation<PollStream> read_{*this, &PollStream::OnRead};
  pawl::rpc::Operation<PollStream> written_{*this, &PollStream::OnWritten};
  pawl::rpc::Operation<PollStream> ended_{*this, &PollStream::OnEnded};
  pawl::rpc::Operation<PollStream> done_{*this, &PollStream::OnDone};
  uint64_t id_ = 0;  // in streams_
  std::chrono::steady_clock::time_point began_;
  worker::v1::PollRequest request_;
  worker::v1::PollResponse response_;

  std::mutex mutex_;
  std::shared_ptr<LongPoll> poll_;  // the one under way
  bool reports_ = false;            // it brought results
  bool writing_ = false;            // its answer is on its way
  bool leaving_ = false;            // the server goes down
  bool cancelled_ = false;          // the worker has gone
  bool over_ = false;               // Finish was called
};

}  // namespace pawl::api::rpc
