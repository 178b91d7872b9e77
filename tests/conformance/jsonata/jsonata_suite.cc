// Runs the JSONata language's own test suite (groups of cases and datasets) against the evaluator, and prints
// "N passed, N failed" with a line per failed case.
//
// The suite lies beside the source tree in shared/suites/jsonata, or where PAWL_JSONATA_SUITE says. Without it the test
// is skipped, in CI (CI=true) it fails. A case's `timelimit` (milliseconds) becomes a limit of steps, `depth` the limit
// of nesting; the suite's code U1001 for both means the language's D1011 and D1012.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include "scheduler/asl/jsonata/jsonata.h"
#include "shared/base/sanitizer.h"
#include "shared/json/lone_surrogates.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonata {
namespace {

namespace fs = std::filesystem;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

json::Value ReadJson(const fs::path& path) {
  absl::StatusOr<json::Value> parsed = json::Parse(json::DoubleLoneSurrogateEscapes(ReadFile(path)));
  if (parsed.ok()) return *parsed;
  ADD_FAILURE() << path << ": " << parsed.status();
  return json::Value();
}

// Equality of results: numbers to 15 digits, arrays in any order where the case says so.
bool Same(const json::Value& a, const json::Value& b, bool unordered) {
  if (a.is_number() && b.is_number()) {
    double x = a.as_double();
    double y = b.as_double();
    return x == y || std::abs(x - y) <= std::abs(y) * 1e-15;
  }
  if (a.is_array() && b.is_array()) {
    if (a.size() != b.size()) return false;
    std::vector<json::Value> left(a.items().begin(), a.items().end());
    for (const json::Value& item : b.items()) {
      auto found =
          unordered ? std::find_if(left.begin(), left.end(), [&](const json::Value& v) { return Same(v, item, true); })
                    : (Same(left.front(), item, false) ? left.begin() : left.end());
      if (found == left.end()) return false;
      left.erase(found);
    }
    return true;
  }
  if (a.is_object() && b.is_object()) {
    if (a.size() != b.size()) return false;
    for (const json::Member& member : a.members()) {
      const json::Value* other = b.Find(member.key);
      if (other == nullptr || !Same(member.value, *other, unordered)) return false;
    }
    return true;
  }
  return a == b;
}

class Suite {
 public:
  explicit Suite(fs::path root) : root_(std::move(root)) {
    for (const auto& entry : fs::directory_iterator(root_ / "datasets")) {
      datasets_[entry.path().stem().string()] = ReadJson(entry.path());
    }
  }

  void Run() {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(root_ / "groups")) {
      if (entry.path().extension() == ".json") files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) {
      json::Value cases = ReadJson(file);
      std::string name = file.parent_path().filename().string() + "/" + file.stem().string();
      if (!cases.is_array()) {
        RunCase(name, file.parent_path(), cases);
        continue;
      }
      size_t number = 0;
      for (const json::Value& one : cases.items()) {
        RunCase(name + "_" + std::to_string(number++), file.parent_path(), one);
      }
    }
    std::cout << passed << " passed, " << failed << " failed" << std::endl;
  }

  int passed = 0;
  int failed = 0;

 private:
  void RunCase(const std::string& name, const fs::path& folder, const json::Value& one) {
    const json::Value* expression = one.Find("expr");
    std::string text =
        expression != nullptr ? expression->as_string() : ReadFile(folder / one.Find("expr-file")->as_string());
    std::string complaint = Check(text, one);
    if (complaint.empty()) {
      ++passed;
    } else {
      ++failed;
      std::cout << "FAILED " << name << ": " << text << "\n  " << complaint << std::endl;
    }
  }

  static std::string ExpectedCode(const json::Value& one) {
    if (const json::Value* code = one.Find("code")) return code->as_string();
    const json::Value* error = one.Find("error");
    return error == nullptr ? "" : error->Find("code")->as_string();
  }

  static std::string CheckError(const Error& error, const json::Value& one) {
    std::string wanted = ExpectedCode(one);
    bool limit = wanted == "U1001" && (error.code == "D1011" || error.code == "D1012");
    if (error.code != wanted && !limit)
      return "error " + error.code + " (" + error.message + "), expected " + (wanted.empty() ? "a result" : wanted);
    for (const json::Value* from : {&one, one.Find("error")}) {
      if (from == nullptr) continue;
      const json::Value* token = from->Find("token");
      if (token != nullptr && token->as_string() != error.token) return "token " + error.token;
      const json::Value* message = from->Find("message");
      if (message != nullptr && message->as_string() != error.message) return "message " + error.message;
    }
    if (error.message.empty()) return error.code + " has no message";
    return "";
  }

  std::string Check(const std::string& text, const json::Value& one) {
    auto compiled = Expression::Compile(text);
    if (const Error* error = std::get_if<Error>(&compiled)) return CheckError(*error, one);
    std::optional<json::Value> input;
    const json::Value* dataset = one.Find("dataset");
    if (const json::Value* data = one.Find("data")) {
      input = *data;
    } else if (dataset != nullptr && dataset->is_string()) {
      input = datasets_.at(dataset->as_string());
    }
    Environment environment;
    environment.now = std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    base::SeededRandom random(1);
    environment.random = &random;
    if (const json::Value* bindings = one.Find("bindings")) {
      for (const json::Member& member : bindings->members())
        environment.bindings.emplace_back(member.key, member.value);
    }
    constexpr int64_t kStepsPerMillisecond = base::kAddressSanitizer ? 1'000 : 20'000;
    if (const json::Value* limit = one.Find("timelimit")) {
      environment.limits.steps_max = *limit->as_int64() * kStepsPerMillisecond;
    }
    if (const json::Value* depth = one.Find("depth"))
      environment.limits.depth_max = static_cast<int>(*depth->as_int64());
    Result result = std::get<Expression>(compiled).Evaluate(input, environment);
    if (const Error* error = std::get_if<Error>(&result)) return CheckError(*error, one);
    if (const auto* unsupported = std::get_if<Unsupported>(&result)) {
      return one.Find("undefinedResult") != nullptr ? "" : "a " + unsupported->kind;
    }
    const auto& value = std::get<std::optional<json::Value>>(result);
    std::string got = value ? json::Serialize(*value) : "undefined";
    if (!ExpectedCode(one).empty()) return "result " + got + ", expected error " + ExpectedCode(one);
    if (one.Find("undefinedResult") != nullptr) return value ? "result " + got + ", expected undefined" : "";
    const json::Value* wanted = one.Find("result");
    if (wanted == nullptr) return "";
    const json::Value* unordered = one.Find("unordered");
    if (value && Same(*value, *wanted, unordered != nullptr && unordered->as_bool())) return "";
    return "result " + got.substr(0, 2000) + "\n  expected " + json::Serialize(*wanted).substr(0, 2000);
  }

  fs::path root_;
  std::map<std::string, json::Value> datasets_;
};

TEST(JsonataSuite, PassesEveryCase) {
  const char* given = std::getenv("PAWL_JSONATA_SUITE");
  fs::path root = given != nullptr ? fs::path(given) : fs::path(PAWL_SOURCE_DIR) / "../shared/suites/jsonata";
  if (!fs::exists(root / "groups")) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") FAIL() << "the JSONata suite is not at " << root;
    GTEST_SKIP() << "the JSONata suite is not at " << root;
  }
  Suite suite(root);
  suite.Run();
  EXPECT_EQ(suite.failed, 0);
  EXPECT_GE(suite.passed, 1261);
}

}  // namespace
}  // namespace pawl::asl::jsonata
