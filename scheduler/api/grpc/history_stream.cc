#include "scheduler/api/grpc/history_stream.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "scheduler/gateway/arn.h"

namespace pawl::api::rpc {
namespace {

constexpr int kEventsPerPage = 1'000;
// A message carries at least one event and otherwise about this much, far below the limit of messages.
constexpr size_t kMessageBytes = 1 << 20;
constexpr std::chrono::milliseconds kFollowStep{30'000};

// The id of an event in the shape of GetExecutionHistory; `otherwise` where it has none.
int64_t IdOf(const std::string& event, int64_t otherwise) {
  const nlohmann::json parsed = nlohmann::json::parse(event, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return otherwise;
  const auto id = parsed.find("id");
  return id != parsed.end() && id->is_number_integer() ? id->get<int64_t>() : otherwise;
}

}  // namespace

std::unique_ptr<Method> HistoryStream::Serve(control::v1::ControlService::AsyncService& service,
                                             gateway::Gateway& gateway, const gateway::Caller& caller,
                                             const RequestObserver& observer) {
  return std::make_unique<MethodOf<HistoryStream>>(
      [&gateway, &caller, &observer] { return std::make_shared<HistoryStream>(gateway, caller, observer); },
      [&service](HistoryStream& stream, ::grpc::ServerCompletionQueue* queue, void* tag) {
        service.RequestStreamHistory(&stream.mutable_context(), &stream.request_, &stream.writer_, queue, queue, tag);
      },
      [](const std::shared_ptr<HistoryStream>& stream) { stream->Begin(); });
}

void HistoryStream::Begin() {
  next_.execution_arn = request_.execution_arn();
  next_.after_event_id = request_.after_event_id();
  next_.page.limit = kEventsPerPage;
  const absl::Status arn = gateway::CheckArn(request_.execution_arn(), gateway::ArnKind::kExecution);
  arn.ok() ? Fetch() : End(arn);
}

void HistoryStream::Fetch() {
  auto done = [self = Self()](absl::StatusOr<gateway::HistoryPage> page) { self->OnPage(std::move(page)); };
  if (request_.follow()) {
    gateway_.AwaitHistory(caller_, next_, kFollowStep, std::move(done));
  } else {
    gateway_.GetHistory(caller_, next_, std::move(done));
  }
}

void HistoryStream::OnPage(absl::StatusOr<gateway::HistoryPage> page) {
  if (!page.ok()) return End(page.status());
  if (!page->events.empty()) next_.after_event_id = IdOf(page->events.back(), next_.after_event_id);
  execution_ended_ = page->ended;
  page_was_last_ = request_.follow() ? page->ended : page->next_token.empty();
  events_.assign(std::make_move_iterator(page->events.begin()), std::make_move_iterator(page->events.end()));
  if (!events_.empty() || page_was_last_) return Advance();
  Fetch();  // the wait was over with nothing new
}

void HistoryStream::Advance() {
  message_.Clear();
  for (size_t bytes = 0; !events_.empty() && bytes < kMessageBytes;) {
    bytes += events_.front().size();
    message_.add_events(std::move(events_.front()));
    events_.pop_front();
  }
  const bool last = events_.empty() && page_was_last_;
  message_.set_ended(last && execution_ended_);
  const std::lock_guard lock(mutex_);
  if (over_) return;
  writing_ = true;
  writer_.Write(message_, written_.Tag());
}

void HistoryStream::OnWritten(bool ok) {
  {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    ok = ok && !cancelled_;
  }
  if (!ok) return End(absl::CancelledError("the client gave the call up"));
  if (!events_.empty()) return Advance();
  page_was_last_ ? End(absl::OkStatus()) : Fetch();
}

void HistoryStream::End(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(over_, true)) return;
  }
  Observe(status);
  EndBy([&](void* tag) { writer_.Finish(WireStatus(status), tag); });
}

void HistoryStream::OnCancel() {
  {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    if (writing_) return;  // OnWritten follows and ends the call
  }
  End(absl::CancelledError("the client gave the call up"));
}

}  // namespace pawl::api::rpc
