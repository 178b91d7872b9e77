// Executions: starting, stopping, reading, waiting.
#include <algorithm>
#include <map>
#include <utility>

#include "scheduler/core/binding.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/json_text.h"
#include "scheduler/gateway/reason.h"
#include "scheduler/gateway/service.h"
#include "shared/json/value.h"

namespace pawl::gateway {
namespace {

constexpr int32_t kPriorityMax = 100;

// What the engine says, in the gateway's terms.
absl::Status EngineRefusal(const absl::Status& status, const std::string& execution_arn) {
  if (absl::IsAlreadyExists(status)) {
    return Refuse(Reason::kExecutionAlreadyExists, "Execution Already Exists: '" + execution_arn + "'");
  }
  if (absl::IsResourceExhausted(status)) return Refuse(Reason::kThrottled, std::string(status.message()));
  if (absl::IsUnavailable(status)) return Refuse(Reason::kUnavailable, std::string(status.message()));
  return status;
}

absl::Status CheckInput(const std::string& input, size_t bytes_max) {
  if (bytes_max > 0 && input.size() > bytes_max) {
    return Refuse(Reason::kInvalidExecutionInput, "Invalid Execution Input: 'The input has " +
                                                      std::to_string(input.size()) + " bytes; at most " +
                                                      std::to_string(bytes_max) + " are allowed'");
  }
  if (json::IsValid(input)) return absl::OkStatus();
  return Refuse(Reason::kInvalidExecutionInput,
                "Invalid State Machine Execution Input: '" + ExplainInvalidJson(input) + "'");
}

}  // namespace

void Service::StartExecution(const Caller&, StartExecutionRequest request, Done<StartedExecution> done) {
  if (absl::Status checked = CheckInput(request.input, parts_.payload_bytes_max); !checked.ok()) return done(checked);
  parts_.executor.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    StartOne(std::move(request), std::move(done));
  });
}

struct Service::Gather {
  std::vector<StartExecutionRequest> requests;
  std::vector<absl::StatusOr<StartedExecution>> outcomes;
  size_t next = 0;  // to be started
  size_t left = 0;
  std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done;
};

void Service::StartExecutions(const Caller&, std::vector<StartExecutionRequest> requests,
                              std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done) {
  auto gather = std::make_shared<Gather>();
  gather->done = std::move(done);
  gather->left = requests.size() + 1;
  for (const StartExecutionRequest& request : requests) {
    absl::Status checked = CheckInput(request.input, parts_.payload_bytes_max);
    gather->outcomes.emplace_back(checked.ok() ? absl::UnknownError("not answered") : checked);
  }
  gather->requests = std::move(requests);
  constexpr size_t kFew = 4;
  const bool is_few = gather->requests.size() <= kFew;
  auto start = [this, gather] { StartSome(gather); };
  is_few ? parts_.executor.Lend(start) : parts_.executor.Post(start);
}

// So many at a time that what others ask meanwhile comes in between.
void Service::StartSome(const std::shared_ptr<Gather>& gather) {
  constexpr size_t kAtATime = 100;
  auto one_done = [gather] {
    if (--gather->left == 0) gather->done(std::move(gather->outcomes));
  };
  for (const size_t end = std::min(gather->next + kAtATime, gather->requests.size()); gather->next < end;) {
    const size_t i = gather->next++;
    if (!absl::IsUnknown(gather->outcomes[i].status())) {
      one_done();
      continue;
    }
    StartOne(std::move(gather->requests[i]), [gather, i, one_done](absl::StatusOr<StartedExecution> started) {
      gather->outcomes[i] = std::move(started);
      one_done();
    });
  }
  if (gather->next < gather->requests.size()) {
    parts_.executor.Post([this, gather] { StartSome(gather); });
  } else {
    one_done();
  }
}

void Service::StartOne(StartExecutionRequest request, Done<StartedExecution> done) {
  if (request.priority < -kPriorityMax || request.priority > kPriorityMax) {
    return done(Refuse(Reason::kValidation, "Invalid priority " + std::to_string(request.priority) +
                                                ": expected a number from -100 to 100"));
  }
  if (!request.name.empty() && !IsValidName(request.name)) {
    return done(Refuse(Reason::kInvalidName, "Invalid Name: '" + request.name + "'"));
  }
  std::string machine_arn = request.state_machine_arn;
  parts_.catalog.Find(machine_arn, [this, request = std::move(request), done = std::move(done)](
                                       absl::StatusOr<std::shared_ptr<const catalog::Machine>> found) mutable {
    if (!found.ok()) return done(found.status());
    const catalog::Machine& machine = **found;
    partition::StartRequest start;
    start.program = machine.program;
    start.name_is_given = !request.name.empty();
    start.start.input = history::Payload::FromText(std::move(request.input));
    start.start.role_arn = machine.row.machine.role_arn;
    start.start.account = machine.row.key.account;
    start.start.region = machine.row.key.region;
    start.start.machine = machine.row.key.name;
    start.start.name = start.name_is_given ? std::move(request.name) : base::RandomUuid(parts_.random);
    start.start.definition_digest = machine.row.definition_digest;
    start.start.timeout_seconds = machine.program->timeout_seconds();
    start.start.trace_header = std::move(request.trace_header);
    start.start.priority = request.priority;
    std::string arn = core::ExecutionArnOf(start.start);
    const bool wants_end = request.when_ended != nullptr;
    auto reply = [this, arn = std::move(arn), when_ended = std::move(request.when_ended),
                  done = std::move(done)](const absl::StatusOr<cluster::Router::Begun>& begun) {
      if (!begun.ok()) return done(EngineRefusal(begun.status(), arn));
      const partition::Started& started = begun->started;
      if (when_ended && begun->ended) {
        when_ended(arn, history::ExecutionStatusName(*begun->ended));
        return done(StartedExecution{arn, started.at, true});
      }
      // An execution that ended within its first decision is still there at this moment, so its end is not missed.
      bool is_watched =
          when_ended &&
          parts_.engine.WhenEnded(started.entity, [arn, when_ended](const absl::StatusOr<partition::Outcome>& end) {
            if (!end.ok()) return when_ended(arn, end.status());
            when_ended(arn, history::ExecutionStatusName(end->status));
          });
      done(StartedExecution{arn, started.at, is_watched});
    };
    parts_.router.Start(std::move(start), wants_end, std::move(reply));
  });
}

void Service::DescribeExecution(const Caller&, std::string arn, Done<Execution> done) {
  parts_.query_executor.Post([this, arn = std::move(arn), done = std::move(done)] {
    parts_.query.Describe(arn, [this, done](absl::StatusOr<Execution> execution) {
      if (!execution.ok() || execution->waits.empty()) return done(std::move(execution));
      parts_.executor.Post([this, done, execution = *std::move(execution)]() mutable {
        std::map<std::string, int64_t> pollers;
        for (const dispatch::QueueStats& queue : parts_.engine.dispatcher().Stats()) {
          pollers[queue.handler] = queue.pollers;
        }
        for (ExecutionWait& wait : execution.waits) {
          if (wait.handler.empty()) continue;
          wait.handler = core::HandlerOfQueue(wait.handler);
          wait.pollers = pollers[wait.handler];
        }
        done(std::move(execution));
      });
    });
  });
}

void Service::AwaitExecution(const Caller& caller, std::string arn, std::chrono::milliseconds wait,
                             Done<Execution> done) {
  auto parsed = ParseExecutionArn(arn);
  if (!parsed) return done(Refuse(Reason::kInvalidArn, "Invalid Arn: '" + arn + "'"));
  auto key = partition::MakeNameKey(parsed->account, parsed->region, parsed->machine, parsed->name);
  if (wait.count() <= 0) return DescribeExecution(caller, std::move(arn), std::move(done));
  parts_.executor.Post([this, caller, arn = std::move(arn), key, parsed = *parsed, wait, done = std::move(done)] {
    parts_.router.AwaitEnd(key, wait, [=, this](absl::StatusOr<cluster::Awaited> awaited) {
      // Not open, or open still when the wait is over: what is stored says the rest.
      if (!awaited.ok() || !awaited->outcome) return DescribeExecution(caller, arn, done);
      partition::Outcome& outcome = *awaited->outcome;
      Execution execution;
      execution.arn = arn;
      execution.state_machine_arn = MakeStateMachineArn({parsed.account, parsed.region}, parsed.machine);
      execution.name = parsed.name;
      execution.status = history::ExecutionStatusName(outcome.status);
      execution.started = outcome.started_at;
      execution.stopped = outcome.stopped_at;
      execution.output = std::move(outcome.output);
      execution.error = std::move(outcome.error);
      execution.cause = std::move(outcome.cause);
      done(std::move(execution));
    });
  });
}

void Service::ListExecutions(const Caller&, ListExecutionsRequest request, Done<PageOf<Execution>> done) {
  parts_.executor.Post([this, request = std::move(request), done = std::move(done)] {
    parts_.catalog.Find(request.state_machine_arn, [this, request, done](auto found) {
      if (!found.ok()) return done(found.status());
      parts_.query_executor.Post([this, request, done]() mutable { parts_.query.List(request, std::move(done)); });
    });
  });
}

void Service::GetHistory(const Caller&, HistoryRequest request, Done<HistoryPage> done) {
  parts_.query_executor.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    parts_.query.History(request, std::move(done));
  });
}

void Service::AwaitHistory(const Caller&, HistoryRequest request, std::chrono::milliseconds wait,
                           Done<HistoryPage> done) {
  AwaitChange(request, parts_.clock.MonotonicNow() + wait, std::move(done));
}

void Service::AwaitChange(const HistoryRequest& request, base::MonotonicTime until, Done<HistoryPage> done) {
  parts_.query_executor.Post([this, request, until, done = std::move(done)] {
    parts_.query.History(request, [this, request, until, done](absl::StatusOr<HistoryPage> page) {
      if (!page.ok() || !page->events.empty() || page->ended || parts_.clock.MonotonicNow() >= until) {
        return done(std::move(page));
      }
      parts_.executor.Post([this, request, until, done] {
        auto asked = std::make_shared<bool>(false);
        auto again = [this, request, until, done, asked] {
          if (!std::exchange(*asked, true)) AwaitChange(request, until, done);
        };
        // Looks again at a change, and now and then even without one: a change may have come between reading and
        // waiting.
        auto parsed = ParseExecutionArn(request.execution_arn);
        base::MonotonicTime now = parts_.clock.MonotonicNow();
        base::MonotonicTime next = std::min(now + std::chrono::seconds(1), until);
        if (parsed) {
          parts_.router.AwaitChange(
              partition::MakeNameKey(parsed->account, parsed->region, parsed->machine, parsed->name),
              std::chrono::ceil<std::chrono::milliseconds>(next - now),
              [again](const absl::StatusOr<cluster::Awaited>& awaited) {
                if (awaited.ok() && awaited->is_open) again();
              });
        }
        parts_.executor.PostAt(next, again);
      });
    });
  });
}

void Service::StopExecution(const Caller&, StopExecutionRequest request, Done<base::WallTime> done) {
  auto parsed = ParseExecutionArn(request.execution_arn);
  if (!parsed) return done(Refuse(Reason::kInvalidArn, "Invalid Arn: '" + request.execution_arn + "'"));
  auto key = partition::MakeNameKey(parsed->account, parsed->region, parsed->machine, parsed->name);
  parts_.executor.Post([this, key, request = std::move(request), done = std::move(done)] {
    // One that has ended answers with the time of its end.
    auto read = [this, arn = request.execution_arn, done] {
      parts_.query_executor.Post([this, arn, done] {
        parts_.query.FindEntity(arn, [done](absl::StatusOr<history::IndexedExecution> found) {
          if (!found.ok()) return done(found.status());
          if (found->stopped_at) return done(*found->stopped_at);
          // Open, but not here: its partition is being taken over.
          done(Refuse(Reason::kUnavailable, "the execution's partition is being taken over; ask again"));
        });
      });
    };
    parts_.router.Stop(key, core::StopExecution{request.error, request.cause},
                       [this, read, done, arn = request.execution_arn](const absl::Status& status) {
                         if (status.ok()) return done(parts_.clock.WallNow());
                         if (absl::IsNotFound(status) || absl::IsFailedPrecondition(status)) return read();
                         done(EngineRefusal(status, arn));
                       });
  });
}

}  // namespace pawl::gateway
