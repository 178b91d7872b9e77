#include "scheduler/ctl/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "scheduler/ctl/hint.h"
#include "scheduler/ctl/snippet.h"

namespace pawl::ctl {
namespace {

using ::testing::HasSubstr;

TEST(PrintTable, AlignsItsColumns) {
  std::ostringstream out;
  PrintTable(out, {"NAME", "STATUS"}, {{"a", "RUNNING"}, {"longer", ""}});
  EXPECT_EQ(out.str(), "NAME    STATUS\na       RUNNING\nlonger\n");
}

TEST(PrintFields, LeavesOutWhatIsEmpty) {
  std::ostringstream out;
  PrintFields(out, {{"Status", "FAILED"}, {"Output", ""}, {"Error", "E"}});
  EXPECT_EQ(out.str(), "Status:  FAILED\nError:   E\n");
}

TEST(FormatTime, WritesUtcWithMilliseconds) {
  EXPECT_EQ(FormatTime(1700000000.123), "2023-11-14T22:13:20.123Z");
  EXPECT_EQ(FormatTime(nullptr), "-");
}

TEST(Snippet, PointsAtTheColumn) {
  EXPECT_EQ(Snippet("one\ntwo three\n", 2, 5), "    two three\n        ^\n");
  EXPECT_EQ(Snippet("one", 1, 0), "    one\n");
}

TEST(Snippet, IsEmptyWhereThereIsNoSuchLine) {
  EXPECT_EQ(Snippet("one", 2, 1), "");
  EXPECT_EQ(Snippet("one", 0, 1), "");
}

TEST(Snippet, CutsLongLinesAroundTheColumn) {
  const std::string text = std::string(500, 'a') + "X" + std::string(500, 'b');
  const std::string snippet = Snippet(text, 1, 501);
  EXPECT_LT(snippet.size(), 250u);
  const size_t caret = snippet.find('^') - snippet.find('\n') - 1;
  EXPECT_EQ(snippet[caret], 'X');
}

TEST(HintFor, KnowsTheCommonMistakes) {
  const auto hint = [](const std::string& code, const std::string& message) {
    return HintFor({.code = code, .message = message}, R"({"States":{"Finish":{},"P":{"States":{"Train":{}}}}})");
  };
  EXPECT_EQ(hint("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Finished"), "did you mean \"Finish\"?");
  EXPECT_EQ(hint("MISSING_TRANSITION_TARGET", "Missing 'Next' target: train"), "did you mean \"Train\"?");
  EXPECT_THAT(hint("MISSING_TRANSITION_TARGET", "Missing 'Next' target: Deploy"), HasSubstr("check the spelling"));
  EXPECT_EQ(hint("SCHEMA_VALIDATION_FAILED", "Field 'Error Equals' is not supported"), "did you mean \"ErrorEquals\"?");
  EXPECT_THAT(hint("SCHEMA_VALIDATION_FAILED", "Field 'Bogus' is not supported"), HasSubstr("take it away"));
  EXPECT_THAT(hint("SCHEMA_VALIDATION_FAILED", "These fields are required: [Next]"), HasSubstr("missing fields"));
  EXPECT_EQ(hint("SOMETHING_ELSE", "?"), "");
}

}  // namespace
}  // namespace pawl::ctl
