#include "scheduler/core/testing/bench.h"

#include <utility>

#include "gtest/gtest.h"
#include "history/state/apply.h"
#include "scheduler/asl/validate/compile.h"
#include "shared/base/check.h"

namespace pawl::core {

using base::FrameId;
using history::Event;

namespace {

// In the order of history::EventBody.
constexpr const char* kNames[] = {
    "ExecutionStarted",   "ExecutionSucceeded",  "ExecutionFailed",     "ExecutionAborted",
    "ExecutionTimedOut",  "StateEntered",        "StateExited",         "StateAborted",
    "EvaluationFailed",   "TaskScheduled",       "TaskStarted",         "TaskSubmitted",
    "TaskSucceeded",      "TaskFailed",          "TaskTimedOut",        "TaskScheduleFailed",
    "ParallelStarted",    "ParallelSucceeded",   "ParallelFailed",      "MapStarted",
    "MapSucceeded",       "MapFailed",           "MapIterationStarted", "MapIterationSucceeded",
    "MapIterationFailed", "MapIterationAborted", "WaitStarted",         "RetryScheduled",
    "BranchSucceeded",    "ChildrenRemoved",     "TaskAttemptLost",     "TaskCheckpointed"};
static_assert(std::size(kNames) == std::variant_size_v<history::EventBody>);

constexpr const char* kKinds[] = {"execution", "task", "wait", "backoff"};

std::string Detail(const history::EventBody& body) {
  if (const auto* entered = std::get_if<history::StateEntered>(&body)) return entered->name;
  if (const auto* exited = std::get_if<history::StateExited>(&body)) return exited->name;
  if (const auto* failed = std::get_if<history::TaskFailed>(&body)) return failed->error.value_or("");
  if (const auto* ended = std::get_if<history::ExecutionFailed>(&body)) return ended->error;
  if (const auto* lost = std::get_if<history::TaskAttemptLost>(&body)) return "next " + std::to_string(lost->attempt);
  if (const auto* retry = std::get_if<history::RetryScheduled>(&body)) return std::to_string(retry->retrier);
  return "";
}

}  // namespace

std::string NameOf(const Event& event) {
  std::string detail = Detail(event.body);
  return std::string(event.is_public() ? "" : "~") + kNames[event.body.index()] +
         (detail.empty() ? "" : "(" + detail + ")");
}

Bench::Bench(const std::string& definition, const std::string& input) : input_(input) {
  asl::CompileResult compiled = asl::Compile(definition);
  if (compiled.program == nullptr) ADD_FAILURE() << asl::InvalidDefinitionMessage(compiled.diagnostics) << definition;
  PAWL_CHECK(compiled.program != nullptr, "a test's definition is valid");
  program_ = compiled.program;
  state.id = base::EntityId::Make(1000, base::Slot(5), 7);
}

std::string Bench::Start() {
  history::ExecutionStarted start;
  start.input = history::Payload::FromText(input_);
  start.account = "000000000000";
  start.region = "us-east-1";
  start.machine = "m";
  start.name = "run";
  start.timeout_seconds = program_->timeout_seconds();
  return Do(StartExecution{start});
}

std::string Bench::Do(const Command& command) {
  base::SeededRandom random(static_cast<uint64_t>(state.revision + 1));
  int last_claim = 0;
  Ambient ambient{.now = now,
                  .random = random,
                  .program = *program_,
                  .limits = limits,
                  .binding = binding,
                  .claim = [&](const std::string&) -> std::optional<Claim> {
                    if (polls == 0) return std::nullopt;
                    --polls;
                    return Claim{static_cast<uint64_t>(++last_claim), "worker", "s", false};
                  },
                  .token =
                      [](const TaskRef& task) {
                        return "token " + std::to_string(task.scheduled_event.value()) + "/" +
                               std::to_string(task.attempt);
                      }};
  const history::ExecutionState before = state;
  Decision decision = Decide(state, command, ambient);
  if (!decision.refusal.ok() || decision.events.empty()) {
    std::string why;
    EXPECT_TRUE(history::Equal(before, state, &why)) << "a command without events changed " << why;
  }
  events.insert(events.end(), decision.events.begin(), decision.events.end());
  history::ExecutionState folded;
  folded.id = state.id;
  for (const Event& event : events) history::Apply(folded, event);
  folded.revision = state.revision;
  std::string why;
  EXPECT_TRUE(history::Equal(folded, state, &why)) << "replay differs from live state: " << why;
  return Tell(decision);
}

std::string Bench::Tell(const Decision& decision) {
  if (!decision.refusal.ok()) return "refused";
  std::string text;
  for (const Event& event : decision.events) text += (text.empty() ? "" : " ") + NameOf(event);
  std::string effects = Describe(decision.effects);
  if (effects.empty()) return text;
  return text + (text.empty() ? "/ " : " / ") + effects;
}

std::string Bench::Describe(const Effects& effects) const {
  auto due = [this](base::WallTime at) {
    return std::to_string(std::chrono::duration_cast<std::chrono::seconds>(at - now).count()) + "s";
  };
  std::string text;
  for (const Effect& effect : effects) {
    if (!text.empty()) text += " ";
    if (const auto* offer = std::get_if<OfferTask>(&effect)) {
      text += "Offer(" + offer->queue.substr(offer->queue.rfind(':') + 1) + " #" + std::to_string(offer->task.attempt) +
              ")";
    } else if (const auto* hand_out = std::get_if<HandOutTask>(&effect)) {
      text += "HandOut(#" + std::to_string(hand_out->details.task.attempt) + " to " + hand_out->session + ")";
    } else if (const auto* expect = std::get_if<ExpectTask>(&effect)) {
      text += "Expect(#" + std::to_string(expect->task.attempt) + " of '" + expect->session + "')";
    } else if (std::holds_alternative<RevokeTask>(effect)) {
      text += "Revoke";
    } else if (const auto* arm = std::get_if<ArmTimer>(&effect)) {
      text += std::string("Arm(") + kKinds[static_cast<size_t>(arm->kind)] + " " + due(arm->due) + ")";
    } else if (const auto* cancel = std::get_if<CancelTimer>(&effect)) {
      text += std::string("Cancel(") + kKinds[static_cast<size_t>(cancel->kind)] + ")";
    } else if (const auto* later = std::get_if<ContinueLater>(&effect)) {
      text += "Continue(" + std::to_string(later->frame.value()) + ")";
    } else if (const auto* ended = std::get_if<Ended>(&effect)) {
      text += std::string("Ended(") + history::ExecutionStatusName(ended->status) + ")";
    }
  }
  return text;
}

TaskRef Bench::Task(int64_t wanted) const {
  for (const auto& [id, frame] : state.frames) {
    const auto* waiting = std::get_if<history::WaitingForTask>(&frame.waiting);
    if (waiting == nullptr || (wanted != 0 && id.value() != wanted)) continue;
    return {state.id, id, waiting->scheduled_event, waiting->attempt};
  }
  PAWL_CHECK(false, "a frame waits for a task");
  return {};
}

std::string Bench::Take(const std::string& session, bool restartable) {
  return Do(StartTask{.task = Task(), .worker = "worker", .session = session, .restartable = restartable, .claim = 1});
}
std::string Bench::Succeed(const std::string& output) { return Do(CompleteTask{Task(), TaskSuccess{output}, true}); }
std::string Bench::Fail(const std::string& error) { return Do(CompleteTask{Task(), TaskFailure{error, "why"}, true}); }
std::string Bench::Fire(TimerKind kind, int64_t frame) {
  return Do(FireTimer{kind == TimerKind::kExecution ? FrameId() : FrameId(frame), kind});
}
std::string Bench::Owed() const { return Describe(Resume(state)); }

const Event* Bench::Last(const std::string& name) const {
  for (auto it = events.rbegin(); it != events.rend(); ++it) {
    if (kNames[it->body.index()] == name) return &*it;
  }
  return nullptr;
}

std::string Bench::Ending() const {
  std::string text = history::ExecutionStatusName(state.status);
  if (state.output) text += " " + state.output->text();
  if (state.error) text += " " + *state.error;
  if (state.cause) text += ": " + *state.cause;
  return text;
}

}  // namespace pawl::core
