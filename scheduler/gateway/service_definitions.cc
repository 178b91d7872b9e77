// Definitions on trial: validating them, testing their states.
#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/test_state/test_state.h"
#include "scheduler/asl/validate/compile.h"
#include "scheduler/gateway/reason.h"
#include "scheduler/gateway/service.h"
#include "shared/json/value.h"

namespace pawl::gateway {
namespace {

constexpr int64_t kTestSecondsMax = 300;  // AWS gives up a tested state after five minutes
constexpr std::chrono::seconds kTestWait{kTestSecondsMax + 10};

absl::Status ToStatus(const asl::TestStateRefusal& refusal) {
  switch (refusal.kind) {
    case asl::TestStateRefusal::Kind::kValidation:
      return Refuse(Reason::kValidation, refusal.message);
    case asl::TestStateRefusal::Kind::kInvalidDefinition:
      return Refuse(Reason::kInvalidDefinition, refusal.message);
    case asl::TestStateRefusal::Kind::kInvalidExecutionInput:
      return Refuse(Reason::kInvalidExecutionInput, refusal.message);
  }
  return Refuse(Reason::kValidation, refusal.message);
}

// A machine that does nothing but the task, with the task's arguments for its input.
std::string DefinitionOf(const asl::TestStateTask& task) {
  using json::Value;
  std::vector<json::Member> state = {
      {"Type", Value::String("Task")}, {"Resource", Value::String(task.resource)}, {"End", Value::Bool(true)}};
  if (task.timeout_seconds) state.push_back({"TimeoutSeconds", Value::Int(*task.timeout_seconds)});
  if (task.heartbeat_seconds) state.push_back({"HeartbeatSeconds", Value::Int(*task.heartbeat_seconds)});
  return json::Serialize(Value::Object({{"StartAt", Value::String("StateName")},
                                        {"States", Value::Object({{"StateName", Value::Object(std::move(state))}})}}));
}

}  // namespace

void Service::ValidateDefinition(std::string definition, std::string type,
                                 Done<std::vector<DefinitionDiagnostic>> done) {
  parts_.query_executor.Post([definition = std::move(definition), type = std::move(type), done = std::move(done)] {
    const asl::CompileResult result = asl::Compile(
        definition, {.type = type == "EXPRESS" ? asl::MachineType::kExpress : asl::MachineType::kStandard});
    std::vector<DefinitionDiagnostic> answer;
    answer.reserve(result.diagnostics.size());
    for (const asl::Diagnostic& one : result.diagnostics) {
      answer.push_back({one.severity == asl::Severity::kError, one.code, one.message, one.location});
    }
    done(std::move(answer));
  });
}

void Service::TestState(const Caller& caller, asl::TestStateRequest request, Done<asl::TestStateAnswer> done) {
  request.account = caller.account;
  request.region = caller.region;
  parts_.executor.Post([this, caller, request = std::move(request), done = std::move(done)]() mutable {
    const uint64_t seed = parts_.random.NextUint64();
    parts_.query_executor.Post([this, caller, seed, request = std::move(request), done = std::move(done)]() mutable {
      const std::string role_arn = request.role_arn.value_or("");
      auto test = std::make_shared<asl::StateTest>(std::move(request), parts_.clock.WallNow(), seed);
      asl::StateTest::Outcome outcome = test->Run();
      if (auto* refusal = std::get_if<asl::TestStateRefusal>(&outcome)) return done(ToStatus(*refusal));
      if (auto* answer = std::get_if<asl::TestStateAnswer>(&outcome)) return done(std::move(*answer));
      if (auto* wait = std::get_if<asl::TestStateWait>(&outcome)) return AwaitTestedWait(test, wait->until, done);
      RunTestedTask(caller, std::get<asl::TestStateTask>(outcome), role_arn,
                    [this, test, done = std::move(done)](absl::StatusOr<Execution> ended) {
                      if (!ended.ok()) return done(ended.status());
                      parts_.query_executor.Post([test, ended = *std::move(ended), done] {
                        if (ended.output) return done(test->TaskSucceeded(*ended.output));
                        // Only the limit of the test itself ends it without an error's name.
                        done(test->TaskFailed(ended.error.value_or("States.Timeout"), ended.cause.value_or("")));
                      });
                    });
    });
  });
}

void Service::AwaitTestedWait(const std::shared_ptr<asl::StateTest>& test, base::WallTime until,
                              const Done<asl::TestStateAnswer>& done) {
  parts_.executor.Post([this, test, until, done] {
    constexpr std::chrono::seconds kMost{kTestSecondsMax};
    const auto wait = until - parts_.clock.WallNow();
    const base::MonotonicTime due =
        parts_.clock.MonotonicNow() + std::min(std::chrono::ceil<std::chrono::milliseconds>(wait), {kMost});
    parts_.executor.PostAt(due, [this, test, is_over = wait <= kMost, done] {
      parts_.query_executor.Post(
          [test, is_over, done] { done(is_over ? test->WaitOver() : test->TaskFailed("States.Timeout", "")); });
    });
  });
}

void Service::RunTestedTask(const Caller& caller, const asl::TestStateTask& task, const std::string& role_arn,
                            Done<Execution> done) {
  std::string definition = DefinitionOf(task);
  parts_.executor.Post([this, caller, task, role_arn, definition = std::move(definition), done = std::move(done)] {
    // Kept like any other, because the execution pins it.
    parts_.catalog.KeepDefinition(definition, [this, caller, task, role_arn, done](auto kept) {
      if (!kept.ok()) return done(kept.status());
      partition::StartRequest start;
      start.program = kept->program;
      start.name_is_given = false;
      start.start.input = history::Payload::FromText(task.arguments);
      start.start.role_arn = role_arn;
      start.start.account = caller.account;
      start.start.region = caller.region;
      start.start.machine = task.machine;
      start.start.name = task.execution;
      start.start.definition_digest = kept->digest;
      start.start.timeout_seconds = kTestSecondsMax;
      std::string arn = core::ExecutionArnOf(start.start);
      parts_.router.Start(std::move(start), false, [this, caller, arn, done](const auto& started) {
        if (!started.ok()) return done(Refuse(Reason::kUnavailable, std::string(started.status().message())));
        AwaitExecution(caller, arn, kTestWait, done);
      });
    });
  });
}

}  // namespace pawl::gateway
