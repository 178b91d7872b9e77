#include "tests/conformance/workflows/recorded_history.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace pawl::asl {
namespace {

using json::Member;
using json::Value;

std::string TextOf(const Value* object, std::string_view key) {
  const Value* value = object == nullptr ? nullptr : object->Find(key);
  return value != nullptr && value->is_string() ? value->as_string() : "";
}

// "s1" of "${s1.executionArn}".
std::string StepIn(const std::string& reference) {
  std::smatch match;
  static const std::regex root(R"(\$\{(s[0-9]+))");
  return std::regex_search(reference, match, root) ? match[1].str() : "";
}

Value AsText(const Value& payload) { return payload.is_string() ? payload : Value::String(json::Serialize(payload)); }

Value WithTextPayloads(const Value& event) {
  std::vector<Member> members;
  for (const Member& member : event.members()) {
    if (member.key == "timestamp") continue;
    if (!member.key.ends_with("EventDetails") || !member.value.is_object()) {
      members.push_back(member);
      continue;
    }
    std::vector<Member> details;
    for (const Member& detail : member.value.members()) {
      if (detail.key == "input" || detail.key == "output" || detail.key == "parameters") {
        details.push_back({detail.key, AsText(detail.value)});
      } else if (detail.key == "assignedVariables" && detail.value.is_object()) {
        std::vector<Member> variables;
        for (const Member& variable : detail.value.members())
          variables.push_back({variable.key, AsText(variable.value)});
        details.push_back({detail.key, Value::Object(std::move(variables))});
      } else {
        details.push_back(detail);
      }
    }
    members.push_back({member.key, Value::Object(std::move(details))});
  }
  return Value::Object(std::move(members));
}

class Case {
 public:
  explicit Case(const Value& record) : record_(record) {
    for (const Value& step : record.Find("steps")->items()) {
      const std::string call = TextOf(&step, "call");
      const std::string as = TextOf(&step, "as");
      const Value* arguments = step.Find("args");
      if (call == "create_state_machine") definitions_[as] = Filled(TextOf(arguments, "definition"));
      if (call == "update_state_machine") updated_ = true;
      if (call == "start_execution") machines_[as] = StepIn(TextOf(arguments, "stateMachineArn"));
      if (call == "get_execution_history") executions_[as] = StepIn(TextOf(arguments, "executionArn"));
    }
  }

  void AddHistories(std::vector<RecordedHistory>& histories) const {
    if (updated_) return;
    for (const Value& expected : record_.Find("expected")->items()) {
      const Value* of = expected.Find("of");
      const Value* value = expected.Find("value");
      const Value* events = value != nullptr ? value->Find("events") : nullptr;
      const auto execution = executions_.find(TextOf(of, "$ref"));
      if (events == nullptr || !events->is_array() || execution == executions_.end()) continue;
      const auto machine = machines_.find(execution->second);
      const auto definition = machine == machines_.end() ? definitions_.end() : definitions_.find(machine->second);
      if (definition == definitions_.end()) continue;
      RecordedHistory history{TextOf(&record_, "id") + "/" + TextOf(&expected, "key"), definition->second, {}};
      for (const Value& event : events->items()) history.events.push_back(WithTextPayloads(event));
      for (size_t i = 0; i < history.events.size(); ++i) {
        const std::optional<int64_t> id = history.events[i].Find("id")->as_int64();
        history.is_numbered = history.is_numbered && id == static_cast<int64_t>(i) + 1;
      }
      histories.push_back(std::move(history));
    }
  }

 private:
  // Definitions may name each other, an account, a region, and names made up for the recording.
  std::string Filled(std::string text) const {
    std::smatch match;
    std::string filled;
    static const std::regex placeholder(R"(\$\{([a-z]+)([0-9]*)[^}]*\})");
    while (std::regex_search(text, match, placeholder)) {
      filled += match.prefix();
      if (match[1] == "d") {
        filled += Filled(record_.Find("definitions")->items()[std::stoul(match[2])].as_string());
      } else if (match[1] == "region") {
        filled += "us-east-1";
      } else if (match[1] == "account") {
        filled += "000000000000";
      } else {
        filled += match[1].str() + match[2].str();
      }
      text = match.suffix();
    }
    return filled + text;
  }

  const Value& record_;
  std::map<std::string, std::string> definitions_;  // by the step that created the machine
  std::map<std::string, std::string> machines_;     // by the step that started the execution
  std::map<std::string, std::string> executions_;   // by the step that read the history
  bool updated_ = false;
};

}  // namespace

std::vector<RecordedHistory> ReadRecordedHistories(const std::string& folder) {
  std::set<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.insert(entry.path());
  }
  std::vector<RecordedHistory> histories;
  for (const auto& file : files) {
    std::ostringstream text;
    text << std::ifstream(file, std::ios::binary).rdbuf();
    const absl::StatusOr<Value> record = json::Parse(text.str());
    if (!record.ok() || TextOf(&*record, "kind") != "execution") continue;
    Case(*record).AddHistories(histories);
  }
  return histories;
}

}  // namespace pawl::asl
