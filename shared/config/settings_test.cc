#include "shared/config/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace pawl::config {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

struct Options {
  int http_port = 8333;
  std::vector<std::string> postgres;
  std::chrono::milliseconds lease{5000};
  bool with_worker = false;
  double ratio = 0.5;
  std::string limits = "aws";
  std::string name;
};

// A binary's settings under test, with an environment and a file of its own.
class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() : settings_("pawl-test", "A test.") {
    settings_.Int("http-port", &options_.http_port, "Port of the API.", {.min = 0, .max = 65535});
    settings_.StringList("postgres", &options_.postgres, "Connection string.", {.secret = true});
    settings_.Duration("lease", &options_.lease, "Length of a lease.", {.min = std::chrono::seconds(1)});
    settings_.Bool("with-worker", &options_.with_worker, "Run a worker too.");
    settings_.Double("ratio", &options_.ratio, "A share.", {.min = 0, .max = 1});
    settings_.Choice("limits", &options_.limits, "Profile of limits.", {"aws", "strict", "open"});
    settings_.String("name", &options_.name, "Name.");
  }

  absl::Status Parse(const std::vector<std::string>& arguments) {
    return settings_
        .Parse(arguments,
               [this](const std::string& name) -> std::optional<std::string> {
                 const auto found = environment_.find(name);
                 if (found == environment_.end()) return std::nullopt;
                 return found->second;
               })
        .status();
  }

  std::string File(const std::string& text) {
    const std::string path = ::testing::TempDir() + "/pawl_settings_test.json";
    std::ofstream(path) << text;
    return path;
  }

  Options options_;
  Settings settings_;
  std::map<std::string, std::string> environment_;
};

TEST_F(SettingsTest, KeepsDefaultsWhenNothingIsGiven) {
  ASSERT_TRUE(Parse({}).ok());
  EXPECT_EQ(options_.http_port, 8333);
  EXPECT_EQ(options_.limits, "aws");
  EXPECT_EQ(settings_.Effective()[0].source, Source::kDefault);
}

TEST_F(SettingsTest, ReadsEveryTypeFromFlags) {
  options_.name = "default";
  ASSERT_TRUE(Parse({"--http-port", "1", "--postgres=host=a dbname=b", "--postgres", "host=c", "--lease", "2s",
                     "--with-worker", "--ratio=0.25", "--limits", "open", "--name="})
                  .ok());
  EXPECT_EQ(options_.http_port, 1);
  EXPECT_THAT(options_.postgres, ElementsAre("host=a dbname=b", "host=c"));
  EXPECT_EQ(options_.lease, std::chrono::seconds(2));
  EXPECT_TRUE(options_.with_worker);
  EXPECT_EQ(options_.ratio, 0.25);
  EXPECT_EQ(options_.limits, "open");
  EXPECT_EQ(options_.name, "");
}

TEST_F(SettingsTest, BoolMayBeTurnedOffAndStandBeforeAnotherFlag) {
  options_.with_worker = true;
  ASSERT_TRUE(Parse({"--with-worker=false", "--name", "x"}).ok());
  EXPECT_FALSE(options_.with_worker);
  ASSERT_TRUE(Parse({"--with-worker", "--name", "y"}).ok());
  EXPECT_TRUE(options_.with_worker);
  EXPECT_EQ(options_.name, "y");
}

TEST_F(SettingsTest, FlagWinsOverEnvironmentAndEnvironmentOverFile) {
  const std::string file = File(R"({"http_port": 1, "limits": "strict", "name": "file", "postgres": ["a", "b"]})");
  environment_ = {{"PAWL_HTTP_PORT", "2"}, {"PAWL_LIMITS", "open"}, {"PAWL_CONFIG", file}};
  ASSERT_TRUE(Parse({"--http-port", "3"}).ok());
  EXPECT_EQ(options_.http_port, 3);
  EXPECT_EQ(options_.limits, "open");
  EXPECT_EQ(options_.name, "file");
  EXPECT_THAT(options_.postgres, ElementsAre("a", "b"));
  EXPECT_EQ(settings_.Effective()[0].source, Source::kFlag);
  EXPECT_EQ(settings_.Effective()[5].source, Source::kEnvironment);
  EXPECT_EQ(settings_.Effective()[6].source, Source::kFile);
}

TEST_F(SettingsTest, VariableOfAListHoldsOneItemOrAJsonArray) {
  environment_ = {{"PAWL_POSTGRES", "host=a password=x;y,z"}};
  ASSERT_TRUE(Parse({}).ok());
  EXPECT_THAT(options_.postgres, ElementsAre("host=a password=x;y,z"));
  environment_ = {{"PAWL_POSTGRES", R"(["host=a", "host=b"])"}};
  ASSERT_TRUE(Parse({}).ok());
  EXPECT_THAT(options_.postgres, ElementsAre("host=a", "host=b"));
}

TEST_F(SettingsTest, UnknownKeyOfTheFileNamesTheNearest) {
  const absl::Status status = Parse({"--config", File(R"({"htp_port": 1})")});
  EXPECT_THAT(std::string(status.message()), HasSubstr("unknown key \"htp_port\"; the nearest is \"http_port\""));
}

TEST_F(SettingsTest, UnknownFlagNamesTheNearest) {
  EXPECT_THAT(std::string(Parse({"--http-prt=1"}).message()),
              HasSubstr("unknown flag --http-prt; the nearest is --http-port"));
  EXPECT_THAT(std::string(Parse({"stray"}).message()), HasSubstr("expected flags only, found \"stray\""));
}

TEST_F(SettingsTest, LeavesVariablesOfOtherBinariesAlone) {
  environment_ = {{"PAWL_SCHEDULER", "host:7333"}};
  EXPECT_TRUE(Parse({}).ok());
}

TEST_F(SettingsTest, SaysWhereABadValueCameFrom) {
  EXPECT_THAT(std::string(Parse({"--http-port", "70000"}).message()),
              HasSubstr("--http-port: expected integer from 0 to 65535, found \"70000\""));
  EXPECT_THAT(std::string(Parse({"--config", File(R"({"lease": 5})")}).message()),
              AllOf(HasSubstr("pawl_settings_test.json: \"lease\": expected duration"), HasSubstr("found 5")));
  environment_ = {{"PAWL_LIMITS", "none"}};
  EXPECT_THAT(std::string(Parse({}).message()), HasSubstr("PAWL_LIMITS: expected one of aws, strict, open"));
}

TEST_F(SettingsTest, RefusesAFileThatIsMissingOrNoObject) {
  EXPECT_THAT(std::string(Parse({"--config", "/no/such/file"}).message()), HasSubstr("/no/such/file"));
  EXPECT_FALSE(Parse({"--config", File("[]")}).ok());
  EXPECT_FALSE(Parse({"--config", File("{")}).ok());
}

TEST_F(SettingsTest, RefusesAMissingValue) {
  EXPECT_THAT(std::string(Parse({"--http-port"}).message()), HasSubstr("--http-port"));
}

TEST_F(SettingsTest, SaysWhichRequiredSettingIsMissing) {
  std::string scheduler;
  settings_.String("scheduler", &scheduler, "Address of the scheduler.", {.required = true});
  EXPECT_THAT(std::string(Parse({}).message()), HasSubstr("expected --scheduler (or PAWL_SCHEDULER)"));
  EXPECT_TRUE(Parse({"--scheduler", "a:1"}).ok());
}

TEST_F(SettingsTest, HelpNamesFlagsDefaultsAndRangesButNoSecrets) {
  options_.postgres = {"password=hunter2"};
  const auto outcome = settings_.Parse({"--help"}, [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(outcome->exit_text.has_value());
  EXPECT_THAT(*outcome->exit_text,
              AllOf(HasSubstr("--http-port NUMBER"), HasSubstr("integer from 0 to 65535"), HasSubstr("[8333]"),
                    HasSubstr("[5s]"), HasSubstr("PAWL_HTTP_PORT"), Not(HasSubstr("hunter2"))));
}

TEST_F(SettingsTest, VersionIsTheProgramsNameAndItsNumber) {
  const auto outcome = settings_.Parse({"--version"}, [](const std::string&) { return std::nullopt; });
  ASSERT_TRUE(outcome.ok());
  ASSERT_TRUE(outcome->exit_text.has_value());
  EXPECT_THAT(*outcome->exit_text, ::testing::MatchesRegex("pawl-test [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_F(SettingsTest, EffectiveValuesMaskSecrets) {
  ASSERT_TRUE(Parse({"--postgres", "password=hunter2"}).ok());
  EXPECT_EQ(settings_.Effective()[1].value, "***");
}

TEST(SettingsDeathTest, RefusesTwoSettingsOfOneName) {
  int a = 0;
  Settings settings("x", "y");
  settings.Int("port", &a, "A.");
  EXPECT_DEATH(settings.Int("port", &a, "B."), "declared once");
}

}  // namespace
}  // namespace pawl::config
