#include "scheduler/gateway/admitting_gateway.h"

#include <optional>

namespace pawl::gateway {
namespace {

using Ticket = Admission::SharedTicket;

size_t SizeOf(const StartExecutionRequest& request) { return request.input.size() + request.name.size(); }

size_t SizeOf(const TaskOutcome& outcome) {
  return outcome.token.size() + (outcome.output ? outcome.output->size() : 0) +
         (outcome.cause ? outcome.cause->size() : 0);
}

size_t SizeOf(const TaskHeartbeat& beat) { return beat.token.size() + beat.message.size() + beat.checkpoint.size(); }

template <typename Items>
size_t SizeOfAll(const Items& items) {
  size_t size = 0;
  for (const auto& item : items) size += SizeOf(item);
  return size;
}

// `done`, which gives the ticket back before it answers: whoever is told may ask again at once.
template <typename T>
Done<T> GivingBack(Ticket ticket, Done<T> done) {
  return [ticket = std::move(ticket), done = std::move(done)](absl::StatusOr<T> answer) {
    ticket->Return();
    done(std::move(answer));
  };
}

}  // namespace

template <typename T>
bool AdmittingGateway::Enter(RequestKind kind, size_t bytes, Done<T>& done, std::string_view key) {
  absl::StatusOr<Ticket> ticket = admission_.Admit(kind, bytes, key);
  if (!ticket.ok()) {
    done(ticket.status());
    return false;
  }
  done = GivingBack<T>(*std::move(ticket), std::move(done));
  return true;
}

// ---- state machines and activities

void AdmittingGateway::CreateStateMachine(const Caller& caller, CreateStateMachineRequest request,
                                          Done<StateMachine> done) {
  if (!Enter(RequestKind::kManage, request.definition.size(), done)) return;
  next_.CreateStateMachine(caller, std::move(request), std::move(done));
}

void AdmittingGateway::UpdateStateMachine(const Caller& caller, UpdateStateMachineRequest request,
                                          Done<StateMachine> done) {
  if (!Enter(RequestKind::kManage, request.definition ? request.definition->size() : 0, done)) return;
  next_.UpdateStateMachine(caller, std::move(request), std::move(done));
}

void AdmittingGateway::DescribeStateMachine(const Caller& caller, std::string arn, Done<StateMachine> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.DescribeStateMachine(caller, std::move(arn), std::move(done));
}

void AdmittingGateway::DescribeStateMachineForExecution(const Caller& caller, std::string execution_arn,
                                                        Done<StateMachine> done) {
  if (!Enter(RequestKind::kRead, 0, done)) return;
  next_.DescribeStateMachineForExecution(caller, std::move(execution_arn), std::move(done));
}

void AdmittingGateway::DeleteStateMachine(const Caller& caller, std::string arn, Done<Nothing> done) {
  if (Enter(RequestKind::kManage, 0, done)) next_.DeleteStateMachine(caller, std::move(arn), std::move(done));
}

void AdmittingGateway::ListStateMachines(const Caller& caller, Page page, Done<PageOf<StateMachine>> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.ListStateMachines(caller, std::move(page), std::move(done));
}

void AdmittingGateway::PublishVersion(PublishVersionRequest request, Done<StateMachineVersion> done) {
  if (Enter(RequestKind::kManage, 0, done)) next_.PublishVersion(std::move(request), std::move(done));
}

void AdmittingGateway::ListVersions(std::string machine_arn, Page page, Done<PageOf<StateMachineVersion>> done) {
  if (Enter(RequestKind::kRead, 0, done)) {
    next_.ListVersions(std::move(machine_arn), std::move(page), std::move(done));
  }
}

void AdmittingGateway::DeleteVersion(std::string version_arn, Done<Nothing> done) {
  if (Enter(RequestKind::kManage, 0, done)) next_.DeleteVersion(std::move(version_arn), std::move(done));
}

void AdmittingGateway::ListTags(std::string arn, Done<std::vector<Tag>> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.ListTags(std::move(arn), std::move(done));
}

void AdmittingGateway::ChangeTags(std::string arn, std::vector<Tag> set, std::vector<std::string> removed,
                                  Done<Nothing> done) {
  if (!Enter(RequestKind::kManage, 0, done)) return;
  next_.ChangeTags(std::move(arn), std::move(set), std::move(removed), std::move(done));
}

void AdmittingGateway::ValidateDefinition(std::string definition, std::string type,
                                          Done<std::vector<DefinitionDiagnostic>> done) {
  if (!Enter(RequestKind::kRead, definition.size(), done)) return;
  next_.ValidateDefinition(std::move(definition), std::move(type), std::move(done));
}

void AdmittingGateway::TestState(const Caller& caller, asl::TestStateRequest request, Done<asl::TestStateAnswer> done) {
  if (!Enter(RequestKind::kRead, request.definition.size() + request.input.size(), done)) return;
  next_.TestState(caller, std::move(request), std::move(done));
}

void AdmittingGateway::CreateActivity(const Caller& caller, std::string name, std::vector<Tag> tags,
                                      std::string encryption_json, Done<Activity> done) {
  if (!Enter(RequestKind::kManage, 0, done)) return;
  next_.CreateActivity(caller, std::move(name), std::move(tags), std::move(encryption_json), std::move(done));
}

void AdmittingGateway::DescribeActivity(const Caller& caller, std::string arn, Done<Activity> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.DescribeActivity(caller, std::move(arn), std::move(done));
}

void AdmittingGateway::ListActivities(const Caller& caller, Page page, Done<PageOf<Activity>> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.ListActivities(caller, std::move(page), std::move(done));
}

void AdmittingGateway::DeleteActivity(const Caller& caller, std::string arn, Done<Nothing> done) {
  if (Enter(RequestKind::kManage, 0, done)) next_.DeleteActivity(caller, std::move(arn), std::move(done));
}

// ---- executions

bool AdmittingGateway::EnterWatch(StartExecutionRequest& request) {
  if (!request.when_ended) return true;
  absl::StatusOr<Ticket> ticket = admission_.Admit(RequestKind::kWatch, 0);
  if (!ticket.ok()) return false;
  // Given back too where it is dropped uncalled: the end is then waited for by AwaitExecution.
  request.when_ended = [ticket = *std::move(ticket), when_ended = std::move(request.when_ended)](
                           const std::string& arn, absl::StatusOr<std::string> status) {
    ticket->Return();
    when_ended(arn, std::move(status));
  };
  return true;
}

void AdmittingGateway::StartExecution(const Caller& caller, StartExecutionRequest request,
                                      Done<StartedExecution> done) {
  if (!EnterWatch(request)) return done(admission_.Refusal(RequestKind::kWatch));
  if (!Enter(RequestKind::kStart, SizeOf(request), done, request.state_machine_arn)) return;
  next_.StartExecution(caller, std::move(request), std::move(done));
}

void AdmittingGateway::StartExecutions(const Caller& caller, std::vector<StartExecutionRequest> requests,
                                       std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done) {
  std::vector<size_t> sizes;
  sizes.reserve(requests.size());
  for (StartExecutionRequest& request : requests) {
    if (!EnterWatch(request)) break;
    sizes.push_back(SizeOf(request));
  }
  std::vector<Ticket> tickets;
  if (!requests.empty()) tickets = admission_.AdmitStarts(sizes, requests.front().state_machine_arn);
  // Where there was room for more starts than watches, it was the watches that there were too many of.
  const bool is_for_watches = tickets.size() == sizes.size() && sizes.size() < requests.size();
  const size_t refused = requests.size() - tickets.size();
  requests.resize(tickets.size());
  auto answer = [tickets = std::make_shared<std::vector<Ticket>>(std::move(tickets)), refused,
                 refusal = admission_.Refusal(is_for_watches ? RequestKind::kWatch : RequestKind::kStart),
                 done = std::move(done)](std::vector<absl::StatusOr<StartedExecution>> outcomes) {
    for (const Ticket& ticket : *tickets) ticket->Return();
    for (size_t i = 0; i < refused; ++i) outcomes.emplace_back(refusal);
    done(std::move(outcomes));
  };
  if (requests.empty()) return answer({});
  next_.StartExecutions(caller, std::move(requests), std::move(answer));
}

void AdmittingGateway::DescribeExecution(const Caller& caller, std::string arn, Done<Execution> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.DescribeExecution(caller, std::move(arn), std::move(done));
}

void AdmittingGateway::AwaitExecution(const Caller& caller, std::string arn, std::chrono::milliseconds wait,
                                      Done<Execution> done) {
  if (Enter(RequestKind::kWatch, 0, done)) next_.AwaitExecution(caller, std::move(arn), wait, std::move(done));
}

void AdmittingGateway::ListExecutions(const Caller& caller, ListExecutionsRequest request,
                                      Done<PageOf<Execution>> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.ListExecutions(caller, std::move(request), std::move(done));
}

void AdmittingGateway::GetHistory(const Caller& caller, HistoryRequest request, Done<HistoryPage> done) {
  if (Enter(RequestKind::kRead, 0, done)) next_.GetHistory(caller, std::move(request), std::move(done));
}

void AdmittingGateway::AwaitHistory(const Caller& caller, HistoryRequest request, std::chrono::milliseconds wait,
                                    Done<HistoryPage> done) {
  if (Enter(RequestKind::kWatch, 0, done)) next_.AwaitHistory(caller, std::move(request), wait, std::move(done));
}

void AdmittingGateway::StopExecution(const Caller& caller, StopExecutionRequest request, Done<base::WallTime> done) {
  // It makes less to do, so it is shed as late as a report.
  if (!Enter(RequestKind::kReport, request.cause ? request.cause->size() : 0, done)) return;
  next_.StopExecution(caller, std::move(request), std::move(done));
}

// ---- tasks

CancelPoll AdmittingGateway::GetActivityTask(const Caller& caller, std::string activity_arn, std::string worker_name,
                                             std::chrono::milliseconds wait, Done<ActivityTask> done) {
  if (!Enter(RequestKind::kPoll, 0, done)) return [] {};
  return next_.GetActivityTask(caller, std::move(activity_arn), std::move(worker_name), wait, std::move(done));
}

void AdmittingGateway::CompleteTask(const Caller& caller, TaskOutcome outcome, Done<Nothing> done) {
  if (!Enter(RequestKind::kReport, SizeOf(outcome), done)) return;
  next_.CompleteTask(caller, std::move(outcome), std::move(done));
}

void AdmittingGateway::HeartbeatTask(const Caller& caller, std::string token, Done<Nothing> done) {
  if (!Enter(RequestKind::kReport, token.size(), done)) return;
  next_.HeartbeatTask(caller, std::move(token), std::move(done));
}

CancelPoll AdmittingGateway::PollWorker(WorkerPollRequest request, Done<WorkerPollResponse> done) {
  if (request.is_own) return next_.PollWorker(std::move(request), std::move(done));
  if (!request.results.empty()) {
    // It returns as soon as they are recorded.
    if (!Enter(RequestKind::kReport, SizeOfAll(request.results), done)) return [] {};
  } else if (request.held_tokens.empty()) {
    if (!Enter(RequestKind::kPoll, 0, done)) return [] {};
  } else if (absl::StatusOr<Ticket> waits = admission_.Admit(RequestKind::kPoll, 0); waits.ok()) {
    done = GivingBack<WorkerPollResponse>(*std::move(waits), std::move(done));
  } else {
    // What it holds is heard, and nothing is waited for.
    request.tasks_max = 0;
    request.wait = std::chrono::milliseconds(0);
  }
  return next_.PollWorker(std::move(request), std::move(done));
}

void AdmittingGateway::HeartbeatWorker(std::string session_id, std::vector<TaskHeartbeat> beats,
                                       Done<std::vector<std::string>> done) {
  if (!Enter(RequestKind::kReport, SizeOfAll(beats), done)) return;
  next_.HeartbeatWorker(std::move(session_id), std::move(beats), std::move(done));
}

void AdmittingGateway::EndWorkerSession(std::string session_id, std::function<void()> done) {
  next_.EndWorkerSession(std::move(session_id), std::move(done));
}

void AdmittingGateway::DescribeCluster(std::function<void(ClusterInfo)> done) {
  next_.DescribeCluster(std::move(done));
}

}  // namespace pawl::gateway
