#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/report/line_chart.h"
#include "worker/activities/report/report_text.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string LinesOf(const char* json) { return ReportLines(nlohmann::json::parse(json)); }

TEST(ReportText, WritesMembersAsIndentedLines) {
  EXPECT_EQ(LinesOf(R"({"rows": 3, "inner": {"deep": {"a": {"b": true}}}})"),
            "inner:\n  deep:\n    a:\n      b true\nrows: 3\n");
}

TEST(ReportText, GivesAFigureWithItsIntervalOneLine) {
  EXPECT_EQ(LinesOf(R"({"auc": {"value": 0.68804890509, "low": 0.6701, "high": 0.7035364540033}})"),
            "auc: 0.688049 (0.6701 to 0.703536)\n");
}

TEST(ReportText, GivesAnArtifactOneLine) {
  EXPECT_EQ(LinesOf(R"({"model": {"uri": "s3://bucket/model", "bytes": 12, "sha256": "ab"}})"),
            "model: s3://bucket/model (12 bytes, sha256 ab)\n");
}

TEST(ReportText, NumbersTheItemsOfAnArray) {
  EXPECT_EQ(LinesOf(R"([{"name": "a", "value": 0.25}, 7, "text"])"), "1.\n  name a, value 0.25\n2. 7\n3. text\n");
}

TEST(ReportText, WrapsALongListAtAHundredColumns) {
  nlohmann::json parameters = nlohmann::json::object();
  for (int i = 0; i < 30; ++i) parameters["parameter_" + std::to_string(i)] = i;
  const std::string text = ReportLines({{"parameters", parameters}});
  for (size_t at = 0, end; at < text.size(); at = end + 1) {
    end = text.find('\n', at);
    EXPECT_LE(end - at, 100u);
  }
  EXPECT_THAT(text, HasSubstr("parameter_29 29"));
}

TEST(ReportText, KeepsWholeNumbersAndEmptyValuesAsTheyAre) {
  EXPECT_EQ(LinesOf(R"({"big": 9007199254740993, "none": null, "list": [], "members": {}})"),
            "big: 9007199254740993\nlist: []\nmembers: {}\nnone: null\n");
}

TEST(LineChart, PutsItsTicksAtRoundValues) {
  ChartLine line{.name = "train", .values = {}, .larger_is_better = false};
  for (int round = 0; round < 100; ++round) line.values.push_back(0.66 - 0.0034 * round);
  const std::string svg = DrawLineChart("A title", {{.title = "logloss", .lines = {line}}});
  for (const char* label : {">0.4<", ">0.5<", ">0.6<", ">0<", ">20<", ">80<", ">logloss<", ">A title<"}) {
    EXPECT_THAT(svg, HasSubstr(label));
  }
  EXPECT_THAT(svg, Not(HasSubstr(">99<")));
}

TEST(LineChart, DrawsOneRoundAndAFlatLine) {
  const ChartLine one{.name = "train", .values = {0.5}, .larger_is_better = true};
  EXPECT_THAT(DrawLineChart("", {{.title = "auc", .lines = {one}}}), HasSubstr("best 0.5 at 0"));
  const ChartLine flat{.name = "train", .values = {3, 3, 3}, .larger_is_better = true};
  EXPECT_THAT(DrawLineChart("", {{.title = "auc", .lines = {flat}}}), Not(HasSubstr("nan")));
}

TEST(LineChart, EscapesWhatXmlWouldRead) { EXPECT_THAT(DrawLineChart("a < b & c", {}), HasSubstr("a &lt; b &amp; c")); }

}  // namespace
}  // namespace pawl::activities
