#include "scheduler/api/grpc/poll_stream.h"

#include <string>
#include <utility>

#include "scheduler/api/grpc/convert.h"

namespace pawl::api::rpc {
namespace {

absl::Status GoesDown() { return absl::UnavailableError("the server is shutting down"); }

}  // namespace

std::unique_ptr<Method> PollStream::Serve(worker::v1::WorkerService::AsyncService& service, gateway::Gateway& gateway,
                                          LongPolls& streams, const RequestObserver& observer) {
  return std::make_unique<MethodOf<PollStream>>(
      [&gateway, &streams, &observer] { return std::make_shared<PollStream>(gateway, streams, observer); },
      [&service](PollStream& stream, ::grpc::ServerCompletionQueue* queue, void* tag) {
        service.RequestPollStream(&stream.mutable_context(), &stream.stream_, queue, queue, tag);
      },
      [](const std::shared_ptr<PollStream>& stream) { stream->Begin(); });
}

void PollStream::Begin() {
  id_ = streams_.Add(std::make_shared<LongPoll>([weak = std::weak_ptr(Self())] {
    if (auto self = weak.lock()) self->Leave();
  }));
  const std::lock_guard lock(mutex_);
  if (!over_) stream_.Read(&request_, read_.Tag());
}

PollStream::~PollStream() {
  if (id_ != 0) streams_.Remove(id_);
}

void PollStream::OnRead(bool ok) {
  if (!ok) return End(absl::OkStatus());
  TakeTime();
  if (absl::Status session = CheckSession(request_.session_id()); !session.ok()) {
    Observe(session);
    return End(session);
  }
  auto poll = std::make_shared<LongPoll>([] {});
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    reports_ = request_.results_size() > 0;
    refused = leaving_ && !reports_;
    poll_ = poll;
  }
  if (refused) return End(GoesDown());
  poll->SetCancel(gateway_.PollWorker(ToPoll(request_),
                                      [self = Self(), poll](const absl::StatusOr<gateway::WorkerPollResponse>& got) {
                                        if (poll->End()) self->Answer(got);
                                      }));
}

void PollStream::Answer(const absl::StatusOr<gateway::WorkerPollResponse>& got) {
  Observe(got.status());
  if (!got.ok()) return End(got.status());
  response_.Clear();
  SetPollResponse(*got, response_);
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    poll_ = nullptr;
    writing_ = true;
  }
  queue().BeginAndTell([this] { stream_.Write(response_, written_.Tag()); });
}

void PollStream::OnWritten(bool ok) {
  bool leaving = false;
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    ok = ok && !cancelled_;
    leaving = leaving_;
    if (over_) return;
    if (ok && !leaving) return stream_.Read(&request_, read_.Tag());
  }
  End(ok ? GoesDown() : absl::CancelledError("the worker gave the call up"));
}

void PollStream::Leave() {
  std::shared_ptr<LongPoll> poll;
  {
    const std::lock_guard lock(mutex_);
    leaving_ = true;
    if (writing_ || (poll_ != nullptr && reports_)) return;  // OnWritten follows and ends the call
    poll = poll_;
  }
  if (poll != nullptr) poll->Abandon();
  End(GoesDown());
}

void PollStream::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
    poll_ = nullptr;
  }
  EndBy([&](void* tag) { stream_.Finish(WireStatus(status), tag); });
}

void PollStream::OnCancel() {
  std::shared_ptr<LongPoll> poll;
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (writing_) return;  // OnWritten follows and ends the call
    poll = std::exchange(poll_, nullptr);
  }
  if (poll != nullptr) poll->Abandon();
  End(absl::CancelledError("the worker gave the call up"));
}

}  // namespace pawl::api::rpc
