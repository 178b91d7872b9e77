#include "tests/simulation/scenario_file.h"

#include <map>
#include <sstream>
#include <vector>

#include "history/codec/codec.h"
#include "scheduler/core/testing/bench.h"
#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::simulation {
namespace {

using history::CallFate;
using partition::EngineBench;
using std::chrono::milliseconds;

milliseconds Duration(const std::string& text) {
  const int64_t count = std::stoll(text);
  return text.ends_with("ms") ? milliseconds(count) : milliseconds(count * 1'000);
}

class Runner {
 public:
  std::string Run(const std::string& text) {
    std::istringstream lines(text);
    std::string out;
    for (std::string line; std::getline(lines, line);) {
      if (line.starts_with("| ")) continue;
      out += line + "\n";
      if (line.empty() || line.starts_with("#")) continue;
      std::istringstream words(line);
      Do(words);
      bench_.Run(milliseconds(0));
      Look();
      for (const std::string& told : trace_) out += "| " + told + "\n";
      trace_.clear();
    }
    return out;
  }

 private:
  struct Waiting {
    std::string what;
    std::function<std::optional<std::string>()> answer;
  };

  void Do(std::istringstream& words) {
    std::string verb, first, second, third;
    words >> verb >> first;
    if (verb == "program") {
      std::getline(words >> std::ws, programs_[first]);
    } else if (verb == "boot") {
      words >> second;
      nodes_[first] =
          &bench_.Boot(first, [&](partition::Settings& settings) { settings.wants_all = second != "nothing"; });
      said_[first] = 0;
    } else if (verb == "want") {
      std::set<base::PartitionId> wanted;
      for (int32_t partition = 0; words >> partition;) wanted.emplace(partition);
      nodes_.at(first)->engine().SetWanted(wanted);
    } else if (verb == "crash") {
      bench_.Crash(first);
      nodes_.erase(first);
      waiting_.clear();
    } else if (verb == "usurp") {
      bench_.store().Usurp(base::PartitionId(std::stoi(first)), "somebody");
    } else if (verb == "advance") {
      Advance(Duration(first));
    } else if (verb == "append") {
      words >> second;
      CallFate fate;
      if (first == "slow") fate.delay = Duration(second);
      if (first == "lose") fate.outcome = CallFate::Outcome::kLostBefore;
      if (first == "lose-ack") fate.outcome = CallFate::Outcome::kLostAfter;
      bench_.NextAppend(fate);
    } else if (verb == "start") {
      words >> second >> third;
      std::string input = "{}";
      words >> input;
      partition::StartReply reply = nodes_.at(first)->Start(second, programs_.at(third), input);
      Wait("start " + second, [this, reply, name = second]() -> std::optional<std::string> {
        if (!reply->value) return std::nullopt;
        if (reply->value->ok()) entities_[name] = (*reply->value)->entity;
        return Code(reply->value->status());
      });
    } else if (verb == "stop") {
      words >> second;
      Wait("stop " + second, Status(nodes_.at(first)->Stop(entities_.at(second))));
    } else if (verb == "poll") {
      int slots = 1;
      words >> second >> slots;
      partition::PollReply reply = nodes_.at(first)->Poll(slots, second);
      Wait("poll " + second, [this, reply, session = second]() -> std::optional<std::string> {
        if (!reply->value) return std::nullopt;
        std::string text;
        for (const core::TaskDetails& task : *reply->value) {
          held_[session].push_back(task.task);
          text += (text.empty() ? "" : ", ") + task.state_name + " #" + std::to_string(task.task.attempt);
        }
        return text.empty() ? "nothing" : text;
      });
    } else if (verb == "complete" || verb == "fail") {
      words >> second >> third;
      core::TaskRef task = held_.at(second).back();
      core::CompleteTask command{
          .task = task, .outcome = core::TaskSuccess{third.empty() ? "{}" : third}, .from_holder = true};
      if (verb == "fail") command.outcome = core::TaskFailure{third, "why"};
      Wait(verb + " " + second, Status(nodes_.at(first)->Submit(task.entity, command)));
    } else {
      trace_.push_back("no such command");
    }
  }

  static std::string Code(const absl::Status& status) { return absl::StatusCodeToString(status.code()); }
  static std::function<std::optional<std::string>()> Status(partition::StatusReply reply) {
    return [reply]() -> std::optional<std::string> {
      if (!reply->value) return std::nullopt;
      return Code(*reply->value);
    };
  }
  void Wait(std::string what, std::function<std::optional<std::string>()> answer) {
    waiting_.push_back({std::move(what), std::move(answer)});
  }

  void Advance(milliseconds time) {
    // In small steps, so that the trace is in order.
    while (time.count() > 0) {
      milliseconds step = std::min(time, milliseconds(10));
      bench_.Run(step);
      Look();
      time -= step;
    }
  }

  void Look() {
    for (; rows_ < bench_.store().log().size(); ++rows_) {
      const auto& row = bench_.store().log()[rows_];
      std::string text;
      auto events = decoders_[row.row.entity].DecodeDecision(row.row.bytes);
      for (const history::Event& event : *events) {
        if (const auto* started = std::get_if<history::ExecutionStarted>(&event.body)) {
          names_[row.row.entity] = started->name;
        }
        text += " " + core::NameOf(event);
      }
      trace_.push_back("log " + names_[row.row.entity] + ":" + text);
    }
    for (auto& [name, node] : nodes_) {
      for (size_t& said = said_[name]; said < node->log_lines().size(); ++said) {
        trace_.push_back(name + " says: " + node->log_lines()[said]);
      }
    }
    std::erase_if(waiting_, [&](const Waiting& waiting) {
      std::optional<std::string> answer = waiting.answer();
      if (answer) trace_.push_back(waiting.what + ": " + *answer);
      return answer.has_value();
    });
  }

  EngineBench bench_{2};
  std::map<std::string, EngineBench::Node*> nodes_;
  std::map<std::string, std::string> programs_;
  std::map<std::string, base::EntityId> entities_;
  std::map<base::EntityId, std::string> names_;
  std::map<base::EntityId, history::Decoder> decoders_;
  std::map<std::string, std::vector<core::TaskRef>> held_;
  std::map<std::string, size_t> said_;
  std::vector<Waiting> waiting_;
  std::vector<std::string> trace_;
  size_t rows_ = 0;
};

}  // namespace

std::string RunScenarioFile(const std::string& text) { return Runner().Run(text); }

}  // namespace pawl::simulation
