#include "tests/simulation/node.h"

#include <utility>

#include "history/state/apply.h"

namespace pawl::simulation {

using core::TaskRef;

Node::Node(partition::Settings settings, Parts parts, int64_t drift_ppm)
    : name_(settings.node),
      parts_(std::move(parts)),
      process_(parts_.world, drift_ppm),
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
  process_.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    TakePoll(std::move(request), std::move(done));
  });
}

struct Node::PollCall {
  dispatch::Dispatcher::PollId id = 0;
  bool gone = false;
  bool finished = false;
};

void Node::DropPolls(const std::string& session) {
  auto calls = std::exchange(polls_[session], {});
  for (const auto& call : calls) {
    if (call->finished) continue;
    call->gone = true;
    if (!engine_->dispatcher().CancelPoll(call->id)) continue;
    call->finished = true;
    engine_->sessions().PollEnded(session, process_.MonotonicNow());
  }
}

void Node::TakePoll(PollRequest request, std::function<void(PollReply)> done) {
  dispatch::Sessions& sessions = engine_->sessions();
  base::MonotonicTime now = process_.MonotonicNow();
  sessions.PollBegan(request.session, now);
  for (const TaskRef& task : request.held) sessions.Expect(request.session, task, now, std::nullopt);
  if (request.held_is_complete) {
    DropPolls(request.session);
    for (const TaskRef& missing : sessions.Missing(request.session, request.held, now, std::chrono::seconds(0))) {
      parts_.world.Tell(name_, Describe(missing) + " is missing from a poll of " + request.session);
      engine_->Submit(missing.entity, core::ReleaseTask{missing, false}, [](const absl::Status&) {});
    }
  }
  engine_->SessionsChanged();
  auto call = std::make_shared<PollCall>();
  polls_[request.session].push_back(call);
  dispatch::Poll poll{.worker = request.worker,
                      .session = request.session,
                      .handlers = request.handlers,
                      .activity_arn = {},
                      .slots = request.slots,
                      .respond = {}};
  poll.respond = [this, call, slots = request.slots, session = request.session,
                  done = std::move(done)](std::vector<core::TaskDetails> tasks) {
    if (static_cast<int>(tasks.size()) > slots) parts_.ledger.Accuse("a poll is given more tasks than it has slots");
    for (const core::TaskDetails& task : tasks) {
      parts_.ledger.OnHandedOut(task.task);
      if (!call->gone) continue;
      engine_->sessions().Drop(task.task, false);
      engine_->Submit(task.task.entity, core::ReleaseTask{task.task, false}, [](const absl::Status&) {});
    }
    call->finished = true;
    std::erase(polls_[session], call);
    engine_->sessions().PollEnded(session, process_.MonotonicNow());
    engine_->SessionsChanged();
    if (!call->gone) done({std::move(tasks), engine_->sessions().TakeCancelled(session)});
  };
  call->id = engine_->dispatcher().AddPoll(std::move(poll));
  process_.PostAt(now + request.wait, [this, call] {
    if (call->finished) return;
    engine_->dispatcher().Hurry(call->id);
    engine_->dispatcher().Flush();
  });
}

void Node::Complete(const TaskRef& task, std::optional<std::string> output, Speaker speaker,
                    std::function<void(absl::Status)> done) {
  core::CompleteTask command{
      .task = task, .outcome = core::TaskFailure{"Sim.Boom", "boom"}, .from_holder = speaker == Speaker::kHolder};
  const bool is_success = output.has_value();
  if (output) command.outcome = core::TaskSuccess{*std::move(output)};
  process_.Post([this, task, speaker, is_success, command = std::move(command), done = std::move(done)]() mutable {
    engine_->Submit(task.entity, std::move(command), [=, this, done = std::move(done)](const absl::Status& status) {
      const bool is_holder = speaker == Speaker::kHolder;
      if (status.ok()) {
        parts_.ledger.OnResultAccepted(task, is_holder && is_success);
      } else if (!absl::IsUnavailable(status)) {
        parts_.ledger.OnTaskRefused(task, is_holder, status.ToString());
      }
      if (is_holder && !absl::IsUnavailable(status)) engine_->sessions().Drop(task, false);
      done(status);
    });
  });
}

void Node::Beat(const std::string& session, const TaskRef& task, const std::string& checkpoint,
                std::function<void(bool)> done) {
  process_.Post([=, this] {
    base::MonotonicTime now = process_.MonotonicNow();
    engine_->sessions().Heard(session, now);
    const bool is_known = !engine_->Serves(task.entity.slot()) || engine_->HasTask(task);
    if (!is_known && parts_.ledger.IsCurrent(task)) {
      parts_.ledger.Accuse("told before durable: " + Describe(task) + " is said to be over, but the log waits for it");
    }
    if (is_known) {
      engine_->sessions().Expect(session, task, now, std::nullopt);
      engine_->sessions().Beat(task, now);
      if (!checkpoint.empty()) {
        engine_->Submit(task.entity, core::CheckpointTask{task, checkpoint}, [](const absl::Status&) {});
      }
    }
    engine_->SessionsChanged();
    done(is_known);
  });
}

void Node::Start(partition::StartRequest request, std::function<void(absl::StatusOr<partition::Started>)> done) {
  process_.Post([this, request = std::move(request), done = std::move(done)]() mutable {
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
  });
}

void Node::Stop(base::EntityId entity, std::function<void(absl::Status)> done) {
  process_.Post([=, this] {
    engine_->Submit(entity, core::StopExecution{"Sim.Stopped", "stopped"}, [=, this](const absl::Status& status) {
      const history::ExecutionState* state = parts_.ledger.Find(entity);
      if (status.ok() && (state == nullptr || state->status != history::ExecutionStatus::kAborted)) {
        parts_.ledger.Accuse("told before durable: a stop that is not in the log was answered with success");
      }
      done(status);
    });
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
