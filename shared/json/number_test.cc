#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/json/node.h"
#include "shared/json/value.h"

namespace pawl::json {
namespace {

TEST(Number, PrintsTheTextOfEcmaScript) {
  const std::pair<double, const char*> cases[] = {
      {0.0, "0"},
      {-0.0, "0"},
      {1.0, "1"},
      {-1.5, "-1.5"},
      {0.1, "0.1"},
      {0.1 + 0.2, "0.30000000000000004"},
      {100.0, "100"},
      {123456789.125, "123456789.125"},
      {1e15, "1000000000000000"},
      {1e20, "100000000000000000000"},
      {1e21, "1e+21"},
      {1.5e300, "1.5e+300"},
      {1e-6, "0.000001"},
      {1.25e-6, "0.00000125"},
      {1e-7, "1e-7"},
      {-1.25e-7, "-1.25e-7"},
      {5e-324, "5e-324"},
      {std::numeric_limits<double>::max(), "1.7976931348623157e+308"},
      {9007199254740993.0, "9007199254740992"},
  };
  for (const auto& [value, text] : cases) EXPECT_EQ(NumberToText(value), text);
}

TEST(Number, ReadsBackWhatItPrints) {
  uint64_t bits = 88172645463325252u;
  for (int i = 0; i < 20'000; ++i) {
    bits ^= bits << 13, bits ^= bits >> 7, bits ^= bits << 17;
    double value;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    ASSERT_EQ(Value::Double(value).as_double(), value);
  }
}

TEST(Number, KeepsItsText) {
  for (const char* text : {"1.0", "12345678901234567890", "-0", "1E+2", "0.10", "123456789012345678901234567890.5",
                           "-9223372036854775808", "18446744073709551615"}) {
    const absl::StatusOr<Value> value = Parse(text);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_EQ(value->number_text(), text);
    EXPECT_EQ(Serialize(*value), text);
    EXPECT_EQ(Value::NumberText(text).number_text(), text);
  }
}

TEST(Number, GivesWholeNumbersHoweverWritten) {
  const auto as_int64 = [](const char* text) { return Value::NumberText(text).as_int64(); };
  EXPECT_EQ(as_int64("3"), 3);
  EXPECT_EQ(as_int64("3.0"), 3);
  EXPECT_EQ(as_int64("3e0"), 3);
  EXPECT_EQ(as_int64("0.3e1"), 3);
  EXPECT_EQ(as_int64("-30e-1"), -3);
  EXPECT_EQ(as_int64("0.00"), 0);
  EXPECT_EQ(as_int64("-0"), 0);
  EXPECT_EQ(as_int64("0e99999999999999999999"), 0);
  EXPECT_EQ(as_int64("9223372036854775807"), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(as_int64("-9223372036854775808.000"), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(as_int64("9223372036854775808"), std::nullopt);
  EXPECT_EQ(as_int64("3.5"), std::nullopt);
  EXPECT_EQ(as_int64("1e99999999999999999999"), std::nullopt);
  EXPECT_EQ(as_int64("1e-99999999999999999999"), std::nullopt);
  EXPECT_EQ(Value::String("3").as_int64(), std::nullopt);
}

TEST(Number, GivesTheNearestDouble) {
  EXPECT_EQ(Value::NumberText("1e400").as_double(), std::numeric_limits<double>::infinity());
  EXPECT_EQ(Value::NumberText("-1e400").as_double(), -std::numeric_limits<double>::infinity());
  EXPECT_EQ(Value::NumberText("1e-400").as_double(), 0.0);
  EXPECT_EQ(Value::NumberText("0.1").as_double(), 0.1);
}

TEST(Number, ComparesExactly) {
  const auto compare = [](const char* a, const char* b) { return CompareNumberTexts(a, b); };
  EXPECT_EQ(compare("1", "1.0"), 0);
  EXPECT_EQ(compare("0.1e1", "100e-2"), 0);
  EXPECT_EQ(compare("-0", "0.0"), 0);
  EXPECT_LT(compare("12345678901234567890", "12345678901234567891"), 0);
  EXPECT_GT(compare("-1", "-1.5"), 0);
  EXPECT_GT(compare("0.01", "0.001"), 0);
  EXPECT_LT(compare("-2", "1e-300"), 0);
  EXPECT_GT(compare("1.1", "1"), 0);
  EXPECT_LT(compare("-1.1", "-1"), 0);
}

TEST(Number, KnowsTheGrammar) {
  for (const char* text : {"0", "-0", "10", "1.5", "1e5", "1E-5", "-1.5e+10"}) EXPECT_TRUE(IsNumberText(text)) << text;
  for (const char* text : {"", "-", "01", "1.", ".5", "+1", "1e", "1e+", "0x1", "NaN", "1 ", "--1"}) {
    EXPECT_FALSE(IsNumberText(text)) << text;
  }
}

}  // namespace
}  // namespace pawl::json
