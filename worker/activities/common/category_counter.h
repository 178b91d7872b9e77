// Counts how often each text occurs in a stream, in bounded memory: exact up to `capacity` different texts. When there
// are more, all counts are lowered by the smallest and those at zero are forgotten (Misra and Gries): a text that makes
// up more than 1/capacity of the stream is never lost, and a count is too low by at most lost(). Texts above 256 bytes
// count by their first 256. Memory: below capacity x 400 bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pawl::activities {

class CategoryCounter {
 public:
  explicit CategoryCounter(size_t capacity = 4096) : capacity_(capacity) {}
  void Add(std::string_view text);
  int64_t lost() const { return lost_; }
  // By count, largest first; equal counts by text. The order does not depend on the hash.
  std::vector<std::pair<std::string, int64_t>> Sorted() const;

 private:
  size_t capacity_;
  int64_t lost_ = 0;
  std::unordered_map<std::string, int64_t> counts_;
};

}  // namespace pawl::activities
