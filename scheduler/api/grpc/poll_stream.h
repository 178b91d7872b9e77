// One PollStream call: a worker's polls one after another. Each is answered before the next is read, and what one poll
// means is what Poll means. A poll that fails ends the stream with its status; the worker opens another. Internal to
// scheduler/api/grpc.
//
// Thread rule: gRPC's threads and the Gateway's; everything that ends or goes on with the call is under the mutex.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <memory>
#include <mutex>

#include "proto/worker/v1/worker.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class PollStream final : public QueuedCall {
 public:
  // The method. `streams` gives a call up when the server goes down: at once, or after the answer to results that are
  // being recorded. All that is given outlives the method.
  static std::unique_ptr<Method> Serve(worker::v1::WorkerService::AsyncService& service, gateway::Gateway& gateway,
                                       LongPolls& streams, const RequestObserver& observer);

  PollStream(gateway::Gateway& gateway, LongPolls& streams, const RequestObserver& observer)
      : QueuedCall("WorkerService/PollStream", observer), gateway_(gateway), streams_(streams) {}
  ~PollStream() override;

 private:
  void Begin();
  void Answer(const absl::StatusOr<gateway::WorkerPollResponse>& got);
  void Leave();
  void End(const absl::Status& status);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnCancel() override;
  std::shared_ptr<PollStream> Self() { return std::static_pointer_cast<PollStream>(shared_from_this()); }

  gateway::Gateway& gateway_;
  LongPolls& streams_;
  ::grpc::ServerAsyncReaderWriter<worker::v1::PollResponse, worker::v1::PollRequest> stream_{&mutable_context()};
  pawl::rpc::Operation<PollStream> read_{*this, &PollStream::OnRead};
  pawl::rpc::Operation<PollStream> written_{*this, &PollStream::OnWritten};
  uint64_t id_ = 0;  // in streams_
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
