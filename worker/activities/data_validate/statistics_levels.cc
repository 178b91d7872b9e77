// The levels that look at all rows together: duplicates, outliers, drift against a reference profile.
#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/data_validate/level.h"
#include "worker/activities/transform/profile.h"

namespace pawl::activities {
namespace {

// FNV-1a with a final mixing step, so that the lowest bits can choose a sample.
uint64_t HashOf(const TableRow& row, const std::vector<size_t>& places) {
  uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (size_t place : places) {
    for (char c : row.cells[place]) add(static_cast<unsigned char>(c));
    add(0x1f);  // so that "a","bc" and "ab","c" differ
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  return hash ^ (hash >> 33);
}

// Rows whose key was seen before. Exact up to four million different keys; beyond, the keys whose hash ends in enough
// zero bits stand for all (each is kept or left out as a whole, so the share stays unbiased). Memory: below 200 MiB.
class DuplicatesLevel : public Level {
 public:
  DuplicatesLevel(bool must_hold, std::vector<std::string> key, double max_share)
      : Level("duplicates", must_hold), key_(std::move(key)), max_share_(max_share) {}

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (const std::string& name : key_) {
      PAWL_ASSIGN_OR_RETURN(size_t place, ColumnPlace(names, name));
      places_.push_back(place);
    }
    if (key_.empty()) {
      for (size_t i = 0; i < names.size(); ++i) places_.push_back(i);
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    const uint64_t hash = HashOf(row, places_);
    if ((hash & mask_) != 0) return;
    ++seen_[hash];
    while (seen_.size() > kKeysMax) {
      mask_ = mask_ * 2 + 1;
      std::erase_if(seen_, [this](const auto& entry) { return (entry.first & mask_) != 0; });
    }
  }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t) override {
    int64_t rows = 0;
    int64_t repeated = 0;
    for (const auto& [unused, count] : seen_) {
      rows += count;
      repeated += count - 1;
    }
    const double share = rows == 0 ? 0 : static_cast<double>(repeated) / static_cast<double>(rows);
    nlohmann::json figures{{"rows", repeated}, {"share", share}, {"max_share", max_share_}};
    if (!key_.empty()) figures["key"] = key_;
    if (mask_ > 0) figures["sampled_one_in"] = mask_ + 1;
    return std::vector<CheckResult>{{"no row occurs twice", share <= max_share_, figures}};
  }

 private:
  static constexpr size_t kKeysMax = 4'000'000;
  std::vector<std::string> key_;
  double max_share_;
  std::vector<size_t> places_;
  uint64_t mask_ = 0;
  std::unordered_map<uint64_t, int64_t> seen_;
};

// Values far outside the middle half: below q1 - fence x (q3 - q1) or above q3 + fence x (q3 - q1). The quartiles come
// from the first pass, the count from the second. Memory: a QuantileSketch a column.
class OutliersLevel : public Level {
 public:
  OutliersLevel(bool must_hold, std::vector<std::string> columns, double fence, double max_share)
      : Level("outliers", must_hold), fence_(fence), max_share_(max_share) {
    for (std::string& name : columns) columns_.push_back({.name = std::move(name)});
  }

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (Column& column : columns_) {
      PAWL_ASSIGN_OR_RETURN(column.place, ColumnPlace(names, column.name));
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    for (Column& column : columns_) {
      if (const auto value = ParseNumber(row.cells[column.place])) column.sketch.Add(*value);
    }
  }

  bool needs_second_pass() const override { return true; }

  void AddAgain(const TableRow& row) override {
    for (Column& column : columns_) {
      if (!column.fenced) Fence(column);
      const auto value = ParseNumber(row.cells[column.place]);
      if (value && (*value < column.low || *value > column.high)) ++column.outside;
    }
  }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t rows) override {
    std::vector<CheckResult> results;
    for (const Column& column : columns_) {
      const double share = rows == 0 ? 0 : static_cast<double>(column.outside) / static_cast<double>(rows);
      nlohmann::json figures{{"rows", column.outside}, {"share", share}, {"max_share", max_share_}};
      if (column.fenced && column.sketch.count() > 0) figures.update({{"low", column.low}, {"high", column.high}});
      results.push_back({absl::StrCat("column '", column.name, "' has few outliers"), share <= max_share_, figures});
    }
    return results;
  }

 private:
  struct Column {
    std::string name;
    size_t place = 0;
    QuantileSketch sketch = {};
    bool fenced = false;
    double low = 0;
    double high = 0;
    int64_t outside = 0;
  };

  void Fence(Column& column) const {
    const std::vector<double> quartiles = column.sketch.Quantiles({0.25, 0.75});
    const double width = fence_ * (quartiles[1] - quartiles[0]);
    column.low = quartiles[0] - width;
    column.high = quartiles[1] + width;
    column.fenced = true;
  }

  double fence_;
  double max_share_;
  std::vector<Column> columns_;
};

// The population stability index of each column against a reference profile. Memory: a sketch or counter a column.
class DriftLevel : public Level {
 public:
  DriftLevel(bool must_hold, nlohmann::json reference, std::vector<std::string> columns, double max_index)
      : Level("drift", must_hold),
        reference_(std::move(reference)),
        names_(std::move(columns)),
        max_index_(max_index) {}

  absl::Status Bind(const std::vector<std::string>& names) override {
    for (const std::string& name : names_) {
      PAWL_ASSIGN_OR_RETURN(size_t place, ColumnPlace(names, name));
      const bool numeric = reference_["columns"][name].value("kind", "") == "numeric";
      columns_.push_back({name, place, ColumnProfile(numeric)});
    }
    return absl::OkStatus();
  }

  void Add(const TableRow& row) override {
    for (NamedProfile& column : columns_) column.profile.Add(row.cells[column.index]);
  }

  absl::StatusOr<std::vector<CheckResult>> Finish(int64_t) override {
    std::vector<CheckResult> results;
    for (const NamedProfile& column : columns_) {
      PAWL_ASSIGN_OR_RETURN(double index, column.profile.StabilityIndex(reference_["columns"][column.name]));
      results.push_back({absl::StrCat("column '", column.name, "' is distributed as in the reference"),
                         index <= max_index_,
                         {{"stability_index", index}, {"max_index", max_index_}}});
    }
    return results;
  }

 private:
  nlohmann::json reference_;
  std::vector<std::string> names_;
  double max_index_;
  std::vector<NamedProfile> columns_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Level>> MakeDuplicatesLevel(const nlohmann::json& rules) {
  Fields in(rules, "duplicates");
  const bool must_hold = in.Bool("must_hold", true);
  std::vector<std::string> key = in.Strings("key");
  const double max_share = in.Number("max_share", 0, 0, 1);
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return std::make_unique<DuplicatesLevel>(must_hold, std::move(key), max_share);
}

absl::StatusOr<std::unique_ptr<Level>> MakeOutliersLevel(const nlohmann::json& rules) {
  Fields in(rules, "outliers");
  const bool must_hold = in.Bool("must_hold", true);
  std::vector<std::string> columns = in.Strings("columns");
  const double fence = in.Number("fence", 3, 0, 1000);
  const double max_share = in.Number("max_share", 0.01, 0, 1);
  if (columns.empty()) in.Refuse("expected 'columns' to name at least one column");
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return std::make_unique<OutliersLevel>(must_hold, std::move(columns), fence, max_share);
}

absl::StatusOr<std::unique_ptr<Level>> MakeDriftLevel(const nlohmann::json& rules, const ArtifactStore& store) {
  Fields in(rules, "drift");
  const bool must_hold = in.Bool("must_hold", true);
  const std::string uri = in.RequiredString("reference");
  std::vector<std::string> columns = in.Strings("columns");
  const double max_index = in.Number("max_index", 0.25, 0, 1000);
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(uri));
  PAWL_ASSIGN_OR_RETURN(nlohmann::json reference, ReadJsonFile(path));
  if (!reference.is_object() || reference.value("format", "") != "pawl.profile/1") {
    return absl::InvalidArgumentError(absl::StrCat("drift: '", uri, "' is not a profile"));
  }
  if (columns.empty()) {
    for (const auto& [name, unused] : reference["columns"].items()) columns.push_back(name);
  }
  for (const std::string& name : columns) {
    if (!reference["columns"].contains(name)) {
      return absl::InvalidArgumentError(absl::StrCat("drift: the reference has no column '", name, "'"));
    }
  }
  return std::make_unique<DriftLevel>(must_hold, std::move(reference), std::move(columns), max_index);
}

}  // namespace pawl::activities
