#include <string>
#include <variant>

#include "history/view/view.h"
#include "shared/base/check.h"

namespace pawl::history {
namespace {

const char* KindWord(StateKind kind) {
  switch (kind) {
    case StateKind::kPass:
      return "Pass";
    case StateKind::kTask:
      return "Task";
    case StateKind::kChoice:
      return "Choice";
    case StateKind::kWait:
      return "Wait";
    case StateKind::kSucceed:
      return "Succeed";
    case StateKind::kFail:
      return "Fail";
    case StateKind::kParallel:
      return "Parallel";
    case StateKind::kMap:
      return "Map";
  }
  PAWL_CHECK(false, "a state kind is one of eight");
}

const char* FamilyWord(TaskFamily family) {
  switch (family) {
    case TaskFamily::kActivity:
      return "Activity";
    case TaskFamily::kLambda:
      return "LambdaFunction";
    case TaskFamily::kService:
      return "Task";
  }
  PAWL_CHECK(false, "a task family is one of three");
}

std::string OfFamily(TaskFamily family, const char* what) { return std::string(FamilyWord(family)) + what; }

struct TypeOf {
  std::string operator()(const ExecutionStarted&) const { return "ExecutionStarted"; }
  std::string operator()(const ExecutionSucceeded&) const { return "ExecutionSucceeded"; }
  std::string operator()(const ExecutionFailed&) const { return "ExecutionFailed"; }
  std::string operator()(const ExecutionAborted&) const { return "ExecutionAborted"; }
  std::string operator()(const ExecutionTimedOut&) const { return "ExecutionTimedOut"; }
  std::string operator()(const StateEntered& e) const { return std::string(KindWord(e.kind)) + "StateEntered"; }
  std::string operator()(const StateExited& e) const { return std::string(KindWord(e.kind)) + "StateExited"; }
  std::string operator()(const StateAborted& e) const { return std::string(KindWord(e.kind)) + "StateAborted"; }
  std::string operator()(const EvaluationFailed&) const { return "EvaluationFailed"; }
  std::string operator()(const TaskScheduled& e) const { return OfFamily(e.family, "Scheduled"); }
  std::string operator()(const TaskStarted& e) const { return OfFamily(e.family, "Started"); }
  std::string operator()(const TaskSubmitted&) const { return "TaskSubmitted"; }
  std::string operator()(const TaskSucceeded& e) const { return OfFamily(e.family, "Succeeded"); }
  std::string operator()(const TaskFailed& e) const { return OfFamily(e.family, "Failed"); }
  std::string operator()(const TaskTimedOut& e) const { return OfFamily(e.family, "TimedOut"); }
  std::string operator()(const TaskScheduleFailed& e) const {
    // A service task has no event of that name; what could not be scheduled could not be started.
    return e.family == TaskFamily::kService ? "TaskStartFailed" : OfFamily(e.family, "ScheduleFailed");
  }
  std::string operator()(const ParallelStarted&) const { return "ParallelStateStarted"; }
  std::string operator()(const ParallelSucceeded&) const { return "ParallelStateSucceeded"; }
  std::string operator()(const ParallelFailed&) const { return "ParallelStateFailed"; }
  std::string operator()(const MapStarted&) const { return "MapStateStarted"; }
  std::string operator()(const MapSucceeded&) const { return "MapStateSucceeded"; }
  std::string operator()(const MapFailed&) const { return "MapStateFailed"; }
  std::string operator()(const MapIterationStarted&) const { return "MapIterationStarted"; }
  std::string operator()(const MapIterationSucceeded&) const { return "MapIterationSucceeded"; }
  std::string operator()(const MapIterationFailed&) const { return "MapIterationFailed"; }
  std::string operator()(const MapIterationAborted&) const { return "MapIterationAborted"; }
  // Internal ones have no type that a user sees.
  std::string operator()(const WaitStarted&) const { return ""; }
  std::string operator()(const RetryScheduled&) const { return ""; }
  std::string operator()(const BranchSucceeded&) const { return ""; }
  std::string operator()(const ChildrenRemoved&) const { return ""; }
  std::string operator()(const TaskAttemptLost&) const { return ""; }
  std::string operator()(const TaskCheckpointed&) const { return ""; }
};

}  // namespace

std::string ViewType(const Event& event) {
  if (!event.is_public()) return "";
  return std::visit(TypeOf(), event.body);
}

}  // namespace pawl::history
