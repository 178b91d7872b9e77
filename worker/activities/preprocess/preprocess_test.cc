#include "worker/activities/preprocess/preprocess.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "shared/base/sanitizer.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"
#include "worker/activities/dataset/dataset.h"
#include "worker/activities/preprocess/split.h"
#include "worker/activities/testing/fake_task_context.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;

class PreprocessTest : public ::testing::Test {
 protected:
  PreprocessTest() {
    input_ = {{"input", directory_ / "in.csv"},
              {"output_path", directory_ / "out"},
              {"columns", {{{"name", "x"}, {"impute", "mean"}}, {{"name", "c"}, {"kind", "categorical"}}}},
              {"label", {{"column", "y"}}}};
  }
  void Put(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileAtomically(directory_.path() / name, text).ok());
  }
  nlohmann::json Run() {
    FakeTaskContext task(input_);
    absl::StatusOr<nlohmann::json> result = Preprocess(store_, task);
    if (result.ok()) return *result;
    const worker::ActivityError error = ToActivityError(result.status());
    return {{"Error", error.error}, {"Cause", error.cause}};
  }
  std::string Text(const nlohmann::json& result, const std::string& name) {
    return *ReadFile(std::filesystem::path(result["dataset"].get<std::string>()) / name);
  }
  TemporaryDirectory directory_;
  ArtifactStore store_{ActivityOptions{}};
  nlohmann::json input_;
};

TEST_F(PreprocessTest, WritesLabelFirstRowsAndEveryOtherRowWithItsReason) {
  Put("in.csv", "x,c,y\n1,a,10\n,b,20\n3,a,\nabc,a,1\n1,2\n5,a,30\n");
  input_["keep"] = {"c"};
  const nlohmann::json result = Run();
  ASSERT_TRUE(result.contains("dataset")) << result;
  EXPECT_EQ(Text(result, "train/data.csv"), "10,1,1,0,0\n20,3,0,1,0\n30,5,1,0,0\n");
  EXPECT_EQ(Text(result, "keys/train.csv"), "_row,c\n1,a\n2,b\n6,a\n");
  EXPECT_EQ(Text(result, "errors.csv"),
            "row,error,raw\n3,the label is missing,\"3,a,\"\n"
            "4,\"column 'x': expected a number, found 'abc'\",\"abc,a,1\"\n"
            "5,\"expected 3 cells, found 2\",\"1,2\"\n");
  EXPECT_EQ(result["rows_in"], 6);
  EXPECT_EQ(result["rows_refused"], 3);
}

TEST_F(PreprocessTest, SplitsByTimeAndFitsOnTrainingRowsOnly) {
  Put("in.csv",
      "x,c,t,y\n1,a,2013-01-01,1\n3,a,2013-01-02,2\n1000,z,2013-02-01,3\n9000,z,2013-03-01,4\n,z,2013-03-02,5\n");
  input_["split"] = {{"by", "time"}, {"column", "t"}, {"validation_from", "2013-02-01"}, {"test_from", "2013-03-01"}};
  const nlohmann::json result = Run();
  EXPECT_EQ(Text(result, "train/data.csv"), "1,1,1,0\n2,3,1,0\n");
  EXPECT_EQ(Text(result, "validation/data.csv"), "3,1000,0,1\n");
  // The missing value is the mean of the training rows, and category z is unknown to training.
  EXPECT_EQ(Text(result, "test/data.csv"), "4,9000,0,1\n5,2,0,1\n");
}

TEST_F(PreprocessTest, FindsTheBoundariesOfATimeSplitFromShares) {
  std::string text = "x,c,t,y\n";
  for (int i = 0; i < 100; ++i) {
    char day[40];
    std::snprintf(day, sizeof(day), "2013-%02d-%02d", 1 + (i * 37 % 100) / 28, 1 + (i * 37 % 100) % 28);
    text += "1,a," + std::string(day) + ",1\n";
  }
  Put("in.csv", text);
  input_["split"] = {{"by", "time"}, {"column", "t"}, {"validation", 0.2}, {"test", 0.1}};
  const nlohmann::json result = Run();
  EXPECT_NEAR(result["train"]["rows"].get<int>(), 70, 2);
  EXPECT_NEAR(result["validation"]["rows"].get<int>(), 20, 2);
}

TEST_F(PreprocessTest, SplitsBySeedTheSameWayEachTime) {
  std::string text = "x,c,y\n";
  for (int i = 0; i < 2000; ++i) text += std::to_string(i) + ",a,1\n";
  Put("in.csv", text);
  input_["split"] = {{"by", "seed"}, {"seed", 7}, {"validation", 0.1}, {"test", 0.2}};
  const nlohmann::json first = Run();
  input_["output_path"] = directory_ / "elsewhere";
  const nlohmann::json second = Run();
  EXPECT_EQ(first["train"]["sha256"], second["train"]["sha256"]);
  EXPECT_EQ(first["transform"]["sha256"], second["transform"]["sha256"]);
  EXPECT_NEAR(first["test"]["rows"].get<int>(), 400, 60);
  input_["split"]["seed"] = 8;
  EXPECT_NE(Run()["train"]["sha256"], first["train"]["sha256"]);
}

TEST_F(PreprocessTest, MakesBinaryAndClassLabelsAndWeights) {
  Put("in.csv", "x,c,y,k,w\n1,a,10,cat,2\n2,b,30,dog,0.5\n3,b,30,cow,1\n4,b,30,dog,-1\n");
  input_["weight"] = "w";
  input_["label"] = {{"column", "y"}, {"greater_than", 15}};
  EXPECT_EQ(Text(Run(), "train/data.csv"), "0,2,1,0,1,0\n1,0.5,2,1,0,0\n1,1,3,1,0,0\n");
  input_["label"] = {{"column", "k"}, {"classes", {"cat", "dog"}}};
  const nlohmann::json result = Run();
  EXPECT_EQ(Text(result, "train/data.csv"), "0,2,1,1,0,0\n1,0.5,2,0,1,0\n");
  EXPECT_EQ(result["rows_refused"], 2);
}

TEST_F(PreprocessTest, ReadsJsonLines) {
  Put("in.jsonl", "{\"x\":1,\"c\":\"a\",\"y\":5}\n{\"x\":null,\"c\":\"a\",\"y\":6}\n");
  input_["input"] = directory_ / "in.jsonl";
  EXPECT_EQ(Text(Run(), "train/data.csv"), "5,1,1,0\n6,1,1,0\n");
}

TEST_F(PreprocessTest, RunTwiceGivesTheFirstAnswerAgain) {
  Put("in.csv", "x,c,y\n1,a,10\n");
  const nlohmann::json first = Run();
  const auto stamp = std::filesystem::last_write_time(first["dataset"].get<std::string>());
  EXPECT_EQ(Run(), first);
  EXPECT_EQ(std::filesystem::last_write_time(first["dataset"].get<std::string>()), stamp);
}

TEST_F(PreprocessTest, SaysWhatIsWrongWithTheInput) {
  EXPECT_EQ(Run()["Error"], "DataNotFound");
  Put("in.csv", "x,c\n1,a\n");
  EXPECT_THAT(Run()["Cause"].get<std::string>(), HasSubstr("no column 'y'; it has x, c"));
  Put("in.csv", "x,c,y\n1,a,\n");
  EXPECT_THAT(Run()["Cause"].get<std::string>(), HasSubstr("no row is left for training"));
  input_["label"]["column"] = "x";
  EXPECT_THAT(Run()["Cause"].get<std::string>(), HasSubstr("must not be a feature"));
  input_.erase("columns");
  EXPECT_THAT(Run()["Cause"].get<std::string>(), HasSubstr("'columns'"));
}

TEST_F(PreprocessTest, StopsWhenCancelled) {
  Put("in.csv", "x,c,y\n1,a,10\n");
  std::string text = "x,c,y\n";
  for (int i = 0; i < 5000; ++i) text += "1,a,10\n";
  Put("in.csv", text);
  FakeTaskContext task(input_);
  task.Cancel();
  EXPECT_TRUE(absl::IsCancelled(Preprocess(store_, task).status()));
}

// README.md states the bound: 64 MiB here, whatever the file's size. The file is three times as large.
TEST_F(PreprocessTest, KeepsItsMemoryBoundOnAFileLargerThanIt) {
  if (base::kAddressSanitizer) GTEST_SKIP() << "the sanitizer's own memory hides the activity's";
  constexpr int64_t kBound = int64_t{64} << 20;
  {
    std::ofstream file(directory_ / "in.csv");
    file << "x,c,y,note\n";
    const std::string note(400, 'n');
    for (int64_t i = 0; i < 500'000; ++i)
      file << i * 7919 % 100'003 << ",c" << i % 9000 << ',' << i % 2 << ',' << note << '\n';
  }
  ASSERT_GT(std::filesystem::file_size(directory_ / "in.csv"), 3 * kBound);
  const pid_t child = fork();
  if (child == 0) {
    rusage before{}, after{};
    getrusage(RUSAGE_SELF, &before);
    input_["columns"][0]["impute"] = "median";
    const bool good = Run().contains("dataset");
    getrusage(RUSAGE_SELF, &after);
    const int64_t grown = (after.ru_maxrss - before.ru_maxrss) * 1024;
    _exit(!good ? 2 : grown > kBound ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0) << "1: above the bound; 2: failed";
}

TEST(Split, RefusesContradictions) {
  const auto message = [](const char* text) {
    return std::string(ParseSplitPlan(nlohmann::json::parse(text)).status().message());
  };
  EXPECT_THAT(message(R"({"by":"seed","validation":0.5,"test":0.6})"), HasSubstr("below 1"));
  EXPECT_THAT(message(R"({"by":"time"})"), HasSubstr("'column'"));
  EXPECT_THAT(message(R"({"by":"time","column":"t","validation_from":"2014","test_from":"2013-01-01"})"),
              HasSubstr("ISO 8601"));
  EXPECT_THAT(message(R"({"by":"time","column":"t","validation_from":"2014-01-01","test_from":"2013-01-01"})"),
              HasSubstr("before test_from"));
}

}  // namespace
}  // namespace pawl::activities
