#include "worker/activities/dataset/dataset.h"

#include <limits>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/table_reader.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

constexpr char kFormat[] = "pawl.dataset/1";

// Where label, weight and features stand in a row.
struct Places {
  size_t label = 0;
  std::optional<size_t> weight;
  std::vector<size_t> features;
};

absl::StatusOr<Examples> LoadRows(TableReader& reader, const Places& places, const std::string& source, Pulse& pulse) {
  Examples examples;
  examples.columns = places.features.size();
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    const std::string where = absl::StrCat(source, " row ", row.number);
    if (!row.error.empty()) return absl::InvalidArgumentError(absl::StrCat(where, ": ", row.error));
    const std::optional<double> label = ParseNumber(row.cells[places.label]);
    if (!label) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": expected a number as the label, found '", row.cells[places.label], "'"));
    }
    examples.labels.push_back(static_cast<float>(*label));
    if (places.weight) {
      const std::optional<double> weight = ParseNumber(row.cells[*places.weight]);
      if (!weight || *weight < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(where, ": expected a weight of zero or more, found '", row.cells[*places.weight], "'"));
      }
      examples.weights.push_back(static_cast<float>(*weight));
    }
    for (size_t place : places.features) {
      const std::string& cell = row.cells[place];
      const std::optional<double> value = ParseNumber(cell);
      if (!value && !IsMissing(cell)) {
        return absl::InvalidArgumentError(
            absl::StrCat(where, ": expected a number in column ", reader.columns()[place], ", found '", cell, "'"));
      }
      examples.features.push_back(value ? static_cast<float>(*value) : std::numeric_limits<float>::quiet_NaN());
    }
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "reading"));
  }
  if (examples.labels.empty()) return absl::InvalidArgumentError(absl::StrCat(source, " has no rows"));
  return examples;
}

}  // namespace

nlohmann::json ToJson(const DatasetManifest& manifest) {
  nlohmann::json splits = nlohmann::json::object();
  for (const auto& [name, split] : manifest.splits) {
    splits[name] = {{"rows", split.rows}, {"sha256", split.sha256}, {"rows_sha256", split.rows_sha256}};
  }
  return {{"format", kFormat},         {"label", manifest.label},
          {"weight", manifest.weight}, {"classes", manifest.classes},
          {"keys", manifest.keys},     {"features", manifest.features},
          {"splits", splits}};
}

absl::StatusOr<DatasetManifest> ManifestFromJson(const nlohmann::json& value) {
  Fields in(value, "dataset.json");
  if (in.String("format") != kFormat) in.Refuse(absl::StrCat("expected the format ", kFormat));
  DatasetManifest manifest;
  manifest.label = in.String("label");
  manifest.weight = in.String("weight");
  manifest.classes = in.Strings("classes");
  manifest.keys = in.Strings("keys");
  manifest.features = in.Strings("features");
  if (const nlohmann::json* splits = in.Object("splits")) {
    for (const auto& [name, split] : splits->items()) {
      manifest.splits[name] = {.rows = split.value("rows", int64_t{0}),
                               .sha256 = split.value("sha256", ""),
                               .rows_sha256 = split.value("rows_sha256", "")};
    }
  }
  PAWL_RETURN_IF_ERROR(in.Finish());
  return manifest;
}

absl::StatusOr<DatasetManifest> ReadManifest(const fs::path& dataset_directory) {
  PAWL_ASSIGN_OR_RETURN(nlohmann::json value, ReadJsonFile(dataset_directory / "dataset.json"));
  return ManifestFromJson(value);
}

absl::StatusOr<Examples> LoadExamples(const std::vector<fs::path>& files, bool weighted, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, {.kind = "csv", .header = false}));
  Places places;
  if (weighted) places.weight = 1;
  for (size_t i = weighted ? 2 : 1; i < reader.columns().size(); ++i) places.features.push_back(i);
  if (places.features.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(files.front().string(), ": expected a label and features, found ",
                                                   reader.columns().size(), " columns"));
  }
  PAWL_ASSIGN_OR_RETURN(Examples examples, LoadRows(reader, places, files.front().string(), pulse));
  for (size_t i = 0; i < examples.columns; ++i) examples.feature_names.push_back(absl::StrCat("f", i));
  return examples;
}

absl::StatusOr<Examples> LoadNamedExamples(const std::vector<fs::path>& files, const std::string& label,
                                           const std::string& weight, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, {}));
  Places places;
  PAWL_ASSIGN_OR_RETURN(places.label, reader.IndexOf(label));
  if (!weight.empty()) {
    PAWL_ASSIGN_OR_RETURN(places.weight, reader.IndexOf(weight));
  }
  std::vector<std::string> names;
  for (size_t i = 0; i < reader.columns().size(); ++i) {
    if (i == places.label || (places.weight && i == *places.weight)) continue;
    places.features.push_back(i);
    names.push_back(reader.columns()[i]);
  }
  PAWL_ASSIGN_OR_RETURN(Examples examples, LoadRows(reader, places, files.front().string(), pulse));
  examples.feature_names = std::move(names);
  return examples;
}

absl::StatusOr<Examples> LoadChannel(const ArtifactStore& store, const std::string& uri, bool weighted, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(std::vector<fs::path> files, store.FetchFiles(uri));
  PAWL_ASSIGN_OR_RETURN(Examples examples, LoadExamples(files, weighted, pulse));
  // The manifest is beside the channel's directory: <dataset>/train/ and <dataset>/dataset.json.
  std::string parent = uri;
  while (!parent.empty() && parent.back() == '/') parent.pop_back();
  if (const size_t slash = parent.rfind('/'); slash != std::string::npos) {
    auto manifest_path = store.Fetch(parent.substr(0, slash) + "/dataset.json");
    if (manifest_path.ok()) {
      auto manifest = ReadManifest(manifest_path->parent_path());
      if (manifest.ok() && manifest->features.size() == examples.columns) examples.feature_names = manifest->features;
    }
  }
  return examples;
}

}  // namespace pawl::activities
