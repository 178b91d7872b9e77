#include "shared/telemetry/text.h"

#include <gtest/gtest.h>

#include <string>

namespace pawl::telemetry {
namespace {

TEST(CleanText, LeavesValidTextAlone) {
  EXPECT_EQ(CleanText("", 10), "");
  EXPECT_EQ(CleanText("train-\xc3\xa9-\xe2\x82\xac-\xf0\x9f\x98\x80", 100),
            "train-\xc3\xa9-\xe2\x82\xac-\xf0\x9f\x98\x80");
}

TEST(CleanText, ReplacesEachByteThatBelongsToNoCharacter) {
  EXPECT_EQ(CleanText("a\xff"
                      "b",
                      100),
            "a\xef\xbf\xbd"
            "b");
  EXPECT_EQ(CleanText("\xc0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd");                  // overlong
  EXPECT_EQ(CleanText("\xed\xa0\x80", 100), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");  // a surrogate
  EXPECT_EQ(CleanText("x\xe2\x82", 100), "x\xef\xbf\xbd\xef\xbf\xbd");                // cut off
}

TEST(CleanText, CutsBetweenCharactersAndSaysSo) {
  EXPECT_EQ(CleanText("abcdef", 6), "abcdef");
  EXPECT_EQ(CleanText("abcdefg", 6), "abc...");
  EXPECT_EQ(CleanText("ab\xe2\x82\xac\xe2\x82\xac", 7), "ab...");
  EXPECT_EQ(CleanText("abcdefg", 2), "..");
}

}  // namespace
}  // namespace pawl::telemetry
