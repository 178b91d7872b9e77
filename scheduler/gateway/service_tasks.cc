// Tasks: polls, results, heartbeats.
#include <algorithm>
#include <utility>

#include "scheduler/gateway/reason.h"
#include "scheduler/gateway/service.h"
#include "shared/json/value.h"

namespace pawl::gateway {

using core::TaskRef;

namespace {

// Recorded text of SendTask* for a task that is over.
absl::Status TaskIsOver() {
  return Refuse(Reason::kTaskTimedOut, "Task Timed Out: 'Provided task does not exist anymore'");
}

absl::Status BadToken() { return Refuse(Reason::kInvalidToken, "Invalid Token: 'Invalid token'"); }

bool IsPassing(const absl::Status& status) { return absl::IsUnavailable(status) || absl::IsResourceExhausted(status); }

core::CompleteTask CommandOf(const TaskRef& task, TaskOutcome outcome, bool from_holder) {
  core::CompleteTask command{.task = task, .outcome = core::TaskFailure{}, .from_holder = from_holder};
  if (outcome.output) {
    command.outcome = core::TaskSuccess{*std::move(outcome.output)};
  } else {
    command.outcome = core::TaskFailure{std::move(outcome.error), std::move(outcome.cause)};
  }
  return command;
}

}  // namespace

// One Poll on its way: answered when its results are acknowledged and its tasks, if any, are handed out.
struct Service::PollCall {
  Done<WorkerPollResponse> done;
  WorkerPollResponse response;
  std::string session;
  uint64_t poll = 0;
  size_t acks_left = 0;
  bool dispatched = false;  // the dispatcher has answered
  bool gone = false;        // the caller has hung up
  bool finished = false;
  base::Executor::TimerHandle timer = 0;
};

void Service::LimitWait(uint64_t poll, std::chrono::milliseconds wait, base::Executor::TimerHandle& handle) {
  handle = parts_.executor.PostAt(parts_.clock.MonotonicNow() + wait, [this, poll] {
    parts_.engine.dispatcher().Hurry(poll);
    parts_.engine.dispatcher().Flush();
  });
}

CancelPoll Service::PollWorker(WorkerPollRequest request, Done<WorkerPollResponse> done) {
  auto call = std::make_shared<PollCall>();
  call->done = std::move(done);
  call->session = request.session_id;
  parts_.executor.Lend([this, call, request = std::move(request)]() mutable {
    base::MonotonicTime now = parts_.clock.MonotonicNow();
    dispatch::Sessions& sessions = parts_.engine.sessions();
    sessions.PollBegan(call->session, now);
    std::vector<TaskRef> held;
    for (const std::string& token : request.held_tokens) {
      std::optional<TaskRef> task = parts_.tokens.Parse(token);
      if (!task) continue;
      held.push_back(*task);
      sessions.Expect(call->session, *task, now, std::nullopt);
    }
    if (request.held_tokens_complete) {
      // Nothing else of this session is on its way, so whatever it has it lists or reports here; the rest it never got.
      DropPolls(call->session);
      for (const TaskOutcome& result : request.results) {
        if (std::optional<TaskRef> task = parts_.tokens.Parse(result.token)) held.push_back(*task);
      }
      for (const TaskRef& missing : sessions.Missing(call->session, held, now, std::chrono::milliseconds(0))) {
        parts_.router.Submit(core::ReleaseTask{missing, false}, [](const absl::Status&) {});
      }
    }
    polls_.emplace(call->session, call);
    parts_.engine.SessionsChanged();

    dispatch::Poll poll{.worker = std::move(request.worker_name),
                        .session = call->session,
                        .handlers = {},
                        .activity_arn = {},
                        .slots = request.tasks_max,
                        .respond = {}};
    for (WorkerHandler& handler : request.handlers)
      poll.handlers.push_back({std::move(handler.name), handler.restartable});
    poll.respond = [this, call](std::vector<core::TaskDetails> tasks) {
      call->dispatched = true;
      for (core::TaskDetails& task : tasks) {
        if (call->gone) {
          parts_.engine.sessions().Drop(task.task, false);
          parts_.router.Submit(core::ReleaseTask{task.task, false}, [](const absl::Status&) {});
          continue;
        }
        call->response.tasks.push_back({.token = std::move(task.token),
                                        .handler = std::string(core::HandlerOfQueue(task.queue)),
                                        .resource = std::move(task.resource),
                                        .input = std::move(task.input),
                                        .execution_arn = std::move(task.execution_arn),
                                        .state_name = std::move(task.state_name),
                                        .attempt = task.task.attempt,
                                        .timeout_seconds = task.timeout_seconds.value_or(0),
                                        .heartbeat_seconds = task.heartbeat_seconds.value_or(0),
                                        .checkpoint = std::move(task.checkpoint)});
      }
      if (call->acks_left == 0) FinishPoll(call);
    };
    // The poll waits before its own results are decided: the steps that follow them can come back with it.
    call->acks_left = request.results.size();
    call->response.acks.resize(request.results.size());
    call->poll = parts_.engine.dispatcher().AddPoll(std::move(poll));
    LimitWait(call->poll, request.wait, call->timer);
    ReportResults(call, std::move(request.results));
  });
  return [this, call] { parts_.executor.Post([this, call] { DropPoll(call); }); };
}

void Service::DropPoll(const std::shared_ptr<PollCall>& call) {
  if (call->finished) return;
  call->gone = true;
  if (parts_.engine.dispatcher().CancelPoll(call->poll)) {
    call->dispatched = true;
    if (call->acks_left == 0) FinishPoll(call);
  }
}

void Service::DropPolls(const std::string& session) {
  std::vector<std::shared_ptr<PollCall>> calls;
  auto [begin, end] = polls_.equal_range(session);
  for (auto it = begin; it != end; ++it) calls.push_back(it->second);
  for (const auto& call : calls) DropPoll(call);
}

void Service::ReportResults(const std::shared_ptr<PollCall>& call, std::vector<TaskOutcome> results) {
  for (size_t i = 0; i < results.size(); ++i) {
    TaskOutcome& outcome = results[i];
    bool invalid = outcome.output && !json::IsValid(*outcome.output);
    const size_t size = outcome.output ? outcome.output->size() : 0;
    const bool too_large = size > parts_.payload_bytes_max && parts_.payload_bytes_max > 0;  // the core fails it
    auto acknowledge = [this, call, i](ResultCode code, const absl::Status& status) {
      call->response.acks[i] = {code, std::string(status.message())};
      if (--call->acks_left > 0) return;
      if (call->dispatched) {
        FinishPoll(call);
      } else {
        parts_.engine.dispatcher().Hurry(call->poll);
      }
    };
    std::optional<TaskRef> task = parts_.tokens.Parse(outcome.token);
    if (!task) {
      acknowledge(ResultCode::kStale, BadToken());
      continue;
    }
    auto reply = [this, task = *task, acknowledge, invalid, too_large, size](const absl::Status& status) {
      if (IsPassing(status)) return acknowledge(ResultCode::kRetry, status);
      parts_.engine.sessions().Drop(task, false);
      if (!status.ok()) return acknowledge(ResultCode::kStale, status);
      if (invalid) return acknowledge(ResultCode::kInvalid, absl::InvalidArgumentError("the output is no JSON"));
      if (too_large) {
        return acknowledge(ResultCode::kInvalid,
                           absl::InvalidArgumentError("the output has " + std::to_string(size) + " bytes, at most " +
                                                      std::to_string(parts_.payload_bytes_max) + " are allowed"));
      }
      acknowledge(ResultCode::kRecorded, absl::OkStatus());
    };
    if (outcome.returned) {
      parts_.router.Submit(core::ReleaseTask{*task, false}, reply);
      continue;
    }
    if (invalid) {
      outcome = {.token = {},
                 .output = {},
                 .error = "States.Runtime",
                 .cause = "The worker's output is no JSON.",
                 .returned = false};
    }
    parts_.router.Submit(CommandOf(*task, std::move(outcome), true), reply);
  }
}

void Service::FinishPoll(const std::shared_ptr<PollCall>& call) {
  if (std::exchange(call->finished, true)) return;
  auto [begin, end] = polls_.equal_range(call->session);
  polls_.erase(std::find_if(begin, end, [&](const auto& poll) { return poll.second == call; }));
  if (call->timer != 0) parts_.executor.Cancel(call->timer);
  dispatch::Sessions& sessions = parts_.engine.sessions();
  sessions.PollEnded(call->session, parts_.clock.MonotonicNow());
  if (!call->gone) {
    for (const TaskRef& task : sessions.TakeCancelled(call->session)) {
      call->response.cancelled_tokens.push_back(parts_.tokens.Make(task));
    }
  }
  call->done(std::move(call->response));
}

CancelPoll Service::GetActivityTask(const Caller&, std::string activity_arn, std::string worker_name,
                                    std::chrono::milliseconds wait, Done<ActivityTask> done) {
  struct Call {
    uint64_t poll = 0;
    bool gone = false;
    base::Executor::TimerHandle timer = 0;
  };
  auto call = std::make_shared<Call>();
  parts_.executor.Post([this, call, activity_arn = std::move(activity_arn), worker_name = std::move(worker_name), wait,
                        done = std::move(done)] {
    parts_.catalog.FindActivity(activity_arn, [=, this](absl::StatusOr<Activity> found) {
      if (!found.ok()) return done(found.status());
      if (call->gone) return done(ActivityTask{});
      dispatch::Poll poll{.worker = worker_name,
                          .session = {},
                          .handlers = {},
                          .activity_arn = activity_arn,
                          .slots = 1,
                          .respond = {}};
      poll.respond = [this, call, done](std::vector<core::TaskDetails> tasks) {
        if (call->timer != 0) parts_.executor.Cancel(call->timer);
        if (tasks.empty()) return done(ActivityTask{});
        if (call->gone) {
          parts_.router.Submit(core::ReleaseTask{tasks[0].task, false}, [](const absl::Status&) {});
          return done(ActivityTask{});
        }
        done(ActivityTask{std::move(tasks[0].token), std::move(tasks[0].input)});
      };
      call->poll = parts_.engine.dispatcher().AddPoll(std::move(poll));
      LimitWait(call->poll, wait, call->timer);
    });
  });
  return [this, call] {
    parts_.executor.Post([this, call] {
      call->gone = true;
      if (call->poll == 0) return;
      if (parts_.engine.dispatcher().CancelPoll(call->poll) && call->timer != 0) parts_.executor.Cancel(call->timer);
    });
  };
}

void Service::CompleteTask(const Caller&, TaskOutcome outcome, Done<Nothing> done) {
  std::optional<TaskRef> task = parts_.tokens.Parse(outcome.token);
  if (!task) return done(BadToken());
  if (outcome.output && !json::IsValid(*outcome.output)) {
    return done(Refuse(Reason::kInvalidOutput, "Invalid Output: 'the output is no JSON'"));
  }
  parts_.executor.Post([this, task = *task, outcome = std::move(outcome), done = std::move(done)]() mutable {
    parts_.router.Submit(CommandOf(task, std::move(outcome), false),
                         [done = std::move(done)](const absl::Status& status) {
                           if (status.ok()) return done(Nothing{});
                           if (!IsPassing(status)) return done(TaskIsOver());
                           done(Refuse(Reason::kUnavailable, std::string(status.message())));
                         });
  });
}

void Service::HeartbeatTask(const Caller&, std::string token, Done<Nothing> done) {
  std::optional<TaskRef> task = parts_.tokens.Parse(token);
  if (!task) return done(BadToken());
  parts_.executor.Post([this, task = *task, done = std::move(done)] {
    parts_.router.Beat(task, [done](const absl::Status& status) {
      if (status.ok()) return done(Nothing{});
      if (!IsPassing(status)) return done(TaskIsOver());
      done(Refuse(Reason::kUnavailable, std::string(status.message())));
    });
  });
}

void Service::HeartbeatWorker(std::string session_id, std::vector<TaskHeartbeat> beats,
                              Done<std::vector<std::string>> done) {
  parts_.executor.Post([this, session_id = std::move(session_id), beats = std::move(beats), done = std::move(done)] {
    base::MonotonicTime now = parts_.clock.MonotonicNow();
    dispatch::Sessions& sessions = parts_.engine.sessions();
    sessions.Heard(session_id, now);
    std::vector<std::string> cancelled;
    for (const TaskHeartbeat& beat : beats) {
      std::optional<TaskRef> task = parts_.tokens.Parse(beat.token);
      if (!task) continue;
      if (parts_.engine.Serves(task->entity.slot()) && !parts_.engine.HasTask(*task)) {
        cancelled.push_back(beat.token);
        continue;
      }
      sessions.Expect(session_id, *task, now, std::nullopt);
      sessions.Beat(*task, now);
      if (!beat.checkpoint.empty()) {
        parts_.router.Submit(core::CheckpointTask{*task, beat.checkpoint}, [](const absl::Status&) {});
      }
    }
    for (const TaskRef& task : sessions.TakeCancelled(session_id)) cancelled.push_back(parts_.tokens.Make(task));
    parts_.engine.SessionsChanged();
    done(std::move(cancelled));
  });
}

void Service::EndWorkerSession(std::string session_id, std::function<void()> done) {
  parts_.executor.Post([this, session_id = std::move(session_id), done = std::move(done)] {
    for (const TaskRef& task : parts_.engine.sessions().End(session_id)) {
      parts_.router.Submit(core::ReleaseTask{task, true}, [](const absl::Status&) {});
    }
    done();
  });
}

void Service::DescribeCluster(std::function<void(ClusterInfo)> done) {
  parts_.executor.Post([this, done = std::move(done)] {
    ClusterInfo info;
    for (const cluster::Member& member : parts_.directory.Members()) {
      info.nodes.push_back({member.node, member.address, member.leaving, member.node == parts_.directory.self()});
    }
    for (const cluster::Ownership& ownership : parts_.directory.Partitions()) {
      info.partitions.push_back({ownership.partition.value(), ownership.epoch.value(), ownership.node});
    }
    done(std::move(info));
  });
}

}  // namespace pawl::gateway
