// Texts that repeat (state names, ARNs, workers) in their stored form: positions in the execution's dictionary.
// Internal to history/codec.
#pragma once

#include <string>
#include <vector>

#include "proto/history/v1/history.pb.h"

namespace pawl::history {

class NameWriter {
 public:
  // `names` is the dictionary after the decision; it outlives the writer.
  explicit NameWriter(const std::vector<std::string>& names) : names_(names) {}

  // What stands for `name`: 1 + its position, in the dictionary or behind it; 0 for the empty text.
  uint32_t Write(const std::string& name);
  // The entries from `known` on, then what was written and is in no dictionary.
  void WriteNew(size_t known, v1::Decision* out) const;
  const std::vector<std::string>& passing() const { return passing_; }

 private:
  const std::string& At(size_t position) const {
    return position < names_.size() ? names_[position] : passing_[position - names_.size()];
  }

  const std::vector<std::string>& names_;
  std::vector<std::string> passing_;
};

class NameReader {
 public:
  // Begins with the dictionary as it was before the decision, to which what stays is added.
  explicit NameReader(std::vector<std::string>& names) : names_(names) {}

  void ReadNew(const v1::Decision& decision);
  void AddPassing(std::string name) { passing_.push_back(std::move(name)); }
  std::string Read(uint32_t stored);
  // False once something pointed beyond the dictionary.
  bool ok() const { return ok_; }

 private:
  std::vector<std::string>& names_;
  std::vector<std::string> passing_;
  bool ok_ = true;
};

}  // namespace pawl::history
