#include "shared/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

namespace pawl::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, ShowsHelpTypeAndValueOfEachKind) {
  Registry registry;
  registry.AddCounter("pawl_calls_total", "Calls answered.").Add(3);
  registry.AddGauge("pawl_open", "Open things.").Set(-1.5);
  registry.AddHistogram("pawl_call_seconds", "Time of a call.", {0.1, 1}).Observe(0.5);
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("# HELP pawl_calls_total Calls answered.\n# TYPE pawl_calls_total counter\n"));
  EXPECT_THAT(text, HasSubstr("pawl_calls_total 3\n"));
  EXPECT_THAT(text, HasSubstr("pawl_open -1.5\n"));
  EXPECT_THAT(text, HasSubstr("pawl_call_seconds_bucket{le=\"0.1\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("pawl_call_seconds_bucket{le=\"+Inf\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("pawl_call_seconds_sum 0.5\n"));
}

TEST(Metrics, TellsSeriesApartByLabels) {
  Registry registry;
  const Counters calls = registry.AddCounters("pawl_calls_total", "Calls.", {{"method"}, {"code"}});
  calls.With({"start", "ok"}).Add();
  calls.With({"start", "ok"}).Add();
  calls.With({"stop", "ok"}).Add();
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("pawl_calls_total{method=\"start\",code=\"ok\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("pawl_calls_total{method=\"stop\",code=\"ok\"} 1\n"));
}

TEST(Metrics, DoesNotTakeLabelValuesApartAtTheWrongPlace) {
  Registry registry;
  const Counters calls = registry.AddCounters("pawl_calls_total", "Calls.", {{"a"}, {"b"}});
  calls.With({"xy", ""}).Add();
  calls.With({"x", "y"}).Add(2);
  calls.With({"", "xy"}).Add(3);
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("{a=\"xy\",b=\"\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{a=\"x\",b=\"y\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{a=\"\",b=\"xy\"} 3\n"));
}

TEST(Metrics, CountsValuesBeyondALabelsLimitUnderOther) {
  Registry registry;
  const Counters started = registry.AddCounters("pawl_started_total", "Started.", {{"machine", 2}});
  for (const char* machine : {"a", "b", "c", "d", "a"}) started.With({machine}).Add();
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("{machine=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("{machine=\"b\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("{machine=\"other\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("machine=\"c\"")));
}

TEST(Metrics, RepairsLabelValuesThatWouldSpoilAScrape) {
  Registry registry;
  const Counters started = registry.AddCounters("pawl_started_total", "Started.", {{"machine"}});
  started.With({"bad\xff\n\"quote\""}).Add();
  started.With({std::string(1000, 'x')}).Add();
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("{machine=\"bad\xef\xbf\xbd\\n\\\"quote\\\"\"} 1\n"));
  EXPECT_LT(text.size(), 500u);
}

TEST(Metrics, ShowsAFamilyBeforeItsFirstSeries) {
  Registry registry;
  registry.AddCounters("pawl_failed_total", "Failed.", {{"machine"}});
  EXPECT_EQ(registry.Serialize(), "# HELP pawl_failed_total Failed.\n# TYPE pawl_failed_total counter\n");
}

TEST(Metrics, DescribesWhatWasDeclaredInOrderOfName) {
  Registry registry;
  registry.AddGauges("pawl_pollers", "Pollers.", {{"queue"}});
  registry.AddHistogram("pawl_batch_events", "Batch.", kCountBuckets);
  const std::vector<MetricDescription> described = registry.Describe();
  ASSERT_EQ(described.size(), 2u);
  EXPECT_EQ(described[0].name, "pawl_batch_events");
  EXPECT_EQ(described[0].type, "histogram");
  EXPECT_EQ(described[1].help, "Pollers.");
  EXPECT_THAT(described[1].labels, ElementsAre("queue"));
}

TEST(Metrics, DeclaredTwiceTheSameIsOneFamily) {
  Registry registry;
  registry.AddCounter("pawl_calls_total", "Calls.").Add();
  registry.AddCounter("pawl_calls_total", "Calls.").Add();
  EXPECT_THAT(registry.Serialize(), HasSubstr("pawl_calls_total 2\n"));
}

TEST(Metrics, HandlesWithoutARegistryDropWhatTheyAreGiven) {
  Counter().Add();
  Gauge().Set(1);
  Histogram().Observe(1);
  Counters().With({"anything"}).Add();
}

TEST(Metrics, SampledGaugeShowsWhatItsReaderReturnsNow) {
  Registry registry;
  std::vector<Sample> now = {{{"a"}, 1}, {{"b"}, 2}};
  const auto hold = registry.AddSampledGauge("pawl_backlog_tasks", "Backlog.", {{"queue", 2}}, [&now] { return now; });
  EXPECT_THAT(registry.Serialize(), HasSubstr("pawl_backlog_tasks{queue=\"b\"} 2\n"));
  now = {{{"b"}, 5}, {{"c"}, 1}, {{"d"}, 10}, {{"e"}, 20}};
  const std::string text = registry.Serialize();
  EXPECT_THAT(text, HasSubstr("{queue=\"b\"} 5\n"));
  EXPECT_THAT(text, HasSubstr("{queue=\"other\"} 30\n"));
  EXPECT_THAT(text, Not(HasSubstr("{queue=\"a\"}")));
}

TEST(Metrics, SampledGaugeIsSilentAfterItsHoldIsDropped) {
  Registry registry;
  auto hold = registry.AddSampledGauge("pawl_backlog_tasks", "Backlog.", {}, [] {
    return std::vector<Sample>{{{}, 4}};
  });
  EXPECT_THAT(registry.Serialize(), HasSubstr("pawl_backlog_tasks 4\n"));
  hold.reset();
  EXPECT_THAT(registry.Serialize(), Not(HasSubstr("pawl_backlog_tasks 4\n")));
}

TEST(Metrics, CountsEveryCallOfManyThreads) {
  Registry registry;
  const Counters calls = registry.AddCounters("pawl_calls_total", "Calls.", {{"thread", 2}});
  const Histogram seconds = registry.AddHistogram("pawl_call_seconds", "Time.", kSecondsBuckets);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        calls.With({"x"}).Add();
        seconds.Observe(0.01);
        if (n % 100 == 0) registry.Serialize();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(registry.Serialize(), HasSubstr("{thread=\"x\"} 4000\n"));
  EXPECT_THAT(registry.Serialize(), HasSubstr("pawl_call_seconds_count 4000\n"));
}

TEST(MetricsDeathTest, RefusesNamesAgainstTheConventions) {
  Registry registry;
  EXPECT_DEATH(registry.AddCounter("pawl_calls", "Calls."), "_total");
  EXPECT_DEATH(registry.AddGauge("pawl_open_total", "Open."), "_total");
  EXPECT_DEATH(registry.AddGauge("open", "Open."), "pawl_");
  EXPECT_DEATH(registry.AddGauge("pawl_open", ""), "help");
}

TEST(MetricsDeathTest, RefusesOneNameForTwoThings) {
  Registry registry;
  registry.AddGauge("pawl_open", "Open.");
  EXPECT_DEATH(registry.AddHistogram("pawl_open", "Open.", {1}), "declared once");
}

}  // namespace
}  // namespace pawl::telemetry
