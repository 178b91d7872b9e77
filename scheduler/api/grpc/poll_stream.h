// One PollStream call: a worker's polls one after another. Each is answered before the next is read, and what one poll
// means is what Poll means. A poll that fails ends the stream with its status; the worker opens another. Internal to
// scheduler/api/grpc.
//
// Thread rule: gRPC's threads and the Gateway's; everything that ends or goes on with the call is under the mutex.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <mutex>

#include "proto/worker/v1/worker.pb.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/api/long_poll.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class PollStream : public ::grpc::ServerBidiReactor<worker::v1::PollRequest, worker::v1::PollResponse>,
                   public std::enable_shared_from_this<PollStream> {
 public:
  // `streams` gives it up when the server goes down: at once, or after the answer to results that are being recorded.
  // All three outlive the call.
  static PollStream* Begin(gateway::Gateway& gateway, LongPolls& streams, const RequestObserver& observer);

 private:
  PollStream(gateway::Gateway& gateway, LongPolls& streams, const RequestObserver& observer)
      : gateway_(gateway), streams_(streams), observer_(observer) {}
  void Answer(const absl::StatusOr<gateway::WorkerPollResponse>& got);
  void Observe(const absl::Status& status);
  void Leave();
  void End(const absl::Status& status);
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  gateway::Gateway& gateway_;
  LongPolls& streams_;
  const RequestObserver& observer_;
  uint64_t id_ = 0;  // in streams_
  std::chrono::steady_clock::time_point began_;
  worker::v1::PollRequest request_;
  worker::v1::PollResponse response_;

  std::mutex mutex_;
  std::shared_ptr<LongPoll> poll_;    // the one under way
  bool reports_ = false;              // it brought results
  bool writing_ = false;              // its answer is on its way
  bool leaving_ = false;              // the server goes down
  bool cancelled_ = false;            // the worker has gone
  bool over_ = false;                 // Finish was called
  std::shared_ptr<PollStream> self_;  // until gRPC is done
};

}  // namespace pawl::api::rpc
