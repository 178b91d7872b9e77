#include "shared/json/lone_surrogates.h"

#include <gtest/gtest.h>

#include "shared/json/value.h"

namespace pawl::json {
namespace {

TEST(LoneSurrogates, DoublesTheEscapeOfHalfAPair) {
  EXPECT_EQ(DoubleLoneSurrogateEscapes(R"(["\ud800"])"), R"(["\\ud800"])");
  EXPECT_EQ(DoubleLoneSurrogateEscapes(R"(["\uDFFFx"])"), R"(["\\uDFFFx"])");
  EXPECT_EQ(DoubleLoneSurrogateEscapes(R"(["\ud800\ud800"])"), R"(["\\ud800\\ud800"])");
  EXPECT_EQ(Parse(DoubleLoneSurrogateEscapes(R"(["\ud800"])")).value().items()[0].as_string(), "\\ud800");
}

TEST(LoneSurrogates, LeavesPairsOtherEscapesAndEscapedBackslashesAlone) {
  for (std::string_view text :
       {R"("\ud83d\ude00")", R"("\u00e9\n")", R"("\\ud800")", R"("\\\\ud800")", R"({})", R"("\ud8)"}) {
    EXPECT_EQ(DoubleLoneSurrogateEscapes(text), text);
  }
}

}  // namespace
}  // namespace pawl::json
