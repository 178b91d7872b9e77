#include "scheduler/catalog/catalog.h"

#include <gtest/gtest.h>

#include <deque>

namespace pawl::catalog {
namespace {

constexpr char kArn[] = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
constexpr char kOld[] = R"({"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}})";
constexpr char kNew[] = R"({"StartAt":"B","States":{"B":{"Type":"Pass","End":true}}})";

class FixedClock : public base::Clock {
 public:
  base::WallTime WallNow() const override { return base::WallTime(std::chrono::hours(1) + now); }
  base::MonotonicTime MonotonicNow() const override { return base::MonotonicTime(now); }
  std::chrono::milliseconds now{1000};
};

// One machine; reads are answered when the test says so, with what was there when they began.
class HeldStore : public CatalogStore {
 public:
  void FindMachine(MachineKey key, Done<std::optional<MachineRow>> done) override {
    MachineRow row{.key = key, .machine = {}, .definition_digest = Sha256Hex(definition)};
    row.machine.arn = kArn;
    row.machine.name = key.name;
    row.machine.definition = definition;
    row.machine.type = "STANDARD";
    std::optional<MachineRow> found;
    if (exists) found = row;
    reads.push_back([done, found] { done(found); });
  }
  void InsertMachine(MachineRow, Done<bool> done) override { done(true); }
  void ReplaceMachine(MachineRow row, Done<bool> done) override {
    definition = row.machine.definition;
    done(true);
  }
  void DeleteMachine(MachineKey, Done<bool> done) override { done(true); }
  void PublishVersion(MachineKey, std::optional<std::string>, std::string, base::WallTime,
                      Done<std::optional<PublishedVersion>> done) override {
    done(std::nullopt);
  }
  void FindVersion(MachineKey, int64_t, Done<std::optional<MachineRow>> done) override { done(std::nullopt); }
  void ListVersions(MachineKey, int64_t, int, Done<std::vector<PublishedVersion>> done) override {
    done(std::vector<PublishedVersion>{});
  }
  void DeleteVersion(MachineKey, int64_t, Done<bool> done) override { done(false); }
  void SetMachineTags(MachineKey, std::vector<gateway::Tag>, Done<bool> done) override { done(true); }
  void SetActivityTags(ActivityKey, std::vector<gateway::Tag>, Done<bool> done) override { done(true); }
  void ListMachines(std::string, std::string, std::string, int, Done<std::vector<MachineRow>> done) override {
    done(std::vector<MachineRow>{});
  }
  void InsertDefinition(std::string, std::string, Done<bool> done) override { done(true); }
  void FindDefinition(std::string, Done<std::optional<std::string>> done) override { done(std::nullopt); }
  void FindActivity(ActivityKey, Done<std::optional<gateway::Activity>> done) override { done(std::nullopt); }
  void InsertActivity(ActivityKey, gateway::Activity, Done<bool> done) override { done(true); }
  void DeleteActivity(ActivityKey, Done<bool> done) override { done(true); }
  void ListActivities(std::string, std::string, std::string, int, Done<std::vector<gateway::Activity>> done) override {
    done(std::vector<gateway::Activity>{});
  }

  void AnswerAll() {
    auto answers = std::move(reads);
    reads.clear();
    for (auto& answer : answers) answer();
  }

  bool exists = true;
  std::string definition = kOld;
  std::deque<std::function<void()>> reads;
};

class CatalogTest : public testing::Test {
 protected:
  void Find() {
    catalog_.Find(kArn, [this](absl::StatusOr<std::shared_ptr<const Machine>> found) {
      found_.push_back(found.ok() ? (*found)->row.machine.definition : "none");
    });
  }

  FixedClock clock_;
  base::SeededRandom random_{1};
  HeldStore store_;
  Catalog catalog_{store_, clock_, random_};
  std::vector<std::string> found_;
};

TEST_F(CatalogTest, Find_OfManyAtOnceIsOneRead) {
  for (int i = 0; i < 3; ++i) Find();
  EXPECT_EQ(store_.reads.size(), 1u);
  store_.AnswerAll();
  EXPECT_EQ(found_, (std::vector<std::string>{kOld, kOld, kOld}));
  Find();
  EXPECT_EQ(found_.size(), 4u);
  clock_.now += std::chrono::seconds(2);
  Find();
  EXPECT_EQ(store_.reads.size(), 1u);
}

TEST_F(CatalogTest, Find_TellsAllWhoWaitThatThereIsNone) {
  store_.exists = false;
  Find();
  Find();
  store_.AnswerAll();
  EXPECT_EQ(found_, (std::vector<std::string>{"none", "none"}));
}

TEST_F(CatalogTest, Find_GivesWhatWasWrittenHereWhileTheReadWasUnderWay) {
  Find();
  store_.AnswerAll();
  catalog_.Update({.arn = kArn, .definition = kOld}, [](const auto&) {});
  clock_.now += std::chrono::seconds(2);
  Find();  // reads the old one
  auto old_read = std::move(store_.reads);
  store_.reads.clear();
  clock_.now += std::chrono::milliseconds(1);
  catalog_.Create({.account = "000000000000", .region = "us-east-1"},
                  {.name = "m", .definition = kNew, .role_arn = {}, .type = "STANDARD"}, [](const auto&) {});
  for (auto& answer : old_read) answer();
  EXPECT_EQ(found_.back(), kNew);
}

TEST_F(CatalogTest, Create_ChecksAnExpressMachineThoughAStandardOneSaysTheSame) {
  const std::string definition =
      R"({"StartAt":"T","States":{"T":{"Type":"Task","Resource":"arn:aws:states:::states:startExecution.sync",)"
      R"("Parameters":{"StateMachineArn.$":"$.a"},"End":true}}})";
  std::vector<absl::Status> answers;
  for (const char* type : {"STANDARD", "EXPRESS"}) {
    catalog_.Create({.account = "000000000000", .region = "us-east-1"},
                    {.name = type, .definition = definition, .role_arn = {}, .type = type},
                    [&](const absl::StatusOr<gateway::StateMachine>& made) { answers.push_back(made.status()); });
  }
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_TRUE(answers[0].ok()) << answers[0];
  EXPECT_EQ(answers[1].message(),
            "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Express state machine does not support "
            "'.sync' service integration at /States/T/Resource'");
}

}  // namespace
}  // namespace pawl::catalog
