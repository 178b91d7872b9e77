// The decision in the making: the state, what was emitted so far, and the moves that the commands share. Internal to
// scheduler/core.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "history/state/apply.h"
#include "scheduler/asl/interpret/step.h"
#include "scheduler/core/context.h"
#include "scheduler/core/decide.h"

namespace pawl::core {

class Decider {
 public:
  Decider(history::ExecutionState& state, const Ambient& ambient);

  // ---- facts and wishes

  // Appends a public event and applies it at once. `previous` defaults to the frame's last event.
  base::EventId Emit(base::FrameId frame, history::EventBody body, std::optional<base::EventId> previous = {});
  // The same for an internal event.
  void Note(base::FrameId frame, history::EventBody body, base::EventId previous = {});
  void Wish(Effect effect) { decision_.effects.push_back(std::move(effect)); }
  Decision Refuse(absl::Status status);
  // Runs what is still to run, then gives the decision.
  Decision Finish();

  // ---- moves of a frame (decider.cc)

  // The frame goes to state `name`; carried out by Finish, one after another, so that nothing recurses.
  void GoTo(base::FrameId frame, std::string name, history::Payload input);
  // Starts the work of the frame's current state: after entering, after a backoff.
  void BeginWork(base::FrameId frame);
  // The work is done with `result`.
  void CompleteWork(base::FrameId frame, const history::Payload& result);
  // The work, or beginning it, failed. `previous`: the last event of the branch or iteration that failed, if one did.
  void OnFailure(base::FrameId frame, const asl::Failure& failure, base::EventId previous = {});

  // ---- tasks (tasks.cc)

  void ScheduleTask(base::FrameId frame, const asl::State& state, const asl::StartTask& start);
  // Gives the frame's unstarted task to a waiting poll, or offers it.
  void PlaceTask(base::FrameId frame);
  void StartClaimedTask(base::FrameId frame, const Claim& claim);
  // Ends timers and offers of a task that is about to end, answered by its holder or not.
  void SettleTask(base::FrameId frame, bool answered_by_holder);

  // ---- branches and iterations (branches.cc)

  void StartBranches(base::FrameId frame, const asl::State& state, const asl::StartBranches& start);
  void StartMap(base::FrameId frame, const asl::StartMap& start);
  // A branch or iteration has come to its end with frame.input as output.
  void ChildDone(base::FrameId child);
  // A branch or iteration failed: its parent takes the failure over.
  void ChildFailed(base::FrameId child, const asl::Failure& failure);

  // ---- the whole execution

  void EndExecution(history::EventBody body, base::EventId previous);

  history::ExecutionState& state() { return state_; }
  const Ambient& ambient() const { return ambient_; }
  base::WallTime now() const { return now_; }
  const history::Frame& FrameOf(base::FrameId id) const;
  const asl::State& StateOf(const history::Frame& frame) const;
  // Variables of the frame's scope and of those around it, inner ones first (variables.cc).
  asl::Variables VisibleVariables(const history::Frame& frame) const;

 private:
  struct Step {
    base::FrameId frame;
    std::string name;
    history::Payload input;
  };

  void Append(history::Event event);
  void EnterState(const Step& step);
  // Whether so many more public events leave room for the last one (Limits::events_max).
  bool HasEventsLeft(int64_t count) const;
  void FailForEvents();
  base::EventId BeforeEvaluation(const history::Frame& frame) const;
  void TakeTransition(base::FrameId frame, const asl::Transition& transition, const history::Payload* result);
  history::Payload Derive(const history::Frame& frame, const asl::Derived& derived, const history::Payload* result);
  bool IsTooLarge(const history::Payload& payload) const;
  // Why the frame may not assign that; nothing where it may.
  std::optional<asl::Failure> CheckAssigned(const history::Frame& frame,
                                            const std::vector<history::Assigned>& assigned) const;
  // A failure that neither Retry nor Catch of the frame's state sees.
  void FailState(base::FrameId frame, const asl::Failure& failure);
  void FailExecution(const asl::Failure& failure, base::EventId previous);
  bool StartIteration(base::FrameId map, base::EventId previous);
  void FinishMap(base::FrameId map);
  void AbortChildren(base::FrameId parent, base::FrameId failed);
  // Wishes away the task or timer that the frame waits for, if it does.
  void SettleFrame(const history::Frame& frame);
  void SettleTree(base::FrameId root);

  history::ExecutionState& state_;
  const Ambient& ambient_;
  const base::WallTime now_;
  Decision decision_;
  std::deque<Step> steps_;
  int transitions_ = 0;
};

// What a state's expressions may read, for a frame as it stands. `task_token`: see FrameContext.
class Reading {
 public:
  Reading(const Decider& decider, const history::ExecutionState& state, const history::Frame& frame,
          std::function<std::string()> task_token = {}, std::optional<int64_t> iteration = {});
  const asl::Scope& scope() const { return scope_; }

 private:
  PayloadValue input_;
  FrameContext context_;
  asl::Variables variables_;
  asl::Scope scope_;
};

}  // namespace pawl::core
