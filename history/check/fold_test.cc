// What a check says of one execution's rows: nothing where they are as written, something wherever they were touched,
// and never an end of the process.
#include "history/check/fold.h"

#include <random>

#include "gtest/gtest.h"
#include "history/codec/codec_samples.h"

namespace pawl::history {
namespace {

struct Said {
  std::string kind;
  int64_t revision;
};

struct Told {
  std::vector<DecisionRow> rows;
  std::vector<ExecutionState> after;
};

Told Rows(uint64_t seed) {
  Told told;
  base::EventId last;
  for (const SampleDecision& decision : Sample(seed).Tell()) {
    base::EventId first = last.next();
    last = decision.after.last_event;
    told.rows.push_back({decision.after.id, static_cast<int64_t>(told.rows.size()) + 1, first,
                         EncodeDecision(decision.events, decision.names_before, decision.names)});
    told.after.push_back(decision.after);
    told.after.back().revision = static_cast<int64_t>(told.rows.size());
  }
  return told;
}

std::vector<Said> Check(const std::vector<DecisionRow>& rows, int64_t snapshot_revision = 0,
                        const std::string& bytes = "") {
  std::vector<Said> said;
  Fold fold(base::EntityId(), [&](const std::string& kind, int64_t revision, const std::string&) {
    said.push_back({kind, revision});
  });
  if (snapshot_revision > 0) fold.ExpectSnapshot(snapshot_revision, bytes);
  for (const DecisionRow& row : rows) fold.Add(row);
  fold.Finish();
  return said;
}

TEST(Fold, SaysNothingOfRowsAsTheyWereWritten) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Told told = Rows(seed);
    const size_t taken = seed % told.rows.size();
    const std::vector<Said> said = Check(told.rows, static_cast<int64_t>(taken) + 1, EncodeSnapshot(told.after[taken]));
    EXPECT_TRUE(said.empty()) << "seed " << seed << ": " << said[0].kind << " at " << said[0].revision;
  }
}

TEST(Fold, FindsAMissingRowAtItsRevision) {
  Told told = Rows(3);
  ASSERT_GT(told.rows.size(), 3u);
  told.rows.erase(told.rows.begin() + 1);
  const std::vector<Said> said = Check(told.rows);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0].kind, "gap");
  EXPECT_EQ(said[0].revision, 2);
}

TEST(Fold, FindsARevisionThatIsThereTwice) {
  Told told = Rows(3);
  told.rows.insert(told.rows.begin() + 2, told.rows[1]);
  const std::vector<Said> said = Check(told.rows);
  ASSERT_FALSE(said.empty());
  EXPECT_EQ(said[0].kind, "fork");
  EXPECT_EQ(said[0].revision, 2);
}

TEST(Fold, FindsARowThatIsFiledUnderAnotherEvent) {
  Told told = Rows(3);
  told.rows[1].first_event = base::EventId(told.rows[1].first_event.value() + 7);
  const std::vector<Said> said = Check(told.rows);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_EQ(said[0].kind, "replay");
}

TEST(Fold, FindsASnapshotOfAnotherStateAndOneBeyondTheLog) {
  Told told = Rows(3);
  const auto last = static_cast<int64_t>(told.rows.size());
  ExecutionState other = told.after[1];
  other.revision = 3;
  EXPECT_EQ(Check(told.rows, 3, EncodeSnapshot(other)).at(0).kind, "snapshot");
  EXPECT_EQ(Check(told.rows, 3, "no state").at(0).kind, "snapshot");
  EXPECT_EQ(Check(told.rows, last + 1, EncodeSnapshot(told.after.back())).at(0).kind, "snapshot");
}

// Rows of one execution under the revisions of another, in another order, or with bytes turned over: whatever that
// says, the process goes on, and a row that was moved is noticed.
TEST(Fold, OutlivesRowsThatDoNotBelongTogether) {
  std::mt19937_64 random(7);
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Told told = Rows(seed), other = Rows(seed + 1000);
    const size_t at = random() % told.rows.size();
    std::string& bytes = told.rows[at].bytes;
    switch (seed % 3) {
      case 0:
        bytes = other.rows[random() % other.rows.size()].bytes;
        break;
      case 1:
        std::swap(bytes, told.rows[random() % told.rows.size()].bytes);
        break;
      default:
        if (!bytes.empty()) bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    }
    Check(told.rows);
  }
  Told told = Rows(3);
  std::swap(told.rows[1].bytes, told.rows[2].bytes);
  EXPECT_FALSE(Check(told.rows).empty());
}

}  // namespace
}  // namespace pawl::history
