// Compiles what lies beside the checkout in ../shared: suites/validation (definitions with their verdicts),
// suites/workflows (deployed ones, all accepted) and the validations recorded on AWS in conformance/cases. Without them
// the tests skip, on CI (environment CI=true) they fail.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "scheduler/asl/validate/compile.h"
#include "shared/json/value.h"

namespace pawl::asl {
namespace {

using json::Value;

std::string ReadText(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Sorted, so that failures come in one order everywhere.
std::vector<std::filesystem::path> FilesIn(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(std::string(PAWL_SHARED) + "/" + folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string Listed(const std::vector<Diagnostic>& diagnostics) {
  std::string list;
  for (const Diagnostic& one : diagnostics) {
    list += "\n  " + std::to_string(one.line) + ":" + std::to_string(one.column) + " " + one.code + ": " + one.message +
            " at " + one.location;
  }
  return list;
}

#define SKIP_WITHOUT(files, folder)                                                        \
  if ((files).empty()) {                                                                   \
    const char* ci = std::getenv("CI");                                                    \
    ASSERT_STRNE(ci == nullptr ? "" : ci, "true") << "nothing in " PAWL_SHARED "/" folder; \
    GTEST_SKIP() << "nothing in " PAWL_SHARED "/" folder;                                  \
  }

TEST(ValidationSuite, AcceptsEveryValidDefinition) {
  const auto files = FilesIn("suites/validation/valid");
  SKIP_WITHOUT(files, "suites/validation/valid");
  EXPECT_GE(files.size(), 45u);
  for (const auto& file : files) {
    const CompileResult result = Compile(ReadText(file));
    EXPECT_NE(result.program, nullptr) << file.filename() << Listed(result.diagnostics);
  }
}

TEST(ValidationSuite, RefusesEveryInvalidDefinitionWithAPlace) {
  const auto files = FilesIn("suites/validation/invalid");
  SKIP_WITHOUT(files, "suites/validation/invalid");
  EXPECT_GE(files.size(), 37u);
  for (const auto& file : files) {
    const CompileResult result = Compile(ReadText(file));
    EXPECT_EQ(result.program, nullptr) << file.filename();
    ASSERT_FALSE(result.diagnostics.empty()) << file.filename();
    if (std::getenv("PAWL_SHOW_DIAGNOSTICS") != nullptr) {
      std::printf("%s%s\n", file.filename().c_str(), Listed(result.diagnostics).c_str());
    }
  }
}

TEST(ValidationSuite, AcceptsEveryDeployedWorkflow) {
  const auto files = FilesIn("suites/workflows");
  SKIP_WITHOUT(files, "suites/workflows");
  EXPECT_GE(files.size(), 121u);
  for (const auto& file : files) {
    const CompileResult result = Compile(ReadText(file));
    EXPECT_NE(result.program, nullptr) << file.filename() << Listed(result.diagnostics);
  }
}

// ValidateStateMachineDefinition as recorded: result, and per diagnostic severity, code, message and location.
TEST(ValidationSuite, SaysWhatAwsSaid) {
  const auto files = FilesIn("conformance/cases/sfn_api_validation");
  SKIP_WITHOUT(files, "conformance/cases/sfn_api_validation");
  for (const auto& file : files) {
    const absl::StatusOr<Value> record = json::Parse(ReadText(file));
    ASSERT_TRUE(record.ok()) << file;
    const Value& arguments = *record->Find("steps")->items()[0].Find("args");
    const Value* type = arguments.Find("type");
    CompileOptions options;
    if (type != nullptr && type->as_string() == "EXPRESS") options.type = MachineType::kExpress;
    const CompileResult result = Compile(record->Find("definitions")->items()[0].as_string(), options);

    const Value& expected = *record->Find("expected")->items()[0].Find("value");
    EXPECT_EQ(result.program != nullptr, expected.Find("result")->as_string() == "OK") << file.filename();
    const Value& diagnostics = *expected.Find("diagnostics");
    ASSERT_EQ(result.diagnostics.size(), diagnostics.size()) << file.filename() << Listed(result.diagnostics);
    for (size_t i = 0; i < diagnostics.size(); ++i) {
      const Value& said = diagnostics.items()[i];
      const Value* location = said.Find("location");
      EXPECT_EQ(result.diagnostics[i].code, said.Find("code")->as_string());
      EXPECT_EQ(result.diagnostics[i].message, said.Find("message")->as_string());
      EXPECT_EQ(result.diagnostics[i].location, location == nullptr ? "" : location->as_string());
    }
  }
}

// Calls that AWS refused with InvalidDefinition: the message must be its own, word for word.
TEST(ValidationSuite, RefusesInTheWordsOfAws) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(PAWL_SHARED "/conformance/cases", error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  SKIP_WITHOUT(files, "conformance/cases");
  int refused = 0;
  for (const auto& file : files) {
    const std::string text = ReadText(file);
    const size_t at = text.find("Invalid State Machine Definition: '");
    if (at == std::string::npos) continue;
    const absl::StatusOr<Value> record = json::Parse(text);
    ASSERT_TRUE(record.ok()) << file;
    if (record->Find("kind")->as_string() == "test_state") continue;  // a state, not a machine
    const std::string said = text.substr(at, text.find("\"", at) - at);
    CompileOptions options;
    if (text.find("\"EXPRESS\"") != std::string::npos) options.type = MachineType::kExpress;
    // What the recording calls <partition> is "aws" in the definitions' resources.
    std::string expected = said;
    if (const size_t partition = expected.find("<partition>"); partition != std::string::npos) {
      expected.replace(partition, 11, "aws");
    }
    bool found = false;
    std::string got;
    for (const Value& definition : record->Find("definitions")->items()) {
      // The answer to CreateActivity, which the case fills in.
      const std::string filled = std::regex_replace(definition.as_string(), std::regex(R"(\$\{s[0-9]+\.activityArn\})"),
                                                    "arn:aws:states:here:1:activity:a");
      got = InvalidDefinitionMessage(Compile(filled, options).diagnostics);
      found = found || got == expected;
    }
    EXPECT_TRUE(found) << file.filename() << "\nexpected " << expected << "\n     got " << got;
    ++refused;
  }
  EXPECT_GT(refused, 8);
}

// Every machine that was created on AWS for a recording must be creatable here, unless AWS refused it.
TEST(ValidationSuite, AcceptsWhatAwsCreatedAndRefusesWhatItRefused) {
  const std::string root = "conformance/cases";
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(std::string(PAWL_SHARED) + "/" + root, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  SKIP_WITHOUT(files, "conformance/cases");
  int created = 0;
  for (const auto& file : files) {
    const std::string text = ReadText(file);
    const absl::StatusOr<Value> record = json::Parse(text);
    ASSERT_TRUE(record.ok()) << file;
    const std::string& kind = record->Find("kind")->as_string();
    if (kind != "execution" && kind != "express_sync" && kind != "activity") continue;
    if (text.find("InvalidDefinition") != std::string::npos) continue;
    for (const Value& definition : record->Find("definitions")->items()) {
      ++created;
      const CompileResult result = Compile(definition.as_string());
      EXPECT_NE(result.program, nullptr) << file.filename() << Listed(result.diagnostics) << "\n"
                                         << definition.as_string().substr(0, 600);
    }
  }
  EXPECT_GT(created, 300);
}

}  // namespace
}  // namespace pawl::asl
