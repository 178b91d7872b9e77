// One call under way: who asks, what for, and where the answer goes. Internal to scheduler/api/aws.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "scheduler/api/aws/errors.h"
#include "scheduler/api/aws/fields.h"
#include "scheduler/api/aws/server.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api {
class LongPolls;
}  // namespace pawl::api

namespace pawl::api::aws {

// Where the answer goes; copies share it. Only the first answer counts (the server below sees to that).
class Reply {
 public:
  struct Sink {
    std::function<void(std::string body)> ok;
    std::function<void(AwsError)> fail;
    // Registers what to do when the client goes away.
    std::function<void(std::function<void()>)> on_disconnect;
  };
  explicit Reply(std::shared_ptr<const Sink> sink) : sink_(std::move(sink)) {}

  void Ok(std::string body) const { sink_->ok(std::move(body)); }
  void Empty() const { Ok("{}"); }
  void Fail(AwsError error) const { sink_->fail(std::move(error)); }
  void Fail(const absl::Status& status) const { Fail(ToAwsError(status)); }
  void OnDisconnect(std::function<void()> gone) const { sink_->on_disconnect(std::move(gone)); }

 private:
  std::shared_ptr<const Sink> sink_;
};

struct Call {
  gateway::Gateway& gateway;
  const AwsApiOptions& options;
  LongPolls& long_polls;
  gateway::Caller caller;
  std::string trace_header;  // X-Amzn-Trace-Id
  std::string priority;      // X-Pawl-Priority, which AWS does not have
  bool wants_waits = false;  // X-Pawl-Details: waits; likewise
  Fields fields;
  Reply reply;

  // Answers with what is wrong with the parameters, if anything; then the operation has nothing left to do.
  bool IsRefused() const {
    const std::optional<AwsError> error = fields.error();
    if (error) reply.Fail(*error);
    return error.has_value();
  }
  bool IsRefused(const absl::Status& status) const {
    if (!status.ok()) reply.Fail(status);
    return !status.ok();
  }
};

// A Done that fails the reply or hands the value to `write`, whose result is the body.
template <typename T, typename Write>
gateway::Done<T> AnswerWith(Reply reply, Write write) {
  return [reply = std::move(reply), write = std::move(write)](absl::StatusOr<T> result) {
    if (!result.ok()) return reply.Fail(result.status());
    reply.Ok(write(*result));
  };
}

inline gateway::Done<gateway::Nothing> AnswerEmpty(Reply reply) {
  return AnswerWith<gateway::Nothing>(std::move(reply), [](const gateway::Nothing&) { return std::string("{}"); });
}

}  // namespace pawl::api::aws
