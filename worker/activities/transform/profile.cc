#include "worker/activities/transform/profile.h"

#include <algorithm>
#include <cmath>

#include "nlohmann/json.hpp"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {
namespace {

constexpr size_t kSharesKept = 100;
// An empty bin counts as this share, so that the logarithm is defined.
constexpr double kShareMin = 1e-4;

double IndexTerm(double now, double then) {
  now = std::max(now, kShareMin);
  then = std::max(then, kShareMin);
  return (now - then) * std::log(now / then);
}

}  // namespace

void ColumnProfile::Add(const std::string& cell) {
  if (IsMissing(cell)) {
    ++missing_;
    return;
  }
  if (!numeric_) {
    ++count_;
    categories_.Add(cell);
    return;
  }
  const std::optional<double> value = ParseNumber(cell);
  if (!value) {
    ++missing_;
    return;
  }
  if (count_++ == 0) min_ = max_ = *value;
  min_ = std::min(min_, *value);
  max_ = std::max(max_, *value);
  const double distance = *value - mean_;
  mean_ += distance / static_cast<double>(count_);
  squares_ += distance * (*value - mean_);
  sketch_.Add(*value);
}

nlohmann::json ColumnProfile::Describe() const {
  nlohmann::json value{{"kind", numeric_ ? "numeric" : "categorical"}, {"count", count_}, {"missing", missing_}};
  if (!numeric_) {
    const auto sorted = categories_.Sorted();
    value["distinct"] = sorted.size();
    nlohmann::json& shares = value["shares"] = nlohmann::json::object();
    for (size_t i = 0; i < std::min(kSharesKept, sorted.size()); ++i) {
      shares[sorted[i].first] = static_cast<double>(sorted[i].second) / static_cast<double>(count_);
    }
    return value;
  }
  if (count_ == 0) return value;
  value["mean"] = mean_;
  value["stddev"] = std::sqrt(squares_ / static_cast<double>(count_));
  value["min"] = min_;
  value["max"] = max_;
  std::vector<double> edges = sketch_.Quantiles({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9});
  edges.erase(std::unique(edges.begin(), edges.end()), edges.end());
  std::vector<double> shares;
  for (double edge : edges) shares.push_back(sketch_.ShareUpTo(edge));
  value["edges"] = edges;
  value["up_to"] = shares;
  return value;
}

absl::StatusOr<double> ColumnProfile::StabilityIndex(const nlohmann::json& reference) const {
  const std::string expected = numeric_ ? "numeric" : "categorical";
  if (!reference.is_object() || reference.value("kind", "") != expected) {
    return absl::InvalidArgumentError("the reference profile describes the column as '" +
                                      (reference.is_object() ? reference.value("kind", "") : std::string("nothing")) +
                                      "', expected '" + expected + "'");
  }
  const auto then_rows = reference.value("count", 0.0) + reference.value("missing", 0.0);
  const auto now_rows = static_cast<double>(count_ + missing_);
  if (then_rows == 0 || now_rows == 0) return 0.0;
  const double then_present = reference.value("count", 0.0) / then_rows;
  const double now_present = static_cast<double>(count_) / now_rows;
  double index = IndexTerm(1 - now_present, 1 - then_present);
  if (numeric_) {
    const auto edges = reference.value("edges", std::vector<double>{});
    const auto up_to = reference.value("up_to", std::vector<double>{});
    double then_before = 0;
    double now_before = 0;
    for (size_t i = 0; i <= edges.size(); ++i) {
      const bool last = i == edges.size();
      const double then_after = last ? 1 : up_to[i];
      const double now_after = last || count_ == 0 ? 1 : sketch_.ShareUpTo(edges[i]);
      index += IndexTerm((now_after - now_before) * now_present, (then_after - then_before) * then_present);
      then_before = then_after;
      now_before = now_after;
    }
    return index;
  }
  const nlohmann::json shares = reference.value("shares", nlohmann::json::object());
  double then_left = 1;
  double now_left = 1;
  for (const auto& [category, count] : categories_.Sorted()) {
    if (!shares.contains(category)) continue;
    const double now = static_cast<double>(count) / static_cast<double>(count_);
    index += IndexTerm(now * now_present, shares[category].get<double>() * then_present);
    now_left -= now;
    then_left -= shares[category].get<double>();
  }
  return index + IndexTerm(now_left * now_present, then_left * then_present);
}

nlohmann::json ProfileToJson(int64_t rows, const std::vector<NamedProfile>& columns) {
  nlohmann::json described = nlohmann::json::object();
  for (const NamedProfile& column : columns) described[column.name] = column.profile.Describe();
  return {{"format", "pawl.profile/1"}, {"rows", rows}, {"columns", described}};
}

}  // namespace pawl::activities
