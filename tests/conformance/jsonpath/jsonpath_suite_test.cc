// Runs the selectors of suites/jsonpath/jayway.jsonl (beside the checkout, in ../shared) and compares with what Jayway
// answered. Without the file the test skips, on CI (environment CI=true) it fails.
#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "scheduler/asl/jsonpath/jsonpath.h"
#include "shared/json/value.h"

namespace pawl::asl::jsonpath {
namespace {

using json::Value;

// Empty where the answer is the recorded one, else what differs.
std::string Difference(const Value& record) {
  const absl::StatusOr<Path> path = Path::Compile(record.Find("selector")->as_string());
  const Value* error = record.Find("error");
  if (!path.ok()) {
    if (error != nullptr && error->as_string() != "PathNotFoundException") return "";
    return path.status().ToString();
  }
  if (const Value* definite = record.Find("definite");
      definite != nullptr && definite->as_bool() != path->is_definite()) {
    return path->is_definite() ? "is definite here" : "is indefinite here";
  }
  const absl::StatusOr<Value> answer = path->Evaluate(*record.Find("document"));
  if (error != nullptr) {
    if (answer.ok()) return "expected " + error->as_string() + ", but got " + json::Serialize(*answer);
    const bool not_found = error->as_string() == "PathNotFoundException";
    return not_found == absl::IsNotFound(answer.status()) ? "" : answer.status().ToString();
  }
  if (!answer.ok()) return answer.status().ToString();
  if (*answer == *record.Find("result")) return "";
  return "expected " + json::Serialize(*record.Find("result")) + ", but got " + json::Serialize(*answer);
}

TEST(JsonPathSuite, AnswersAsJaywayDoes) {
  std::ifstream file(PAWL_JSONPATH_SUITE);
  if (!file) {
    const char* ci = std::getenv("CI");
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "the suite is missing at " << PAWL_JSONPATH_SUITE;
    GTEST_SKIP() << "no suite at " << PAWL_JSONPATH_SUITE;
  }
  int count = 0;
  for (std::string line; std::getline(file, line); ++count) {
    const absl::StatusOr<Value> record = json::Parse(line);
    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_EQ(Difference(*record), "") << record->Find("id")->as_string() << ": "
                                       << record->Find("selector")->as_string();
  }
  EXPECT_GE(count, 172);
}

}  // namespace
}  // namespace pawl::asl::jsonpath
