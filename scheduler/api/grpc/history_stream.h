// One StreamHistory call: pages through the history and, where asked to follow, waits for more until the execution has
// ended. A slow reader holds back the reading: the next page is fetched when the last message has been taken. Internal
// to scheduler/api/grpc.
#pragma once

#include <grpcpp/support/async_stream.h>

#include <deque>
#include <memory>
#include <mutex>
#include <string>

#include "proto/control/v1/control.grpc.pb.h"
#include "scheduler/api/grpc/method.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::rpc {

class HistoryStream final : public QueuedCall {
 public:
  // The method. All that is given outlives it.
  static std::unique_ptr<Method> Serve(control::v1::ControlService::AsyncService& service, gateway::Gateway& gateway,
                                       const gateway::Caller& caller, const RequestObserver& observer);

  HistoryStream(gateway::Gateway& gateway, gateway::Caller caller, const RequestObserver& observer)
      : QueuedCall("ControlService/StreamHistory", observer), gateway_(gateway), caller_(std::move(caller)) {}

 private:
  void Begin();
  void Fetch();
  void OnPage(absl::StatusOr<gateway::HistoryPage> page);
  // Writes the next message of what was fetched, or fetches, or ends.
  void Advance();
  void End(const absl::Status& status);
  void OnWritten(bool ok);
  void OnCancel() override;
  std::shared_ptr<HistoryStream> Self() { return std::static_pointer_cast<HistoryStream>(shared_from_this()); }

  gateway::Gateway& gateway_;
  const gateway::Caller caller_;
  control::v1::StreamHistoryRequest request_;
  ::grpc::ServerAsyncWriter<control::v1::HistoryEvents> writer_{&mutable_context()};
  pawl::rpc::Operation<HistoryStream> written_{*this, &HistoryStream::OnWritten};
  gateway::HistoryRequest next_;
  std::deque<std::string> events_;  // fetched, not yet written
  bool page_was_last_ = false;
  bool execution_ended_ = false;
  control::v1::HistoryEvents message_;  // being written

  std::mutex mutex_;
  bool over_ = false;       // under mutex_: Finish was called
  bool writing_ = false;    // under mutex_
  bool cancelled_ = false;  // under mutex_
};

}  // namespace pawl::api::rpc
