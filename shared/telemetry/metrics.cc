#include "shared/telemetry/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>
#include <set>
#include <span>
#include <sstream>
#include <unordered_map>

#include "shared/base/check.h"
#include "shared/telemetry/text.h"

namespace pawl::telemetry {
namespace {

constexpr size_t kLabelBytesMax = 128;
constexpr std::string_view kOther = "other";

using LabelValues = std::vector<std::string>;

bool IsName(std::string_view name) {
  if (name.empty() || name.front() < 'a' || name.front() > 'z') return false;
  for (const char c : name) {
    if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_') return false;
  }
  return true;
}

// Which values each label of a family has taken, and the bound on them.
class LabelBounds {
 public:
  explicit LabelBounds(std::vector<Label> labels) : labels_(std::move(labels)), seen_(labels_.size()) {}

  const std::vector<Label>& labels() const { return labels_; }

  // The value to use for label `index` instead of `value`.
  std::string Bound(size_t index, std::string_view value) {
    std::string clean = CleanText(value, kLabelBytesMax);
    std::set<std::string>& seen = seen_[index];
    if (seen.contains(clean)) return clean;
    if (static_cast<int>(seen.size()) >= labels_[index].values_max) return std::string(kOther);
    seen.insert(clean);
    return clean;
  }

 private:
  std::vector<Label> labels_;
  std::vector<std::set<std::string>> seen_;
};

std::vector<prometheus::ClientMetric::Label> PrometheusLabels(const std::vector<Label>& labels,
                                                              const LabelValues& values) {
  std::vector<prometheus::ClientMetric::Label> result;
  for (size_t i = 0; i < labels.size(); ++i) result.push_back({labels[i].name, values[i]});
  return result;
}

template <typename Cell>
std::unique_ptr<Cell> MakeCell(const std::vector<double>&) {
  return std::make_unique<Cell>();
}
template <>
std::unique_ptr<prometheus::Histogram> MakeCell(const std::vector<double>& buckets) {
  return std::make_unique<prometheus::Histogram>(buckets);
}

std::string TypeName(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    case prometheus::MetricType::Summary:
    case prometheus::MetricType::Untyped:
      break;
  }
  return "untyped";
}

// One declared name: what a scrape reads.
class Source {
 public:
  virtual ~Source() = default;
  virtual prometheus::MetricType type() const = 0;
  virtual std::vector<prometheus::ClientMetric> Collect() = 0;
  virtual const std::vector<Label>& labels() const = 0;
};

}  // namespace

// The series of a family; cells stay where they are for as long as the family lives.
template <typename Handle>
struct FamilyState : Source {
  using Cell = typename Handle::Cell;

  FamilyState(std::vector<Label> labels, std::vector<double> cell_buckets)
      : bounds(std::move(labels)), buckets(std::move(cell_buckets)) {}

  prometheus::MetricType type() const override { return Cell::metric_type; }
  const std::vector<Label>& labels() const override { return bounds.labels(); }

  Handle With(std::span<const std::string_view> values) {
    PAWL_CHECK(values.size() == labels().size(), "a series has one value for each declared label");
    const std::lock_guard lock(mutex);
    key.clear();
    for (const std::string_view value : values) key.append(value).push_back('\0');
    if (const auto known = by_key.find(key); known != by_key.end()) return Handle(known->second);
    LabelValues bounded;
    std::string bounded_key;
    for (size_t i = 0; i < values.size(); ++i) {
      bounded.push_back(bounds.Bound(i, values[i]));
      bounded_key.append(bounded.back()).push_back('\0');
    }
    std::unique_ptr<Cell>& cell = cells[std::move(bounded)];
    if (cell == nullptr) cell = MakeCell<Cell>(buckets);
    // Only what was taken as it came, so that this index is bounded as the series are.
    if (bounded_key == key) by_key.emplace(key, cell.get());
    return Handle(cell.get());
  }

  std::vector<prometheus::ClientMetric> Collect() override {
    const std::lock_guard lock(mutex);
    std::vector<prometheus::ClientMetric> series;
    for (const auto& [values, cell] : cells) {
      prometheus::ClientMetric one = cell->Collect();
      one.label = PrometheusLabels(labels(), values);
      series.push_back(std::move(one));
    }
    return series;
  }

  std::mutex mutex;
  LabelBounds bounds;
  const std::vector<double> buckets;
  std::map<LabelValues, std::unique_ptr<Cell>> cells;
  // The look-up that is usually enough, and the memory in which its key is put together.
  std::unordered_map<std::string, Cell*> by_key;
  std::string key;
};

namespace {

class SampledSource : public Source {
 public:
  SampledSource(std::vector<Label> labels, std::function<std::vector<Sample>()> read)
      : labels_(std::move(labels)), read_(std::move(read)) {}

  prometheus::MetricType type() const override { return prometheus::MetricType::Gauge; }
  const std::vector<Label>& labels() const override { return labels_; }

  // After this returns, `read` is not running and will not run again.
  void Release() {
    const std::lock_guard lock(mutex_);
    read_ = nullptr;
  }

  std::vector<prometheus::ClientMetric> Collect() override {
    const std::lock_guard lock(mutex_);
    if (read_ == nullptr) return {};
    LabelBounds bounds(labels_);  // fresh each time: what is not returned any more makes room
    std::map<LabelValues, double> sums;
    for (const Sample& sample : read_()) {
      PAWL_CHECK(sample.labels.size() == labels_.size(), "a sample has one value for each declared label");
      LabelValues values;
      for (size_t i = 0; i < labels_.size(); ++i) values.push_back(bounds.Bound(i, sample.labels[i]));
      sums[std::move(values)] += sample.value;
    }
    std::vector<prometheus::ClientMetric> series;
    for (const auto& [values, value] : sums) {
      prometheus::ClientMetric one;
      one.gauge.value = value;
      one.label = PrometheusLabels(labels_, values);
      series.push_back(std::move(one));
    }
    return series;
  }

 private:
  const std::vector<Label> labels_;
  std::mutex mutex_;
  std::function<std::vector<Sample>()> read_;
};

struct Declared {
  std::string help;
  std::shared_ptr<Source> source;
};

}  // namespace

struct Registry::Inner {
  mutable std::mutex mutex;
  std::map<std::string, Declared> families;

  template <typename Handle>
  Family<Handle> Declare(const std::string& name, const std::string& help, std::vector<Label> labels,
                         const std::vector<double>& buckets) {
    const bool is_counter = Handle::Cell::metric_type == prometheus::MetricType::Counter;
    CheckDeclaration(name, help, labels, is_counter);
    const std::lock_guard lock(mutex);
    Declared& declared = families[name];
    if (declared.source == nullptr) {
      declared = {help, std::make_shared<FamilyState<Handle>>(std::move(labels), buckets)};
    }
    auto state = std::dynamic_pointer_cast<FamilyState<Handle>>(declared.source);
    PAWL_CHECK(state != nullptr && declared.help == help, "a metric's name is declared once, or twice the same");
    return Family<Handle>(std::move(state));
  }

  static void CheckDeclaration(const std::string& name, const std::string& help, const std::vector<Label>& labels,
                               bool is_counter) {
    PAWL_CHECK(IsName(name) && name.starts_with("pawl_"), "metric names are lower snake case and begin with pawl_");
    PAWL_CHECK(name.ends_with("_total") == is_counter, "counters, and only they, end with _total");
    PAWL_CHECK(!help.empty(), "a metric has a help text");
    for (const Label& label : labels) {
      PAWL_CHECK(IsName(label.name) && label.values_max > 0, "labels are lower snake case, with room for a value");
    }
  }
};

void Counter::Add(double amount) const {
  if (cell_ != nullptr) cell_->Increment(amount);
}
void Gauge::Set(double value) const {
  if (cell_ != nullptr) cell_->Set(value);
}
void Gauge::Add(double amount) const {
  if (cell_ != nullptr) cell_->Increment(amount);
}
void Histogram::Observe(double value) const {
  if (cell_ != nullptr) cell_->Observe(value);
}

const std::vector<double> kSecondsBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                             0.5,    1,     2.5,    5,     10,   30,    60,   300};
const std::vector<double> kLongSecondsBuckets = {0.1, 0.5, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400};
const std::vector<double> kCountBuckets = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000};

template <typename Handle>
Handle Family<Handle>::With(std::initializer_list<std::string_view> values) const {
  return state_ == nullptr ? Handle() : state_->With(std::span(values.begin(), values.size()));
}
template class Family<Counter>;
template class Family<Gauge>;
template class Family<Histogram>;

Registry::Registry() : inner_(std::make_unique<Inner>()) {}
Registry::~Registry() = default;

Counter Registry::AddCounter(const std::string& name, const std::string& help) {
  return inner_->Declare<Counter>(name, help, {}, {}).With({});
}
Gauge Registry::AddGauge(const std::string& name, const std::string& help) {
  return inner_->Declare<Gauge>(name, help, {}, {}).With({});
}
Histogram Registry::AddHistogram(const std::string& name, const std::string& help, const std::vector<double>& buckets) {
  return inner_->Declare<Histogram>(name, help, {}, buckets).With({});
}
Counters Registry::AddCounters(const std::string& name, const std::string& help, std::vector<Label> labels) {
  return inner_->Declare<Counter>(name, help, std::move(labels), {});
}
Gauges Registry::AddGauges(const std::string& name, const std::string& help, std::vector<Label> labels) {
  return inner_->Declare<Gauge>(name, help, std::move(labels), {});
}
Histograms Registry::AddHistograms(const std::string& name, const std::string& help, std::vector<Label> labels,
                                   const std::vector<double>& buckets) {
  return inner_->Declare<Histogram>(name, help, std::move(labels), buckets);
}

std::shared_ptr<void> Registry::AddSampledGauge(const std::string& name, const std::string& help,
                                                std::vector<Label> labels, std::function<std::vector<Sample>()> read) {
  Inner::CheckDeclaration(name, help, labels, /*is_counter=*/false);
  auto source = std::make_shared<SampledSource>(std::move(labels), std::move(read));
  const std::lock_guard lock(inner_->mutex);
  const bool is_new = inner_->families.emplace(name, Declared{help, source}).second;
  PAWL_CHECK(is_new, "a sampled gauge is declared once");
  return std::shared_ptr<void>(nullptr, [source](void*) { source->Release(); });
}

std::string Registry::Serialize() const {
  // Sources are read outside the registry's lock, so that a slow reader does not hold up a declaration.
  std::vector<std::pair<std::string, Declared>> families;
  {
    const std::lock_guard lock(inner_->mutex);
    families.assign(inner_->families.begin(), inner_->families.end());
  }
  std::vector<prometheus::MetricFamily> collected;
  for (const auto& [name, declared] : families) {
    collected.push_back({name, declared.help, declared.source->type(), declared.source->Collect()});
  }
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, collected);
  return out.str();
}

std::vector<MetricDescription> Registry::Describe() const {
  const std::lock_guard lock(inner_->mutex);
  std::vector<MetricDescription> descriptions;
  for (const auto& [name, declared] : inner_->families) {
    MetricDescription one{name, TypeName(declared.source->type()), declared.help, {}};
    for (const Label& label : declared.source->labels()) one.labels.push_back(label.name);
    descriptions.push_back(std::move(one));
  }
  return descriptions;
}

}  // namespace pawl::telemetry
