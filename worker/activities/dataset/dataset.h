// The layout in which prepared data lies between preprocess, training and evaluation:
//
//   <dataset>/dataset.json                 the manifest below; names are relative, so a copy elsewhere is the same
//   dataset <dataset>/{train,validation,test}/data.csv   no header: label, then the weight if there is one, then the
//   features;
//                                          missing values are empty. This is SageMaker's convention for CSV, so such a
//                                          directory can be a training job's channel.
//   <dataset>/keys/{train,validation,test}.csv   header; "_row" (the source row's number) and the columns kept for
//   groups <dataset>/transform.json, profile.json, errors.csv
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json_fwd.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/pulse.h"

namespace pawl::activities {

struct SplitInfo {
  int64_t rows = 0;
  std::string sha256 = {};       // of data.csv
  std::string rows_sha256 = {};  // of labels, weights and row numbers: equal for two datasets over the same rows
};

struct DatasetManifest {
  std::string label = {};
  std::string weight = {};                // empty: none
  std::vector<std::string> classes = {};  // a multiclass label's names, by their number; empty otherwise
  std::vector<std::string> features = {};
  std::vector<std::string> keys = {};  // columns of the keys files after "_row"
  std::map<std::string, SplitInfo> splits = {};
};

nlohmann::json ToJson(const DatasetManifest& manifest);
absl::StatusOr<DatasetManifest> ManifestFromJson(const nlohmann::json& value);
absl::StatusOr<DatasetManifest> ReadManifest(const std::filesystem::path& dataset_directory);

// Rows in memory. Bound: 4 bytes x rows x (features + 2), the features in one block.
struct Examples {
  size_t columns = 0;
  std::vector<float> features = {};  // row by row; NaN: missing
  std::vector<float> labels = {};
  std::vector<float> weights = {};  // empty: all equal
  std::vector<std::string> feature_names = {};
  size_t rows() const { return labels.size(); }
};

// Reads CSV without header, label first (then the weight if `weighted`). Trouble names file and row.
absl::StatusOr<Examples> LoadExamples(const std::vector<std::filesystem::path>& files, bool weighted, Pulse& pulse);

// Reads CSV with header or JSON Lines: `label` and `weight` (may be empty) name columns, all others are features.
absl::StatusOr<Examples> LoadNamedExamples(const std::vector<std::filesystem::path>& files, const std::string& label,
                                           const std::string& weight, Pulse& pulse);

// Reads what a URI names: a file or prefix of headerless CSV, with the feature names of the dataset.json beside the
// directory if there is one.
absl::StatusOr<Examples> LoadChannel(const ArtifactStore& store, const std::string& uri, bool weighted, Pulse& pulse);

}  // namespace pawl::activities
