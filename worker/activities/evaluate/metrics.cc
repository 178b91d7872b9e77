#include "worker/activities/evaluate/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "nlohmann/json.hpp"
#include "shared/base/random.h"

namespace pawl::activities {
namespace {

constexpr size_t kBins = 10;
constexpr double kTiny = 1e-15;

using Weights = std::vector<double>;
using Metrics = std::map<std::string, double>;

size_t BinOf(float score) {
  return std::min(kBins - 1, static_cast<size_t>(std::max(0.0F, score) * static_cast<float>(kBins)));
}

Metrics RegressionMetrics(const Predictions& p, const Weights& weights) {
  double total = 0, squares = 0, absolute = 0, label_sum = 0, label_squares = 0;
  for (size_t i = 0; i < p.labels.size(); ++i) {
    const double error = p.scores[i] - p.labels[i];
    total += weights[i];
    squares += weights[i] * error * error;
    absolute += weights[i] * std::abs(error);
    label_sum += weights[i] * p.labels[i];
    label_squares += weights[i] * p.labels[i] * p.labels[i];
  }
  Metrics metrics;
  if (total == 0) return metrics;
  metrics["rmse"] = std::sqrt(squares / total);
  metrics["mae"] = absolute / total;
  const double spread = label_squares - label_sum * label_sum / total;
  if (spread > 0) metrics["r2"] = 1 - squares / spread;
  return metrics;
}

// The share of (positive, negative) pairs in which the positive has the higher score, ties counting half. `order` sorts
// the rows by score.
double WeightedAuc(const Predictions& p, const Weights& weights, const std::vector<size_t>& order) {
  double negatives = 0, pairs = 0, positives = 0;
  for (size_t i = 0; i < order.size();) {
    double tied_positive = 0, tied_negative = 0;
    size_t j = i;
    for (; j < order.size() && p.scores[order[j]] == p.scores[order[i]]; ++j) {
      (p.labels[order[j]] > 0.5F ? tied_positive : tied_negative) += weights[order[j]];
    }
    pairs += tied_positive * (negatives + tied_negative / 2);
    negatives += tied_negative;
    positives += tied_positive;
    i = j;
  }
  return positives > 0 && negatives > 0 ? pairs / (positives * negatives) : -1;
}

Metrics BinaryMetrics(const Predictions& p, const Weights& weights, const std::vector<size_t>& order) {
  double total = 0, loss = 0, brier = 0;
  double true_positive = 0, false_positive = 0, false_negative = 0, true_negative = 0;
  double bin_weight[kBins] = {}, bin_score[kBins] = {}, bin_positive[kBins] = {};
  for (size_t i = 0; i < p.labels.size(); ++i) {
    const double weight = weights[i];
    const double score = p.scores[i];
    const bool positive = p.labels[i] > 0.5F;
    total += weight;
    loss -= weight * std::log(std::clamp(positive ? score : 1 - score, kTiny, 1.0));
    brier += weight * (score - p.labels[i]) * (score - p.labels[i]);
    const bool said = score >= p.threshold;
    (said ? (positive ? true_positive : false_positive) : (positive ? false_negative : true_negative)) += weight;
    const size_t bin = BinOf(p.scores[i]);
    bin_weight[bin] += weight;
    bin_score[bin] += weight * score;
    bin_positive[bin] += positive ? weight : 0;
  }
  Metrics metrics;
  if (total == 0) return metrics;
  const double auc = WeightedAuc(p, weights, order);
  if (auc >= 0) metrics["auc"] = auc;
  metrics["logloss"] = loss / total;
  metrics["brier"] = brier / total;
  metrics["accuracy"] = (true_positive + true_negative) / total;
  if (true_positive + false_positive > 0) metrics["precision"] = true_positive / (true_positive + false_positive);
  if (true_positive + false_negative > 0) metrics["recall"] = true_positive / (true_positive + false_negative);
  const double f1_base = 2 * true_positive + false_positive + false_negative;
  if (f1_base > 0) metrics["f1"] = 2 * true_positive / f1_base;
  double calibration = 0;
  for (size_t bin = 0; bin < kBins; ++bin) calibration += std::abs(bin_score[bin] - bin_positive[bin]) / total;
  metrics["calibration_error"] = calibration;
  return metrics;
}

Metrics MulticlassMetrics(const Predictions& p, const Weights& weights) {
  std::vector<double> hits(p.class_count), said(p.class_count), truth(p.class_count);
  double total = 0, loss = 0;
  for (size_t i = 0; i < p.labels.size(); ++i) {
    const float* row = p.scores.data() + i * p.class_count;
    const auto best = static_cast<size_t>(std::max_element(row, row + p.class_count) - row);
    const auto label = std::min(static_cast<size_t>(p.labels[i]), p.class_count - 1);
    total += weights[i];
    loss -= weights[i] * std::log(std::max(static_cast<double>(row[label]), kTiny));
    said[best] += weights[i];
    truth[label] += weights[i];
    if (best == label) hits[label] += weights[i];
  }
  Metrics metrics;
  if (total == 0) return metrics;
  double f1 = 0;
  size_t classes = 0;
  for (size_t c = 0; c < p.class_count; ++c) {
    if (said[c] + truth[c] == 0) continue;
    f1 += 2 * hits[c] / (said[c] + truth[c]);
    ++classes;
  }
  metrics["accuracy"] = std::accumulate(hits.begin(), hits.end(), 0.0) / total;
  metrics["macro_f1"] = classes > 0 ? f1 / static_cast<double>(classes) : 0;
  metrics["mlogloss"] = loss / total;
  return metrics;
}

std::vector<size_t> OrderByScore(const Predictions& p) {
  if (p.task != Task::kBinary) return {};
  std::vector<size_t> order(p.labels.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&p](size_t a, size_t b) { return p.scores[a] < p.scores[b]; });
  return order;
}

Metrics Measure(const Predictions& p, const Weights& weights, const std::vector<size_t>& order) {
  switch (p.task) {
    case Task::kRegression:
      return RegressionMetrics(p, weights);
    case Task::kBinary:
      return BinaryMetrics(p, weights, order);
    case Task::kMulticlass:
      return MulticlassMetrics(p, weights);
  }
  return {};
}

// Poisson with mean 1, by inversion.
double DrawWeight(base::Random& random) {
  double draw = random.NextDouble();
  double probability = std::exp(-1.0);
  int count = 0;
  while (draw >= probability && count < 20) {
    draw -= probability;
    probability /= ++count;
  }
  return count;
}

}  // namespace

Metrics PointMetrics(const Predictions& p) { return Measure(p, Weights(p.labels.size(), 1.0), OrderByScore(p)); }

nlohmann::json MeasuredMetrics(const Predictions& p, const BootstrapOptions& bootstrap) {
  const std::vector<size_t> order = OrderByScore(p);
  Weights weights(p.labels.size(), 1.0);
  const Metrics point = Measure(p, weights, order);
  base::SeededRandom random(bootstrap.seed);
  std::map<std::string, std::vector<double>> samples;
  for (int64_t i = 0; i < bootstrap.resamples; ++i) {
    for (double& weight : weights) weight = DrawWeight(random);
    for (const auto& [name, value] : Measure(p, weights, order)) samples[name].push_back(value);
  }
  nlohmann::json described = nlohmann::json::object();
  for (const auto& [name, value] : point) {
    described[name]["value"] = value;
    std::vector<double>& drawn = samples[name];
    if (drawn.size() < 2) continue;
    std::sort(drawn.begin(), drawn.end());
    const double tail = (1 - bootstrap.confidence) / 2 * static_cast<double>(drawn.size() - 1);
    described[name]["low"] = drawn[static_cast<size_t>(std::floor(tail))];
    described[name]["high"] = drawn[drawn.size() - 1 - static_cast<size_t>(std::floor(tail))];
  }
  return described;
}

nlohmann::json CalibrationTable(const Predictions& p) {
  int64_t rows[kBins] = {}, positives[kBins] = {};
  double scores[kBins] = {};
  for (size_t i = 0; i < p.labels.size(); ++i) {
    const size_t bin = BinOf(p.scores[i]);
    ++rows[bin];
    scores[bin] += p.scores[i];
    positives[bin] += p.labels[i] > 0.5F ? 1 : 0;
  }
  nlohmann::json table = nlohmann::json::array();
  for (size_t bin = 0; bin < kBins; ++bin) {
    nlohmann::json line{
        {"from", static_cast<double>(bin) / kBins}, {"to", static_cast<double>(bin + 1) / kBins}, {"rows", rows[bin]}};
    if (rows[bin] > 0) {
      line["mean_score"] = scores[bin] / static_cast<double>(rows[bin]);
      line["positive_share"] = static_cast<double>(positives[bin]) / static_cast<double>(rows[bin]);
    }
    table.push_back(std::move(line));
  }
  return table;
}

Predictions RowsOfGroup(const Predictions& p, const std::vector<std::string>& groups, const std::string& group) {
  Predictions subset{.task = p.task, .class_count = p.class_count, .threshold = p.threshold};
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i] != group) continue;
    subset.labels.push_back(p.labels[i]);
    const auto from = p.scores.begin() + static_cast<std::ptrdiff_t>(i * p.class_count);
    subset.scores.insert(subset.scores.end(), from, from + static_cast<std::ptrdiff_t>(p.class_count));
  }
  return subset;
}

}  // namespace pawl::activities
