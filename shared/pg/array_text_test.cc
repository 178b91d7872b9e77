#include "shared/pg/array_text.h"

#include "gtest/gtest.h"

namespace pawl::pg {
namespace {

TEST(ArrayText, QuotesTextsAndTellsNullFromAText) {
  EXPECT_EQ(ArrayText(std::vector<std::string>{}), "{}");
  EXPECT_EQ(ArrayText(std::vector<std::string>{"a", "", R"(b"c\d,{)"}), R"({"a","","b\"c\\d,{"})");
  EXPECT_EQ(ArrayText(std::vector<std::optional<std::string>>{"NULL", std::nullopt, "x"}), R"({"NULL",NULL,"x"})");
}

TEST(ArrayText, WritesNumbersAsTheyAre) {
  EXPECT_EQ(ArrayText(std::vector<int32_t>{}), "{}");
  EXPECT_EQ(ArrayText(std::vector<int64_t>{1, -2, int64_t{1} << 40}), "{1,-2,1099511627776}");
}

}  // namespace
}  // namespace pawl::pg
