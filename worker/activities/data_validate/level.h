// A level of validation: some checks over a stream of rows. data_validate.cc runs all levels over the same pass, and
// those that ask for it over a second one.
//
// Memory: each level states its own; none grows with the number of rows beyond a fixed cap.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/table_reader.h"

namespace pawl::activities {

// One line of a report: what was checked, whether it held, and the figures.
struct CheckResult {
  std::string check;
  bool passed = true;
  nlohmann::json figures;
};

class Level {
 public:
  Level(std::string name, bool must_hold) : name_(std::move(name)), must_hold_(must_hold) {}
  virtual ~Level() = default;
  const std::string& name() const { return name_; }
  bool must_hold() const { return must_hold_; }

  // Finds its columns; INVALID_ARGUMENT if the rules name one that the table lacks. The schema level reports that
  // instead.
  virtual absl::Status Bind(const std::vector<std::string>& columns) = 0;
  // Each good row of the first pass; rows with an error go to the schema level only.
  virtual void Add(const TableRow& row) = 0;
  virtual void AddBroken(const TableRow&) {}
  virtual bool needs_second_pass() const { return false; }
  virtual void AddAgain(const TableRow&) {}
  virtual absl::StatusOr<std::vector<CheckResult>> Finish(int64_t rows) = 0;

 private:
  std::string name_;
  bool must_hold_;
};

// The levels that the rules ask for, in their order: schema, ranges, missing, duplicates, outliers, drift.
absl::StatusOr<std::vector<std::unique_ptr<Level>>> MakeLevels(const nlohmann::json& rules, const ArtifactStore& store);

// One maker for each level; `rules` is its own object.
absl::StatusOr<std::unique_ptr<Level>> MakeSchemaLevel(const nlohmann::json& rules);
absl::StatusOr<std::unique_ptr<Level>> MakeRangesLevel(const nlohmann::json& rules);
absl::StatusOr<std::unique_ptr<Level>> MakeMissingLevel(const nlohmann::json& rules);
absl::StatusOr<std::unique_ptr<Level>> MakeDuplicatesLevel(const nlohmann::json& rules);
absl::StatusOr<std::unique_ptr<Level>> MakeOutliersLevel(const nlohmann::json& rules);
absl::StatusOr<std::unique_ptr<Level>> MakeDriftLevel(const nlohmann::json& rules, const ArtifactStore& store);

absl::StatusOr<size_t> ColumnPlace(const std::vector<std::string>& columns, const std::string& name);

}  // namespace pawl::activities
