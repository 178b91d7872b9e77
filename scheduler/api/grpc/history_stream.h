// One StreamHistory call: pages through the history and, where asked to follow, waits for more until the execution has
// ended. A slow reader holds back the reading: the next page is fetched when the last message has been taken. Internal
// to scheduler/api/grpc.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "proto/control/v1/control.pb.h"
#include "scheduler/api/grpc/unary_call.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class HistoryStream : public ::grpc::ServerWriteReactor<control::v1::HistoryEvents>,
                      public std::enable_shared_from_this<HistoryStream> {
 public:
  static HistoryStream* Begin(gateway::Gateway& gateway, const gateway::Caller& caller,
                              const control::v1::StreamHistoryRequest& request, const RequestObserver& observer);

 private:
  HistoryStream(gateway::Gateway& gateway, gateway::Caller caller, const control::v1::StreamHistoryRequest& request,
                const RequestObserver& observer);
  void Fetch();
  void OnPage(absl::StatusOr<gateway::HistoryPage> page);
  // Writes the next message of what was fetched, or fetches, or ends.
  void Advance();
  void End(const absl::Status& status);
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

  gateway::Gateway& gateway_;
  const gateway::Caller caller_;
  const bool follow_;
  const RequestObserver& observer_;
  const std::chrono::steady_clock::time_point began_ = std::chrono::steady_clock::now();
  gateway::HistoryRequest next_;
  std::deque<std::string> events_;  // fetched, not yet written
  bool page_was_last_ = false;
  bool execution_ended_ = false;
  control::v1::HistoryEvents message_;  // being written

  std::mutex mutex_;
  bool over_ = false;                    // under mutex_: Finish was called
  bool writing_ = false;                 // under mutex_
  bool cancelled_ = false;               // under mutex_
  std::shared_ptr<HistoryStream> self_;  // until gRPC is done
};

}  // namespace pawl::api::rpc
