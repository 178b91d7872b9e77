// Holds `pawl explain` and `pawl simulate` against the executions recorded on AWS: what explain computes as a state's
// last stage is what the recorded event has, and a simulation with the recorded tasks' answers writes the recorded
// history. Without the cases the tests skip, on CI (environment CI=true) they fail.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <map>
#include <regex>
#include <string>
#include <vector>

#include "history/view/view.h"
#include "scheduler/asl/validate/compile.h"
#include "scheduler/ctl/data_flow.h"
#include "scheduler/ctl/virtual_run.h"
#include "tests/conformance/workflows/recorded_history.h"

namespace pawl::ctl {
namespace {

using asl::RecordedHistory;
using json::Value;

const std::vector<RecordedHistory>& Histories() {
  static const auto& histories =
      *new std::vector<RecordedHistory>(asl::ReadRecordedHistories(PAWL_SHARED "/conformance/cases"));
  return histories;
}

#define SKIP_WITHOUT_CASES()                                                  \
  if (Histories().empty()) {                                                  \
    const char* ci = std::getenv("CI");                                       \
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "the cases are missing"; \
    GTEST_SKIP() << "no cases in " PAWL_SHARED "/conformance/cases";          \
  }

std::string TypeOf(const Value& event) { return event.Find("type")->as_string(); }

const Value* DetailsOf(const Value& event) {
  for (const json::Member& member : event.members()) {
    if (member.key.ends_with("EventDetails")) return &member.value;
  }
  return nullptr;
}

std::string Detail(const Value& event, std::string_view key) {
  const Value* details = DetailsOf(event);
  const Value* value = details == nullptr ? nullptr : details->Find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

// A placeholder stands for what was recorded on one day only.
bool HasPlaceholder(const std::string& text) {
  static const std::regex placeholder("<[A-Za-z_*][^<>]*>");
  return std::regex_search(text, placeholder);
}

const ExecutionFacts& Facts() {
  static const auto& facts = *new ExecutionFacts{.arn = "arn:aws:states:us-east-1:000000000000:execution:m:e",
                                                 .name = "e",
                                                 .role_arn = "arn:aws:iam::000000000000:role/r",
                                                 .machine_arn = "arn:aws:states:us-east-1:000000000000:stateMachine:m",
                                                 .machine_name = "m"};
  return facts;
}

TEST(RecordedDataFlow, ExplainEndsWhereTheRecordedEventDoes) {
  SKIP_WITHOUT_CASES();
  int held = 0;
  for (const RecordedHistory& history : Histories()) {
    const asl::CompileResult compiled = asl::Compile(history.definition);
    if (compiled.program == nullptr || !history.is_numbered) continue;
    size_t exits = 0;
    for (const Value& event : history.events) exits += TypeOf(event).ends_with("StateExited") ? 1 : 0;
    size_t explained = 0;
    for (const StateVisit& visit : ExplainHistory(*compiled.program, Facts(), history.events)) {
      if (visit.exited_event == 0) continue;
      ++explained;
      ASSERT_FALSE(visit.stages.empty()) << history.name << " " << visit.state;
      const Value& last = visit.stages.back().value;
      EXPECT_EQ(visit.stages.back().name, "output") << history.name << " " << visit.state;
      const Value& exit = history.events[static_cast<size_t>(visit.exited_event) - 1];
      const std::string recorded = Detail(exit, "output");
      EXPECT_TRUE(json::Parse(recorded).ok() && last == *json::Parse(recorded)) << history.name << " " << visit.state;
      if (HasPlaceholder(recorded) || HasPlaceholder(json::Serialize(visit.stages.front().value))) continue;
      EXPECT_FALSE(visit.output_differs) << history.name << " " << visit.state << ": " << recorded;
      ++held;
    }
    EXPECT_EQ(explained, exits) << history.name;
  }
  std::printf("held the last stage of %d states against the recorded event\n", held);
  EXPECT_GT(held, 450);
}

// ---- simulate

struct Answers {
  std::map<std::string, std::deque<TaskAnswer>> by_state;
  std::string unsupported;  // why this history cannot be simulated
};

// Each task's answer as recorded, by the state that asked.
Answers AnswersOf(const RecordedHistory& history) {
  Answers answers;
  std::map<int64_t, std::string> state_of;  // by event
  std::map<std::string, bool> submitted;    // by state
  const bool dated = HasPlaceholder(Detail(history.events.front(), "input"));
  for (const Value& event : history.events) {
    const std::string type = TypeOf(event);
    if (dated && type.starts_with("WaitState")) answers.unsupported = "waits until a day of the past";
    if (!history.is_numbered) {
      if (type.starts_with("Task")) answers.unsupported = "whose task it is cannot be told";
      continue;
    }
    const int64_t id = *event.Find("id")->as_int64();
    state_of[id] =
        type.ends_with("StateEntered") ? Detail(event, "name") : state_of[*event.Find("previousEventId")->as_int64()];
    const bool of_task = type.starts_with("Task") || type.starts_with("LambdaFunction") || type.starts_with("Activity");
    if (type.starts_with("MapRun")) answers.unsupported = "a Map Run";
    if (type == "ExecutionAborted" || type == "TaskStateAborted") answers.unsupported = "is stopped from outside";
    if (!of_task || type.ends_with("StateEntered") || type.ends_with("StateExited")) continue;
    if (type.ends_with("TimedOut")) answers.unsupported = "a task that times out";
    if (type.ends_with("Submitted")) submitted[state_of[id]] = true;
    if (type.ends_with("Succeeded")) {
      answers.by_state[state_of[id]].push_back({core::TaskSuccess{Detail(event, "output")}});
    } else if (type.ends_with("Failed")) {
      answers.by_state[state_of[id]].push_back(
          {core::TaskFailure{Detail(event, "error"), Detail(event, "cause")}, !submitted[state_of[id]]});
    }
  }
  const std::string last = TypeOf(history.events.back());
  if (!last.starts_with("Execution") || last == "ExecutionStarted") answers.unsupported = "has no end";
  return answers;
}

bool IsSequential(const RecordedHistory& history) {
  for (const Value& event : history.events) {
    if (TypeOf(event).starts_with("Parallel") || TypeOf(event).starts_with("MapIteration")) return false;
  }
  return true;
}

// What of an event must be the same: type, place, and the payload where it is the same on every day.
std::string Essence(const Value& event, bool sequential) {
  std::string essence = TypeOf(event) + " " + Detail(event, "name");
  if (sequential) {  // then the ids are AWS's
    essence += " " + std::to_string(*event.Find("id")->as_int64()) + "<" +
               std::to_string(*event.Find("previousEventId")->as_int64());
  }
  return essence;
}

// Histories that a simulation writes otherwise, with the reason.
const std::map<std::string, std::string>& NotSimulated() {
  static const auto& excepted = *new std::map<std::string, std::string>{
      {"services.apigetway_task_service.invoke_with_headers_singleStringHeader-92b228/get_execution_history",
       "apigateway:invoke checks its arguments before the task is scheduled"},
  };
  return excepted;
}

// What an event tells besides, where it is the same on every day.
void ExpectSameDetails(const Value& simulated, const Value& recorded, const std::string& name) {
  for (const char* key : {"input", "output", "error", "cause", "location", "parameters"}) {
    const std::string then = Detail(recorded, key);
    const std::string now = Detail(simulated, key);
    if (HasPlaceholder(then)) continue;
    const auto parsed_then = json::Parse(then);
    const auto parsed_now = json::Parse(now);
    const bool same = parsed_then.ok() && parsed_now.ok() ? *parsed_then == *parsed_now : then == now;
    EXPECT_TRUE(same) << name << " " << TypeOf(recorded) << " " << key << "\n  now:  " << now << "\n  then: " << then;
  }
}

TEST(RecordedDataFlow, SimulationWritesTheRecordedHistory) {
  SKIP_WITHOUT_CASES();
  int held = 0;
  std::map<std::string, int> left_out;  // by reason
  for (const RecordedHistory& history : Histories()) {
    const asl::CompileResult compiled = asl::Compile(history.definition);
    Answers answers = AnswersOf(history);
    const std::string input = Detail(history.events.front(), "input");
    std::string reason = answers.unsupported;
    if (compiled.program == nullptr) reason = "its definition has an ARN that was not recorded";
    if (NotSimulated().contains(history.name)) reason = NotSimulated().at(history.name);
    if (reason.empty() && !json::IsValid(input)) reason = "its input was not recorded";
    if (!reason.empty()) {
      ++left_out[reason];
      continue;
    }
    VirtualRunOptions options;
    options.input = input;
    options.start = base::WallTime(std::chrono::seconds(1'750'000'000));
    options.run_task = [&](const std::string& state, const std::string&, int64_t) {
      std::deque<TaskAnswer>& waiting = answers.by_state[state];
      if (waiting.empty()) return TaskAnswer{absl::NotFoundError("no recorded answer for " + state)};
      TaskAnswer answer = waiting.front();
      waiting.pop_front();
      return answer;
    };
    const VirtualRunResult run = RunVirtually(*compiled.program, options);

    const bool sequential = IsSequential(history);
    std::vector<std::string> recorded;
    for (const Value& event : history.events) recorded.push_back(Essence(event, sequential));
    std::vector<std::string> simulated;
    std::vector<Value> events;
    Value last;
    for (const history::Event& event : run.events) {
      if (!event.is_public()) continue;
      last = json::Parse(history::ViewEvent(event, /*include_data=*/true)).value();
      simulated.push_back(Essence(last, sequential));
      events.push_back(last);
    }
    // Branches run at once: AWS's order among them is one of many.
    if (!sequential) {
      std::sort(recorded.begin(), recorded.end());
      std::sort(simulated.begin(), simulated.end());
    }
    EXPECT_EQ(simulated, recorded) << history.name << " " << run.stopped << "\n" << history.definition.substr(0, 600);
    ++held;
    if (sequential && simulated == recorded && !HasPlaceholder(input)) {
      for (size_t i = 0; i < events.size(); ++i) ExpectSameDetails(events[i], history.events[i], history.name);
    }
    const std::string output = Detail(history.events.back(), "output");
    if (output.empty() || HasPlaceholder(output) || HasPlaceholder(input)) continue;
    EXPECT_EQ(*json::Parse(Detail(last, "output").empty() ? "null" : Detail(last, "output")), *json::Parse(output))
        << history.name << "\n"
        << Detail(last, "output") << "\n"
        << output;
  }
  std::printf("held %d simulations against the recorded history\n", held);
  for (const auto& [reason, count] : left_out) std::printf("left out %d: %s\n", count, reason.c_str());
  EXPECT_GT(held, 400);
}

}  // namespace
}  // namespace pawl::ctl
