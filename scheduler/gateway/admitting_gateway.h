// A Gateway before another: lets through what Admission has room for, and refuses the rest before it is put anywhere.
//
// A bulk start is let through item by item; one of which nothing is let through is refused in every item. A worker's
// poll is a report where it brings results. Where one that only waits is over the bound of polls but names tasks that
// it holds, that is heard, and it comes back empty at once.
//
// Thread rule: Gateway's.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/gateway/admission.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::gateway {

class AdmittingGateway : public Gateway {
 public:
  // Both outlive this, and everything that is under way.
  AdmittingGateway(Gateway& next, Admission& admission) : next_(next), admission_(admission) {}

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
  // True where there is room: `done` then gives it back. Otherwise `done` has been told.
  template <typename T>
  bool Enter(RequestKind kind, size_t bytes, Done<T>& done, std::string_view key = {});
  // False where the end may not be waited for.
  bool EnterWatch(StartExecutionRequest& request);

  Gateway& next_;
  Admission& admission_;
};

}  // namespace pawl::gateway
