// Numbers for operators: counters, gauges and histograms with few, bounded label values, in Prometheus' text form.
//
// A module declares its metrics together, in a struct of handles that it makes once:
//
//   struct Metrics {
//     explicit Metrics(telemetry::Registry& registry)
//         : commits(registry.AddHistogram("pawl_partition_commit_seconds", "Time of one append.", kSecondsBuckets)),
//           started(registry.AddCounters("pawl_executions_started_total", "Executions started.", {{"state_machine"}}))
//           {}
//     telemetry::Histogram commits;
//     telemetry::Counters started;
//   };
//   metrics.commits.Observe(seconds);
//   metrics.started.With({machine}).Add();          // or keep the handle: With() takes a lock and a look-up
//
// Handles and families are small values, copied freely, valid while the Registry lives; default-made ones drop what
// they are given, so that tests need no registry. Names: `pawl_`, base units, counters end with `_total`.
//
// Labels stay bounded: each label has a number of distinct values that it may take (100 unless said), after which every
// further value is counted under `other`. Values are repaired to valid UTF-8 of at most 128 bytes.
//
// Thread rule: everything here may be called from any thread. Counters and gauges cost an atomic add, histograms a
// short lock. Misuse (a name used twice with another shape, a wrong number of label values) is a bug and CHECKs.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
}  // namespace prometheus

namespace pawl::telemetry {

class Counter {
 public:
  using Cell = prometheus::Counter;
  Counter() = default;
  explicit Counter(Cell* cell) : cell_(cell) {}
  void Add(double amount = 1) const;  // amount >= 0

 private:
  Cell* cell_ = nullptr;
};

class Gauge {
 public:
  using Cell = prometheus::Gauge;
  Gauge() = default;
  explicit Gauge(Cell* cell) : cell_(cell) {}
  void Set(double value) const;
  void Add(double amount) const;  // negative to subtract

 private:
  Cell* cell_ = nullptr;
};

class Histogram {
 public:
  using Cell = prometheus::Histogram;
  Histogram() = default;
  explicit Histogram(Cell* cell) : cell_(cell) {}
  void Observe(double value) const;

 private:
  Cell* cell_ = nullptr;
};

// From half a millisecond to five minutes; for latencies and commit times.
extern const std::vector<double> kSecondsBuckets;
// From a tenth of a second to a day; for states, tasks and executions.
extern const std::vector<double> kLongSecondsBuckets;
// 1, 2, 5, 10 ... 10,000; for batch sizes.
extern const std::vector<double> kCountBuckets;

struct Label {
  std::string name;
  int values_max = 100;
};

template <typename Handle>
struct FamilyState;

// Several series of one name, told apart by labels. The number and order of values follow the declared labels.
template <typename Handle>
class Family {
 public:
  Family() = default;
  explicit Family(std::shared_ptr<FamilyState<Handle>> state) : state_(std::move(state)) {}
  Handle With(std::initializer_list<std::string_view> values) const;

 private:
  std::shared_ptr<FamilyState<Handle>> state_;  // shared with the registry, which serves it
};

using Counters = Family<Counter>;
using Gauges = Family<Gauge>;
using Histograms = Family<Histogram>;

// A gauge's series as they are at the moment of a scrape.
struct Sample {
  std::vector<std::string> labels;
  double value;
};

struct MetricDescription {
  std::string name;
  std::string type;  // "counter", "gauge", "histogram"
  std::string help;
  std::vector<std::string> labels;
};

class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter AddCounter(const std::string& name, const std::string& help);
  Gauge AddGauge(const std::string& name, const std::string& help);
  Histogram AddHistogram(const std::string& name, const std::string& help, const std::vector<double>& buckets);
  Counters AddCounters(const std::string& name, const std::string& help, std::vector<Label> labels);
  Gauges AddGauges(const std::string& name, const std::string& help, std::vector<Label> labels);
  Histograms AddHistograms(const std::string& name, const std::string& help, std::vector<Label> labels,
                           const std::vector<double>& buckets);

  // A gauge that is asked for at each scrape, for numbers that a module knows anyway (backlog by queue): a series lives
  // as long as it is returned, and the values of those beyond a label's limit are summed under `other`. `read` runs on
  // the scraping thread, must not call this registry and must outlive it or be released by dropping the result.
  [[nodiscard]] std::shared_ptr<void> AddSampledGauge(const std::string& name, const std::string& help,
                                                      std::vector<Label> labels,
                                                      std::function<std::vector<Sample>()> read);

  // Text exposition format 0.0.4, families by name; a family without a series yet still shows HELP and TYPE.
  std::string Serialize() const;

  // Everything declared so far, by name; deploy/METRICS.md is checked against it.
  std::vector<MetricDescription> Describe() const;

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace pawl::telemetry
