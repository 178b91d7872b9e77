// A Gateway for tests of the front ends: machines, executions, activities and tasks in memory, and no engine. An
// execution runs until the test ends it, a poll waits until the test offers a task or says that the wait is over.
//
// Thread rule: any thread; `done` runs on the caller's thread, outside the lock.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "scheduler/gateway/gateway.h"

namespace pawl::api::testing {

class FakeGateway : public gateway::Gateway {
 public:
  // ---- what tests do to it

  // Executions end at once, with their input as output.
  bool ends_at_once = false;
  // Every call is refused with this, unless OK.
  absl::Status refusal = absl::OkStatus();
  // What the next ValidateDefinition and TestState answer; and what the last TestState was asked.
  std::vector<gateway::DefinitionDiagnostic> diagnostics;
  asl::TestStateAnswer test_state_answer;
  asl::TestStateRequest tested;

  void Finish(const std::string& execution_arn, const std::string& output);
  void AppendEvent(const std::string& execution_arn, const std::string& event);
  // Answers every Await and poll as if its wait were over.
  void ExpireWaits();
  void OfferActivityTask(const std::string& activity_arn, const gateway::ActivityTask& task);
  void OfferWorkerTask(const gateway::WorkerTask& task);
  int waiting() const;
  int cancelled_polls() const;
  // What was last asked for, as "account/region".
  std::string last_caller() const;
  std::string last_trace_header() const;
  std::vector<gateway::TaskOutcome> outcomes() const;
  std::vector<std::string> ended_sessions() const;

  // ---- Gateway

  void CreateStateMachine(const gateway::Caller&, gateway::CreateStateMachineRequest,
                          gateway::Done<gateway::StateMachine>) override;
  void UpdateStateMachine(const gateway::Caller&, gateway::UpdateStateMachineRequest,
                          gateway::Done<gateway::StateMachine>) override;
  void DescribeStateMachine(const gateway::Caller&, std::string arn, gateway::Done<gateway::StateMachine>) override;
  void DescribeStateMachineForExecution(const gateway::Caller&, std::string execution_arn,
                                        gateway::Done<gateway::StateMachine>) override;
  void DeleteStateMachine(const gateway::Caller&, std::string arn, gateway::Done<gateway::Nothing>) override;
  void ListStateMachines(const gateway::Caller&, gateway::Page,
                         gateway::Done<gateway::PageOf<gateway::StateMachine>>) override;

  void PublishVersion(gateway::PublishVersionRequest, gateway::Done<gateway::StateMachineVersion>) override;
  void ListVersions(std::string machine_arn, gateway::Page,
                    gateway::Done<gateway::PageOf<gateway::StateMachineVersion>>) override;
  void DeleteVersion(std::string version_arn, gateway::Done<gateway::Nothing>) override;
  void ListTags(std::string arn, gateway::Done<std::vector<gateway::Tag>>) override;
  void ChangeTags(std::string arn, std::vector<gateway::Tag> set, std::vector<std::string> removed,
                  gateway::Done<gateway::Nothing>) override;
  void ValidateDefinition(std::string definition, std::string type,
                          gateway::Done<std::vector<gateway::DefinitionDiagnostic>>) override;
  void TestState(const gateway::Caller&, asl::TestStateRequest, gateway::Done<asl::TestStateAnswer>) override;

  void StartExecution(const gateway::Caller&, gateway::StartExecutionRequest,
                      gateway::Done<gateway::StartedExecution>) override;
  void StartExecutions(const gateway::Caller&, std::vector<gateway::StartExecutionRequest>,
                       std::function<void(std::vector<absl::StatusOr<gateway::StartedExecution>>)> done) override;
  void DescribeExecution(const gateway::Caller&, std::string arn, gateway::Done<gateway::Execution>) override;
  void AwaitExecution(const gateway::Caller&, std::string arn, std::chrono::milliseconds wait,
                      gateway::Done<gateway::Execution>) override;
  void ListExecutions(const gateway::Caller&, gateway::ListExecutionsRequest,
                      gateway::Done<gateway::PageOf<gateway::Execution>>) override;
  void GetHistory(const gateway::Caller&, gateway::HistoryRequest, gateway::Done<gateway::HistoryPage>) override;
  void AwaitHistory(const gateway::Caller&, gateway::HistoryRequest, std::chrono::milliseconds wait,
                    gateway::Done<gateway::HistoryPage>) override;
  void StopExecution(const gateway::Caller&, gateway::StopExecutionRequest, gateway::Done<base::WallTime>) override;

  void CreateActivity(const gateway::Caller&, std::string name, std::vector<gateway::Tag>, std::string encryption_json,
                      gateway::Done<gateway::Activity>) override;
  void DescribeActivity(const gateway::Caller&, std::string arn, gateway::Done<gateway::Activity>) override;
  void ListActivities(const gateway::Caller&, gateway::Page,
                      gateway::Done<gateway::PageOf<gateway::Activity>>) override;
  void DeleteActivity(const gateway::Caller&, std::string arn, gateway::Done<gateway::Nothing>) override;

  gateway::CancelPoll GetActivityTask(const gateway::Caller&, std::string activity_arn, std::string worker_name,
                                      std::chrono::milliseconds wait, gateway::Done<gateway::ActivityTask>) override;
  void CompleteTask(const gateway::Caller&, gateway::TaskOutcome, gateway::Done<gateway::Nothing>) override;
  void HeartbeatTask(const gateway::Caller&, std::string token, gateway::Done<gateway::Nothing>) override;

  gateway::CancelPoll PollWorker(gateway::WorkerPollRequest, gateway::Done<gateway::WorkerPollResponse>) override;
  void HeartbeatWorker(std::string session_id, std::vector<gateway::TaskHeartbeat>,
                       gateway::Done<std::vector<std::string>>) override;
  void EndWorkerSession(std::string session_id, std::function<void()> done) override;

 private:
  // Something that waits: `answer` is asked after every change and answers, returning true, when it can or must.
  struct Waiter {
    int id = 0;
    std::function<bool(bool expired)> try_answer;  // under the lock
  };
  using Ready = std::vector<std::function<void()>>;

  gateway::CancelPoll Wait(std::function<bool(bool expired)> try_answer);
  void Changed(bool expired = false);
  void Note(const gateway::Caller& caller);
  absl::StatusOr<gateway::StartedExecution> Start(const gateway::StartExecutionRequest& request);
  absl::StatusOr<gateway::HistoryPage> History(const gateway::HistoryRequest& request) const;

  mutable std::mutex mutex_;
  std::map<std::string, gateway::StateMachine> machines_;
  std::map<std::string, gateway::Execution> executions_;
  std::vector<std::string> execution_order_;
  std::map<std::string, std::vector<std::string>> events_;
  std::map<std::string, gateway::StateMachineVersion> versions_;
  std::map<std::string, gateway::Activity> activities_;
  std::map<std::string, std::deque<gateway::ActivityTask>> activity_tasks_;
  std::deque<gateway::WorkerTask> worker_tasks_;
  std::vector<gateway::TaskOutcome> outcomes_;
  std::vector<std::string> ended_sessions_;
  std::vector<Waiter> waiters_;
  Ready ready_;  // answers to be given outside the lock
  int next_id_ = 1;
  int cancelled_polls_ = 0;
  std::string last_caller_;
  std::string last_trace_header_;
};

}  // namespace pawl::api::testing
