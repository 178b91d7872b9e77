#include "worker/activities/common/output_slot.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"

namespace pawl::activities {
namespace {

class OutputSlotTest : public ::testing::Test {
 protected:
  absl::StatusOr<OutputSlot> Open(const nlohmann::json& key) {
    return OutputSlot::Open(store_, directory_.path().string(), "work", key);
  }
  TemporaryDirectory directory_;
  ArtifactStore store_{ActivityOptions{}};
};

TEST_F(OutputSlotTest, GivesTheAnswerOfAFinishedAttemptAgain) {
  auto slot = Open({{"x", 1}});
  ASSERT_TRUE(WriteFileAtomically(slot->work() / "out.txt", "hello").ok());
  nlohmann::json artifact = *slot->Artifact("out.txt");
  ASSERT_TRUE(slot->Commit({{"file", artifact}}).ok());

  auto again = Open({{"x", 1}});
  ASSERT_NE(again->finished(), nullptr);
  EXPECT_EQ((*again->finished())["file"], artifact);
  EXPECT_EQ(*ReadFile(artifact["uri"].get<std::string>()), "hello");
}

TEST_F(OutputSlotTest, OtherParametersHaveAnotherPlace) {
  auto slot = Open({{"x", 1}});
  ASSERT_TRUE(slot->Commit({{"done", true}}).ok());
  EXPECT_EQ(Open({{"x", 2}})->finished(), nullptr);
}

TEST_F(OutputSlotTest, AnAbandonedAttemptLeavesNothing) {
  {
    auto slot = Open({{"x", 1}});
    ASSERT_TRUE(WriteFileAtomically(slot->work() / "out.txt", "half").ok());
  }
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path()));
}

TEST_F(OutputSlotTest, SweepsTheWorkOfAProcessThatWasKilled) {
  auto slot = Open({{"x", 1}});
  const std::string mine = slot->work().filename().string();
  // The same name with the number of a process that cannot exist.
  const std::string prefix = mine.substr(0, mine.rfind(".work-") + 6);
  const std::filesystem::path orphan = directory_.path() / (prefix + "999999999-0");
  ASSERT_TRUE(WriteFileAtomically(orphan / "out.txt", "half").ok());
  auto next = Open({{"x", 1}});
  EXPECT_FALSE(std::filesystem::exists(orphan));
  EXPECT_TRUE(std::filesystem::exists(slot->work()));  // a living attempt is left alone
}

TEST_F(OutputSlotTest, OfTwoAttemptsAtOnceTheFirstWinsAndBothAnswerTheSame) {
  auto first = Open({{"x", 1}});
  auto second = Open({{"x", 1}});
  ASSERT_TRUE(first->Commit({{"by", "first"}}).ok());
  EXPECT_EQ((*second->Commit({{"by", "second"}}))["by"], "first");
}

TEST_F(OutputSlotTest, SaysSoWhenTheDiskRefuses) {
  ASSERT_TRUE(WriteFileAtomically(directory_.path() / "file", "x").ok());
  auto slot = OutputSlot::Open(store_, directory_ / "file", "work", {{"x", 1}});
  EXPECT_TRUE(absl::IsUnavailable(slot.status())) << slot.status();
}

}  // namespace
}  // namespace pawl::activities
