// Quantiles of a stream in bounded memory, with the same answer for the same stream (nothing is random).
//
// Values fill a buffer of k = 2,048; a full one is sorted and every second value moves to the next level, where it
// counts twice, and so on. Exact up to k values. Beyond, each level contributes a rank error of at most n/(2k), so that
// the error is below log2(n/k)/(2k) of n: 0.25% at two million values, 0.5% at two thousand million. Memory: at most 16
// KiB x (1 + log2(n/k)): 350 KiB for two thousand million values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pawl::activities {

class QuantileSketch {
 public:
  void Add(double value);
  int64_t count() const { return count_; }
  // The values at the given ranks (0 to 1, ascending), each the smallest kept value that reaches the rank. NaN if
  // empty.
  std::vector<double> Quantiles(const std::vector<double>& ranks) const;
  double Quantile(double rank) const { return Quantiles({rank})[0]; }
  // The share of values that are at most `value`; NaN if empty.
  double ShareUpTo(double value) const;
  size_t MemoryBytes() const;

 private:
  static constexpr size_t kBuffer = 2048;
  struct Level {
    std::vector<double> values;
    bool keep_odd = false;  // alternates, so that errors of successive halvings cancel
  };
  void Halve(size_t level);

  std::vector<Level> levels_;
  int64_t count_ = 0;
};

}  // namespace pawl::activities
