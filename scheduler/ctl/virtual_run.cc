#include "scheduler/ctl/virtual_run.h"

#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "shared/base/random.h"

namespace pawl::ctl {
namespace {

using core::TaskRef;

class VirtualRun {
 public:
  VirtualRun(const asl::Program& program, const VirtualRunOptions& options)
      : program_(program), options_(options), random_(options.seed), now_(options.start) {
    limits_.events_max = options.events_max;
  }

  VirtualRunResult Run() {
    history::ExecutionStarted start;
    start.input = history::Payload::FromText(options_.input);
    start.role_arn = options_.role_arn;
    start.account = "000000000000";
    start.region = "us-east-1";
    start.machine = options_.machine;
    start.name = options_.name;
    start.timeout_seconds = program_.timeout_seconds();
    Do(core::StartExecution{std::move(start)});
    while (state_.is_running() && result_.stopped.ok() && Step()) {
    }
    if (state_.is_running() && result_.stopped.ok()) {
      result_.stopped = absl::InternalError("nothing is left to happen, but the execution has not ended");
    }
    result_.status = state_.status;
    if (state_.output) result_.output = state_.output->text();
    result_.error = state_.error;
    result_.cause = state_.cause;
    result_.elapsed = now_ - options_.start;
    return std::move(result_);
  }

 private:
  using TimerId = std::pair<base::FrameId, core::TimerKind>;

  // What is to be done at once comes first, then tasks, then the next timer.
  bool Step() {
    if (!continue_.empty()) {
      const base::FrameId frame = continue_.front();
      continue_.pop_front();
      Do(core::Continue{frame});
      return true;
    }
    if (!offered_.empty()) {
      const TaskRef task = offered_.front();
      offered_.pop_front();
      RunTask(task);
      return true;
    }
    if (due_.empty()) return false;
    const auto [due, order, timer] = *due_.begin();
    due_.erase(due_.begin());
    timers_.erase(timer);
    now_ = std::max(now_, due);
    Do(core::FireTimer{timer.first, timer.second});
    return true;
  }

  void RunTask(const TaskRef& task) {
    Do(core::StartTask{.task = task, .worker = "simulated", .session = "simulated"});
    const history::Frame* frame = state_.Find(task.frame);
    const auto* waiting = frame == nullptr ? nullptr : std::get_if<history::WaitingForTask>(&frame->waiting);
    if (waiting == nullptr || waiting->scheduled_event != task.scheduled_event) return;
    const std::string state = frame->state;
    const bool wait_for_token = waiting->task.wait_for_token;
    const TaskAnswer answer = options_.run_task(state, waiting->task.input.text(), asked_[state]++);
    if (const auto* status = std::get_if<absl::Status>(&answer.outcome)) {
      result_.stopped = *status;
      return;
    }
    // With a token the worker's success only means "submitted"; the answer is for the token's holder to give.
    const bool submitted = wait_for_token && !answer.call_failed;
    if (submitted) Do(core::CompleteTask{.task = task, .outcome = core::TaskSuccess{"{}"}, .from_holder = true});
    core::CompleteTask command{.task = task, .from_holder = !submitted};
    if (const auto* failure = std::get_if<core::TaskFailure>(&answer.outcome)) {
      command.outcome = *failure;
    } else {
      command.outcome = std::get<core::TaskSuccess>(answer.outcome);
    }
    Do(command);
  }

  void Do(const core::Command& command) {
    const core::Ambient ambient{.now = now_,
                                .random = random_,
                                .program = program_,
                                .limits = limits_,
                                .binding = options_.binding,
                                .claim = [](const std::string&) { return std::optional<core::Claim>(); },
                                .token = [](const TaskRef&) { return std::string("simulated-task-token"); }};
    core::Decision decision = core::Decide(state_, command, ambient);
    for (history::Event& event : decision.events) result_.events.push_back(std::move(event));
    for (const core::Effect& effect : decision.effects) std::visit([this](const auto& one) { On(one); }, effect);
  }

  void On(const core::OfferTask& effect) { offered_.push_back(effect.task); }
  void On(const core::HandOutTask&) {}
  void On(const core::ExpectTask&) {}
  void On(const core::RevokeTask& effect) {
    std::erase_if(offered_, [&](const TaskRef& task) { return task.SameTask(effect.task); });
  }
  void On(const core::ArmTimer& effect) {
    On(core::CancelTimer{effect.frame, effect.kind});
    const Due due{effect.due, ++armed_, {effect.frame, effect.kind}};
    due_.insert(due);
    timers_[{effect.frame, effect.kind}] = due;
  }
  void On(const core::CancelTimer& effect) {
    const auto found = timers_.find({effect.frame, effect.kind});
    if (found == timers_.end()) return;
    due_.erase(found->second);
    timers_.erase(found);
  }
  void On(const core::ContinueLater& effect) { continue_.push_back(effect.frame); }
  void On(const core::Ended&) {}

  using Due = std::tuple<base::WallTime, uint64_t, TimerId>;

  const asl::Program& program_;
  const VirtualRunOptions& options_;
  base::SeededRandom random_;
  core::Limits limits_;
  base::WallTime now_;
  history::ExecutionState state_;
  VirtualRunResult result_;
  std::deque<base::FrameId> continue_;
  std::deque<TaskRef> offered_;
  std::set<Due> due_;
  std::map<TimerId, Due> timers_;
  uint64_t armed_ = 0;
  std::map<std::string, int64_t> asked_;
};

}  // namespace

VirtualRunResult RunVirtually(const asl::Program& program, const VirtualRunOptions& options) {
  return VirtualRun(program, options).Run();
}

}  // namespace pawl::ctl
