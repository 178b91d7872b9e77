#include "tests/simulation/node.h"

#include <utility>

#include "history/state/apply.h"

namespace pawl::simulation {

using core::TaskRef;

Node::Node(partition::Settings settings, Parts parts)
    : name_(settings.node),
      parts_(std::move(parts)),
      process_(parts_.world),
      chance_(parts_.world.Stream("node/" + settings.node)),
      observer_(parts_.world, settings.node),
      log_(std::make_unique<history::MemoryLog>(parts_.store, parts_.network, parts_.world, &parts_.faults)) {
  auto load = [this](std::string digest,
                     std::function<void(absl::StatusOr<std::shared_ptr<const asl::Program>>)> done) {
    process_.Post([this, digest, done = std::move(done)] { done(parts_.programs.at(digest)); });
  };
  engine_ = std::make_unique<partition::Engine>(
      std::move(settings), partition::Engine::Parts{.executor = process_,
                                                    .clock = process_,
                                                    .random = chance_,
                                                    .log = *log_,
                                                    .load_program = load,
                                                    .token = [](const TaskRef& task) { return Describe(task); },
                                                    .observer = observer_});
  engine_->Run();
}

Node::~Node() { process_.Kill(); }

void Node::Poll(PollRequest request, std::function<void(PollReply)> done) {
  dispatch::Sessions& sessions = engine_->sessions();
  base::MonotonicTime now = process_.MonotonicNow();
  sessions.PollBegan(request.session, now);
  for (const TaskRef& task : request.held) sessions.Expect(request.session, task, now, std::nullopt);
  for (const TaskRef& missing : sessions.Missing(request.session, request.held, now)) {
    parts_.world.Tell(name_, Describe(missing) + " is missing from a poll of " + request.session);
    engine_->Submit(missing.entity, core::ReleaseTask{missing, true}, [](const absl::Status&) {});
  }
  engine_->SessionsChanged();
  dispatch::Poll poll{.worker = request.worker,
                      .session = request.session,
                      .handlers = request.handlers,
                      .activity_arn = {},
                      .slots = request.slots,
                      .respond = {}};
  poll.respond = [this, session = request.session, done = std::move(done)](std::vector<core::TaskDetails> tasks) {
    for (const core::TaskDetails& task : tasks) parts_.ledger.OnHandedOut(task.task);
    engine_->sessions().PollEnded(session, process_.MonotonicNow());
    engine_->SessionsChanged();
    done({std::move(tasks), engine_->sessions().TakeCancelled(session)});
  };
  auto id = engine_->dispatcher().AddPoll(std::move(poll));
  process_.PostAt(now + request.wait, [this, id] {
    engine_->dispatcher().Hurry(id);
    engine_->dispatcher().Flush();
  });
}

void Node::Complete(const TaskRef& task, std::optional<std::string> output, std::function<void(absl::Status)> done) {
  core::CompleteTask command{.task = task, .outcome = core::TaskFailure{"Sim.Boom", "boom"}, .from_holder = true};
  if (output) command.outcome = core::TaskSuccess{*output};
  engine_->Submit(task.entity, std::move(command), [this, task, done = std::move(done)](const absl::Status& status) {
    if (status.ok()) {
      parts_.ledger.OnResultAccepted(task);
    } else if (!absl::IsUnavailable(status)) {
      parts_.ledger.OnTaskRefused(task, status.ToString());
    }
    if (!absl::IsUnavailable(status)) engine_->sessions().Drop(task, false);
    done(status);
  });
}

void Node::Beat(const std::string& session, const TaskRef& task, std::function<void(bool)> done) {
  base::MonotonicTime now = process_.MonotonicNow();
  engine_->sessions().Heard(session, now);
  bool known = !engine_->Health().ok() || engine_->HasTask(task);
  if (known) engine_->sessions().Beat(task, now);
  engine_->SessionsChanged();
  done(known);
}

void Node::Start(partition::StartRequest request, std::function<void(absl::StatusOr<partition::Started>)> done) {
  engine_->Start(std::move(request), [this, done = std::move(done)](absl::StatusOr<partition::Started> started) {
    if (started.ok()) {
      parts_.ledger.OnStarted(started->entity);
      base::EntityId entity = started->entity;
      engine_->WhenEnded(entity, [this, entity](const absl::StatusOr<partition::Outcome>& outcome) {
        if (outcome.ok()) parts_.ledger.OnEnded(entity, outcome->status);
      });
    }
    done(std::move(started));
  });
}

void Node::Stop(base::EntityId entity, std::function<void(absl::Status)> done) {
  engine_->Submit(entity, core::StopExecution{"Sim.Stopped", "stopped"}, [=, this](const absl::Status& status) {
    const history::ExecutionState* state = parts_.ledger.Find(entity);
    if (status.ok() && (state == nullptr || state->status != history::ExecutionStatus::kAborted)) {
      parts_.ledger.Accuse("told before durable: a stop that is not in the log was answered with success");
    }
    done(status);
  });
}

void Node::CompareWithLog() {
  parts_.ledger.CatchUp();
  for (const auto& [entity, committed] : parts_.ledger.executions()) {
    const history::ExecutionState* live = engine_->Peek(entity);
    if (live == nullptr || live->revision != committed.revision) continue;
    std::string why;
    if (!history::Equal(*live, committed, &why)) {
      parts_.ledger.Accuse("replay differs from live state: " + why);
      return;
    }
  }
}

}  // namespace pawl::simulation
