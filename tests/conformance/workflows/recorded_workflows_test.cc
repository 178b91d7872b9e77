// Replays the executions recorded on AWS (../shared/conformance/cases) that call nobody, with the interpreter alone,
// and compares how they end: output, error and cause. Without the cases the test skips, on CI (environment CI=true) it
// fails.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"
#include "scheduler/asl/validate/compile.h"
#include "tests/conformance/workflows/local_run.h"

namespace pawl::asl {
namespace {

using json::Value;

// Recorded on one day of the past, or in need of what a local run has not.
const std::map<std::string, std::string>& Excepted() {
  static const auto& excepted = *new std::map<std::string, std::string>{
      {"base.wait.timestamp_too_far_in_future_boundary_24855-c88c3e", "does not end"},
      {"base.wait.timestamp_too_far_in_future_boundary_24856-aea205", "counts from the day of the recording"},
      {"scenarios.base_scenarios.max_concurrency_path_negative", "only the beginning is recorded"},
      {"sfn_api.get_execution_history_reversed", "asks for the history backwards"},
      {"error_handling.states_errors.start_large_input", "the limit of payloads is the engine's"},
  };
  return excepted;
}

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// "<...>" in recorded text stands for anything.
bool TextMatches(const std::string& expected, const std::string& actual) {
  if (expected.find('<') == std::string::npos) return expected == actual;
  static const std::regex special(R"([.^$|()\[\]{}*+?\\])");
  std::string pattern = std::regex_replace(expected, special, R"(\$&)");
  static const std::regex placeholder("<[^<>]*>");
  pattern = std::regex_replace(pattern, placeholder, "[\\s\\S]*");
  return std::regex_match(actual, std::regex(pattern));
}

bool Matches(const Value& expected, const Value& actual) {
  if (expected.is_string()) {
    if (actual.is_string()) return TextMatches(expected.as_string(), actual.as_string());
    // Non-objects are recorded as JSON text.
    absl::StatusOr<Value> parsed = json::Parse(expected.as_string());
    return TextMatches(expected.as_string(), json::Serialize(actual)) || (parsed.ok() && Matches(*parsed, actual));
  }
  if (actual.is_string()) {
    absl::StatusOr<Value> parsed = json::Parse(actual.as_string());
    if (parsed.ok() && !parsed->is_string() && Matches(expected, *parsed)) return true;
  }
  if (expected.is_object()) {
    if (!actual.is_object() || actual.size() != expected.size()) return false;
    return std::all_of(expected.members().begin(), expected.members().end(), [&](const json::Member& member) {
      const Value* other = actual.Find(member.key);
      return other != nullptr && Matches(member.value, *other);
    });
  }
  if (expected.is_array()) {
    if (!actual.is_array() || actual.size() != expected.size()) return false;
    for (size_t i = 0; i < expected.size(); ++i) {
      if (!Matches(expected.items()[i], actual.items()[i])) return false;
    }
    return true;
  }
  return expected == actual;
}

class Replay {
 public:
  explicit Replay(const Value& record) : record_(record) {}

  // Empty where all is as recorded, else what is not. `supported` is false where a local run is not enough.
  std::string Run(bool& supported) {
    for (const Value& step : record_.Find("steps")->items()) {
      const Value* call = step.Find("call");
      const Value* as = step.Find("as");
      const std::string name = as == nullptr ? "" : as->as_string();
      if (call == nullptr) {
        answers_[name] = last_;
      } else if (call->as_string() == "create_state_machine") {
        definition_ = Filled(step.Find("args")->Find("definition")->as_string());
        answers_[name] = Value::Object({});
      } else if (call->as_string() == "start_execution") {
        if (std::string wrong = Start(*step.Find("args"), supported); !wrong.empty()) return wrong;
        if (!supported) return "";
        answers_[name] = Value::Object({});
      } else if (call->as_string() == "get_execution_history") {
        answers_[name] = last_;
      } else {
        supported = false;
        return "";
      }
    }
    std::string wrong;
    for (const Value& expected : record_.Find("expected")->items()) {
      wrong += Compare(*expected.Find("of"), *expected.Find("value"));
    }
    return wrong;
  }

 private:
  std::string Start(const Value& arguments, bool& supported) {
    const CompileResult compiled = Compile(definition_);
    if (compiled.program == nullptr) return "does not compile: " + InvalidDefinitionMessage(compiled.diagnostics);
    const Value* input = arguments.Find("input");
    absl::StatusOr<Value> value = json::Parse(input == nullptr ? "{}" : Filled(input->as_string()));
    if (!value.ok()) {
      supported = false;
      return "";
    }
    LocalRun run = RunLocally(*compiled.program, *value);
    supported = run.supported;
    last_ = Value::Object({{"events", Value::Array(std::move(run.events))}});
    return "";
  }

  // ${d0} and ${s2.events[3].x} from before; ${u0} and the like are left as they are.
  std::string Filled(std::string text) {
    if (text.find("${") == std::string::npos) return text;
    static const std::regex reference(R"(\$\{([ds][0-9]+)([^}]*)\})");
    std::smatch match;
    std::string filled;
    while (std::regex_search(text, match, reference)) {
      filled += match.prefix();
      const std::string root = match[1];
      if (root[0] == 'd') {
        filled += Filled(record_.Find("definitions")->items()[std::stoul(root.substr(1))].as_string());
      } else {
        const Value* found = Resolve(root + std::string(match[2]));
        filled += found != nullptr && found->is_string() ? found->as_string() : "unknown";
      }
      text = match.suffix();
    }
    return filled + text;
  }

  const Value* Resolve(const std::string& reference) {
    static const std::regex root(R"(^s[0-9]+)");
    static const std::regex step(R"(^(?:\.([^.\[]+)|\[(-?[0-9]+)\]))");
    std::smatch match;
    std::string rest = reference;
    if (!std::regex_search(rest, match, root)) return nullptr;
    const Value* value = &answers_[match.str()];
    rest = match.suffix();
    while (value != nullptr && std::regex_search(rest, match, step)) {
      if (match[1].matched) {
        value = value->Find(match[1].str());
      } else {
        const int index = std::stoi(match[2].str());
        const int size = static_cast<int>(value->size());
        const int at = index < 0 ? size + index : index;
        value = value->is_array() && at < size ? &value->items()[static_cast<size_t>(at)] : nullptr;
      }
      rest = match.suffix();
    }
    return value;
  }

  std::string Compare(const Value& of, const Value& expected) {
    if (of.is_array()) {
      std::string wrong;
      for (size_t i = 0; i < of.size() && i < expected.size(); ++i)
        wrong += Compare(of.items()[i], expected.items()[i]);
      return wrong;
    }
    const Value* reference = of.Find("$ref");
    if (reference == nullptr) {
      const Value* output = of.Find("output");
      return output == nullptr ? "" : Compare(*output, *expected.Find("output"));
    }
    const Value* actual = Resolve(reference->as_string());
    const Value* events = expected.is_object() ? expected.Find("events") : nullptr;
    if (events != nullptr) return CompareEnd(*events, actual == nullptr ? Value() : *actual->Find("events"));
    if (actual == nullptr) return "nothing at " + reference->as_string() + "\n";
    return Matches(expected, *actual) ? "" : Differs(expected, *actual);
  }

  // The last event tells how it ended.
  static std::string CompareEnd(const Value& expected, const Value& actual) {
    const Value& theirs = expected.items()[expected.size() - 1];
    const Value& ours = actual.items()[actual.size() - 1];
    for (const char* part : {"type", "executionSucceededEventDetails", "executionFailedEventDetails"}) {
      const Value* wanted = theirs.Find(part);
      if (wanted == nullptr) continue;
      const Value* got = ours.Find(part);
      const Value plain = wanted->is_object() ? wanted->Without("outputDetails") : *wanted;
      if (got == nullptr || !Matches(plain, *got)) return Differs(theirs, ours);
    }
    return "";
  }

  static std::string Differs(const Value& expected, const Value& actual) {
    return "expected " + json::Serialize(expected) + "\n     got " + json::Serialize(actual) + "\n";
  }

  const Value& record_;
  std::map<std::string, Value> answers_;
  std::string definition_;
  Value last_;
};

TEST(RecordedWorkflows, EndAsTheyEndedOnAws) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PAWL_SHARED "/conformance/cases", error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (files.empty()) {
    const char* ci = std::getenv("CI");
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "the cases are missing";
    GTEST_SKIP() << "no cases in " PAWL_SHARED "/conformance/cases";
  }
  std::sort(files.begin(), files.end());
  int replayed = 0;
  for (const auto& file : files) {
    const absl::StatusOr<Value> record = json::Parse(ReadText(file));
    ASSERT_TRUE(record.ok()) << file;
    if (record->Find("kind")->as_string() != "execution") continue;
    if (Excepted().contains(record->Find("id")->as_string())) continue;
    bool supported = true;
    const std::string wrong = Replay(*record).Run(supported);
    if (!supported) continue;
    ++replayed;
    EXPECT_EQ(wrong, "") << file.filename() << "\n"
                         << record->Find("definitions")->items()[0].as_string().substr(0, 900);
  }
  RecordProperty("replayed", replayed);
  std::printf("replayed %d recorded executions\n", replayed);
  EXPECT_GT(replayed, 150);
}

}  // namespace
}  // namespace pawl::asl
