#include "shared/telemetry/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "shared/json/value.h"

namespace pawl::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Logger Collecting(std::vector<std::string>& lines, Level level_min = Level::kDebug) {
  return Logger([&lines](const LogRecord& record) { lines.push_back("{" + std::string(record.body) + "}"); },
                level_min);
}

TEST(Log, WritesMessageAndFieldsAsMembersOfOneObject) {
  std::vector<std::string> lines;
  Collecting(lines).Info("Taken over.", {{"partition", 12}, {"name", "a"}, {"seconds", 0.5}, {"is_new", true}});
  EXPECT_THAT(lines, ElementsAre(R"({"message":"Taken over.","partition":12,"name":"a","seconds":0.5,"is_new":true})"));
}

TEST(Log, BindsIdsToEveryLine) {
  std::vector<std::string> lines;
  const Logger log = Collecting(lines).With({{"component", "worker"}}).With({{"worker", "w-1"}});
  log.Warning("Late.");
  log.Error("Later.", {{"attempt", 2}});
  EXPECT_THAT(lines, ElementsAre(R"({"component":"worker","worker":"w-1","message":"Late."})",
                                 R"({"component":"worker","worker":"w-1","message":"Later.","attempt":2})"));
}

TEST(Log, DropsWhatIsBelowItsLevel) {
  std::vector<std::string> lines;
  const Logger log = Collecting(lines, Level::kWarning);
  log.Info("Unheard.");
  EXPECT_FALSE(log.Wants(Level::kInfo));
  EXPECT_TRUE(log.Wants(Level::kError));
  EXPECT_THAT(lines, IsEmpty());
}

TEST(Log, DropsEverythingWhenDefaultMade) {
  const Logger log;
  log.Error("Unheard.", {{"a", 1}});
  log.With({{"b", 2}}).Error("Unheard too.");
  EXPECT_FALSE(log.Wants(Level::kError));
}

TEST(Log, StaysValidJsonWhateverTheText) {
  std::vector<std::string> lines;
  Collecting(lines).Info("a \"quoted\"\nline \x01 \xff", {{"key\xfe", std::string(10000, 'x')}, {"nan", 0.0 / 0.0}});
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(json::IsValid(lines[0])) << lines[0];
  EXPECT_LT(lines[0].size(), 5000u);
  EXPECT_EQ(lines[0].find('\n'), std::string::npos);
}

TEST(Log, FileLinesCarryTimeAndLevelFirst) {
  const std::string path = ::testing::TempDir() + "/pawl_log_test.log";
  std::remove(path.c_str());
  MakeFileLogger(path, Level::kInfo).Warning("Disk nearly full.", {{"bytes", 7}});
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  const auto line = json::Parse(text.str());
  ASSERT_TRUE(line.ok()) << text.str();
  EXPECT_EQ(line->Find("time")->as_string().size(), std::string("2025-01-31T12:00:00.123Z").size());
  EXPECT_EQ(line->Find("level")->as_string(), "warning");
  EXPECT_EQ(line->Find("message")->as_string(), "Disk nearly full.");
  EXPECT_EQ(line->Find("bytes")->as_int64(), 7);
}

TEST(Log, FileThatCannotBeOpenedFallsBackToStderr) {
  ::testing::internal::CaptureStderr();
  MakeFileLogger("/proc/no/such/folder/x.log", Level::kInfo).Info("Still heard.");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("Still heard."));
}

TEST(Log, LevelNamesReadBack) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    Level read = Level::kDebug;
    EXPECT_TRUE(ParseLevel(LevelName(level), &read));
    EXPECT_EQ(read, level);
  }
  Level untouched = Level::kError;
  EXPECT_FALSE(ParseLevel("loud", &untouched));
  EXPECT_EQ(untouched, Level::kError);
}

}  // namespace
}  // namespace pawl::telemetry
