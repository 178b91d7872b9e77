// Spoils real workflows (../shared/suites/workflows) in every way that a mistake may: a field of a wrong type, one that
// is missing, misspelt, or of the other dialect, a target that is not there. Whatever comes of it, the compiler answers
// with a program or with diagnostics, each with a code, a sentence and a place in the text. Without the suite the test
// skips, on CI (environment CI=true) it fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "scheduler/asl/validate/compile.h"
#include "shared/base/random.h"
#include "shared/base/sanitizer.h"
#include "shared/json/value.h"

namespace pawl::asl {
namespace {

using json::Member;
using json::Value;

constexpr int kMutantsOfEach = base::kAddressSanitizer ? 15 : 40;
constexpr size_t kTextMax = 60'000;

const std::vector<Value>& WrongValues() {
  static const auto& values = *new std::vector<Value>([] {
    std::vector<Value> all;
    for (const char* text : {"null",
                             "true",
                             "0",
                             "-1",
                             "1.5",
                             "1e300",
                             R"("x")",
                             R"("$.x")",
                             R"("$$.x")",
                             R"("$[")",
                             R"("")",
                             R"("{% $x %}")",
                             R"j("{% ( %}")j",
                             R"("{% $$ %}")",
                             R"j("States.Format('{}', 1)")j",
                             R"j("States.Nothing(")j",
                             "[]",
                             "{}",
                             "[1]",
                             R"({"a":1})",
                             R"([[]])",
                             R"({"a.$":"$.b"})",
                             R"({"a.$":1})",
                             R"("2024-01-01T00:00:00Z")"}) {
      all.push_back(*json::Parse(text));
    }
    all.push_back(Value::String(std::string(90, 'a')));
    return all;
  }());
  return values;
}

constexpr const char* kFields[] = {"InputPath",
                                   "OutputPath",
                                   "ResultPath",
                                   "Parameters",
                                   "ResultSelector",
                                   "Arguments",
                                   "Output",
                                   "Assign",
                                   "Items",
                                   "ItemsPath",
                                   "Condition",
                                   "Retry",
                                   "Catch",
                                   "Next",
                                   "End",
                                   "Type",
                                   "Result",
                                   "Seconds",
                                   "SecondsPath",
                                   "Timestamp",
                                   "TimestampPath",
                                   "Error",
                                   "ErrorPath",
                                   "Cause",
                                   "CausePath",
                                   "Credentials",
                                   "TimeoutSeconds",
                                   "TimeoutSecondsPath",
                                   "HeartbeatSeconds",
                                   "MaxConcurrency",
                                   "ItemReader",
                                   "ItemBatcher",
                                   "ResultWriter",
                                   "MaxConcurrencyPath",
                                   "ToleratedFailureCount",
                                   "Label",
                                   "Branches",
                                   "Iterator",
                                   "ItemProcessor",
                                   "ItemSelector",
                                   "ToleratedFailurePercentage",
                                   "Choices",
                                   "Default",
                                   "Variable",
                                   "And",
                                   "Or",
                                   "Not",
                                   "StringEquals",
                                   "IsPresent",
                                   "StartAt",
                                   "States",
                                   "ProcessorConfig",
                                   "ErrorEquals",
                                   "MaxAttempts",
                                   "BackoffRate",
                                   "Resource",
                                   "JitterStrategy",
                                   "MaxDelaySeconds",
                                   "QueryLanguage",
                                   "Unknown"};

class Mutator {
 public:
  explicit Mutator(uint64_t seed) : random_(seed) {}

  // `value` with one of its inner values changed; each level goes further down seven times out of eight.
  Value Spoil(const Value& value, bool is_root = false) {
    const bool container = (value.is_object() || value.is_array()) && value.size() > 0;
    if (!container || (!is_root && Below(8) == 0))
      return value.is_object() && Below(2) == 0 ? WithField(value) : Wrong();
    const size_t at = Below(value.size());
    if (value.is_array()) {
      std::vector<Value> items(value.items().begin(), value.items().end());
      items[at] = Spoil(items[at]);
      return Value::Array(std::move(items));
    }
    std::vector<Member> members(value.members().begin(), value.members().end());
    switch (Below(8)) {
      case 0:
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(at));
        break;
      case 1:
        members[at].key += Below(2) == 0 ? "Path" : ".$";
        break;
      default:
        members[at].value = Spoil(members[at].value);
    }
    return Value::Object(std::move(members));
  }

 private:
  size_t Below(size_t bound) { return static_cast<size_t>(random_.NextUint64() % bound); }
  Value Wrong() { return WrongValues()[Below(WrongValues().size())]; }
  Value WithField(const Value& object) { return object.With(kFields[Below(std::size(kFields))], Wrong()); }

  base::SeededRandom random_;
};

void ExpectSound(const std::string& text, const CompileResult& result) {
  const bool has_errors = std::any_of(result.diagnostics.begin(), result.diagnostics.end(),
                                      [](const Diagnostic& one) { return one.severity == Severity::kError; });
  EXPECT_EQ(result.program == nullptr, has_errors) << text;
  const auto lines = static_cast<size_t>(1 + std::count(text.begin(), text.end(), '\n'));
  for (const Diagnostic& one : result.diagnostics) {
    EXPECT_FALSE(one.code.empty()) << text;
    EXPECT_FALSE(one.message.empty()) << text;
    if (one.code == "MISSING_END_STATE") continue;  // AWS places it nowhere
    EXPECT_TRUE(one.line >= 1 && static_cast<size_t>(one.line) <= lines && one.column >= 1)
        << one.code << ": " << one.message << " at " << one.line << ":" << one.column << "\n"
        << text;
  }
}

TEST(MutatedWorkflows, AreCompiledOrRefusedWithAPlace) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PAWL_SHARED "/suites/workflows", error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    const char* ci = std::getenv("CI");
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "nothing in " PAWL_SHARED "/suites/workflows";
    GTEST_SKIP() << "nothing in " PAWL_SHARED "/suites/workflows";
  }
  int refused = 0;
  int accepted = 0;
  for (size_t i = 0; i < files.size(); ++i) {
    std::ostringstream content;
    content << std::ifstream(files[i], std::ios::binary).rdbuf();
    const absl::StatusOr<Value> workflow = json::Parse(content.str());
    if (!workflow.ok() || content.str().size() > kTextMax) continue;
    Mutator mutator(i + 1);
    for (int m = 0; m < kMutantsOfEach; ++m) {
      const std::string text = json::Serialize(mutator.Spoil(*workflow, /*is_root=*/true));
      const CompileResult result = Compile(text);
      ExpectSound(text, result);
      ++(result.program == nullptr ? refused : accepted);
    }
  }
  std::printf("%d mutants refused, %d accepted\n", refused, accepted);
  EXPECT_GT(refused, 1'000);
  EXPECT_GT(accepted, 100);
}

}  // namespace
}  // namespace pawl::asl
