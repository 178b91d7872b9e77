// The Gateway of a node: takes requests from any thread to the engine's, and brings the answers back.
//
// Thread rule: Gateway's. Everything below the first line of each call runs on the engine's executor; reads fold on the
// query's.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/catalog/catalog.h"
#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/router.h"
#include "scheduler/gateway/gateway.h"
#include "scheduler/gateway/token.h"
#include "scheduler/partition/engine.h"
#include "scheduler/query/query.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/base/random.h"

namespace pawl::asl {
class StateTest;
}

namespace pawl::gateway {

class Service : public Gateway {
 public:
  struct Parts {
    base::Executor& executor;  // the engine's
    base::Executor& query_executor;
    const base::Clock& clock;
    base::Random& random;  // used on the engine's thread
    partition::Engine& engine;
    cluster::Router& router;  // what is asked of executions goes through it, wherever they are
    const cluster::Directory& directory;
    catalog::Catalog& catalog;
    query::Query& query;
    const TokenMaker& tokens;
    size_t payload_bytes_max = 262'144;
  };
  explicit Service(Parts parts) : parts_(parts) {}

  void CreateStateMachine(const Caller&, CreateStateMachineRequest, Done<StateMachine>) override;
  void UpdateStateMachine(const Caller&, UpdateStateMachineRequest, Done<StateMachine>) override;
  void DescribeStateMachine(const Caller&, std::string arn, Done<StateMachine>) override;
  void DescribeStateMachineForExecution(const Caller&, std::string execution_arn, Done<StateMachine>) override;
  void DeleteStateMachine(const Caller&, std::string arn, Done<Nothing>) override;
  void ListStateMachines(const Caller&, Page, Done<PageOf<StateMachine>>) override;
  void PublishVersion(PublishVersionRequest, Done<StateMachineVersion>) override;
  void ListVersions(std::string machine_arn, Page, Done<PageOf<StateMachineVersion>>) override;
  void DeleteVersion(std::string version_arn, Done<Nothing>) override;
  void ListTags(std::string arn, Done<std::vector<Tag>>) override;
  void ChangeTags(std::string arn, std::vector<Tag> set, std::vector<std::string> removed, Done<Nothing>) override;
  void ValidateDefinition(std::string definition, std::string type, Done<std::vector<DefinitionDiagnostic>>) override;
  void TestState(const Caller&, asl::TestStateRequest request, Done<asl::TestStateAnswer>) override;

  void StartExecution(const Caller&, StartExecutionRequest, Done<StartedExecution>) override;
  void StartExecutions(const Caller&, std::vector<StartExecutionRequest>,
                       std::function<void(std::vector<absl::StatusOr<StartedExecution>>)> done) override;
  void DescribeExecution(const Caller&, std::string arn, Done<Execution>) override;
  void AwaitExecution(const Caller&, std::string arn, std::chrono::milliseconds wait, Done<Execution>) override;
  void ListExecutions(const Caller&, ListExecutionsRequest, Done<PageOf<Execution>>) override;
  void GetHistory(const Caller&, HistoryRequest, Done<HistoryPage>) override;
  void AwaitHistory(const Caller&, HistoryRequest, std::chrono::milliseconds wait, Done<HistoryPage>) override;
  void StopExecution(const Caller&, StopExecutionRequest, Done<base::WallTime>) override;

  void CreateActivity(const Caller&, std::string name, std::vector<Tag>, std::string encryption_json,
                      Done<Activity>) override;
  void DescribeActivity(const Caller&, std::string arn, Done<Activity>) override;
  void ListActivities(const Caller&, Page, Done<PageOf<Activity>>) override;
  void DeleteActivity(const Caller&, std::string arn, Done<Nothing>) override;

  CancelPoll GetActivityTask(const Caller&, std::string activity_arn, std::string worker_name,
                             std::chrono::milliseconds wait, Done<ActivityTask>) override;
  void CompleteTask(const Caller&, TaskOutcome, Done<Nothing>) override;
  void HeartbeatTask(const Caller&, std::string token, Done<Nothing>) override;
  CancelPoll PollWorker(WorkerPollRequest, Done<WorkerPollResponse>) override;
  void HeartbeatWorker(std::string session_id, std::vector<TaskHeartbeat>, Done<std::vector<std::string>>) override;
  void EndWorkerSession(std::string session_id, std::function<void()> done) override;
  void DescribeCluster(std::function<void(ClusterInfo)> done) override;

 private:
  struct PollCall;

  // Lets a tested Wait wait; after AWS's five minutes it fails with States.Timeout.
  void AwaitTestedWait(const std::shared_ptr<asl::StateTest>& test, base::WallTime until,
                       const Done<asl::TestStateAnswer>& done);
  // Does a tested Task's work as an execution of its own that belongs to no state machine.
  void RunTestedTask(const Caller& caller, const asl::TestStateTask& task, const std::string& role_arn,
                     Done<Execution> done);

  struct Gather;
  void StartSome(const std::shared_ptr<Gather>& gather);
  void StartOne(StartExecutionRequest request, Done<StartedExecution> done);
  void ReportResults(const std::shared_ptr<PollCall>& call, std::vector<TaskOutcome> results);
  void FinishPoll(const std::shared_ptr<PollCall>& call);
  // Whoever waits for the answer has gone: tasks that come for it go back.
  void DropPoll(const std::shared_ptr<PollCall>& call);
  void DropPolls(const std::string& session);
  // The poll's wait is over after `wait`.
  void LimitWait(uint64_t poll, std::chrono::milliseconds wait, base::Executor::TimerHandle& handle);
  void AwaitChange(const HistoryRequest& request, base::MonotonicTime until, Done<HistoryPage> done);

  Parts parts_;
  std::unordered_multimap<std::string, std::shared_ptr<PollCall>> polls_;  // under way, by session
};

}  // namespace pawl::gateway
