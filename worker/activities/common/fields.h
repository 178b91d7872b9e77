// Reads the members of a JSON object with clear errors. The first problem sticks; Finish tells it.
//
//   Fields in(task.input(), "train");
//   const int64_t rounds = in.Integer("rounds", 100, 1, 100'000);
//   const std::string output = in.RequiredString("output_path");
//   PAWL_RETURN_IF_ERROR(in.Finish());         // InvalidInput: train: expected 'rounds' from 1 to 100000, found -3
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

class Fields {
 public:
  // `value` must outlive this object. `where` starts every message.
  Fields(const nlohmann::json& value, std::string where);

  // A getter answers its fallback (or an empty value) when the member is absent, null or wrong.
  std::string RequiredString(const std::string& name);
  std::string String(const std::string& name, const std::string& fallback = "");
  int64_t Integer(const std::string& name, int64_t fallback, int64_t min, int64_t max);
  double Number(const std::string& name, double fallback, double min, double max);
  std::optional<double> OptionalNumber(const std::string& name);
  bool Bool(const std::string& name, bool fallback);
  std::vector<std::string> Strings(const std::string& name);
  // One of `allowed`.
  std::string Choice(const std::string& name, const std::string& fallback, const std::vector<std::string>& allowed);
  // Any value; nullptr when absent or null.
  const nlohmann::json* Find(const std::string& name);
  const nlohmann::json* Object(const std::string& name);
  const nlohmann::json* Array(const std::string& name);
  // Records a problem of the caller's own finding.
  void Refuse(const std::string& problem);

  absl::Status Finish() const;
  // Also refuses members that nobody asked for: a misspelt name is an error, not a silent default.
  absl::Status FinishStrict() const;

 private:
  void Expected(const std::string& name, const std::string& what, const nlohmann::json& found);

  const nlohmann::json& value_;
  std::string where_;
  std::string problem_;
  std::set<std::string> known_;
};

}  // namespace pawl::activities
