#include "worker/activities/merge_features/merge_features.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/record_reader.h"
#include "worker/activities/common/table_writer.h"
#include "worker/activities/dataset/dataset.h"
#include "worker/activities/transform/transform.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

struct Part {
  std::string uri;
  fs::path directory;
  DatasetManifest manifest;
  FittedTransform transform;
};

absl::StatusOr<Part> ReadPart(const ArtifactStore& store, const std::string& uri) {
  Part part{.uri = uri};
  PAWL_ASSIGN_OR_RETURN(part.directory, store.Fetch(uri));
  PAWL_ASSIGN_OR_RETURN(part.manifest, ReadManifest(part.directory));
  PAWL_ASSIGN_OR_RETURN(nlohmann::json transform, ReadJsonFile(part.directory / "transform.json"));
  PAWL_ASSIGN_OR_RETURN(part.transform, TransformFromJson(transform));
  return part;
}

absl::Status CheckSameRows(const std::vector<Part>& parts) {
  for (const Part& part : parts) {
    for (const auto& [name, split] : parts[0].manifest.splits) {
      const auto found = part.manifest.splits.find(name);
      if (found == part.manifest.splits.end() || found->second.rows_sha256 != split.rows_sha256) {
        return absl::InvalidArgumentError(
            absl::StrCat("merge-features: the ", name, " rows of ", part.uri, " are not those of ", parts[0].uri,
                         " (the same input, label, weight and split are needed, and no row refused by only one)"));
      }
    }
  }
  return absl::OkStatus();
}

// How many cells of a line come before the features.
size_t LeadingCells(const DatasetManifest& manifest) { return manifest.weight.empty() ? 1 : 2; }

// The features of a data line, with the comma before them. Data lines hold numbers only: no quotes.
std::string_view FeaturesOf(std::string_view line, size_t leading) {
  size_t at = 0;
  for (size_t i = 0; i < leading; ++i) at = std::min(line.find(',', at + (i > 0 ? 1 : 0)), line.size());
  return line.substr(at);
}

absl::StatusOr<WrittenFile> MergeSplit(const std::vector<Part>& parts, const std::string& name, const fs::path& target,
                                       Pulse& pulse) {
  std::vector<RecordReader> readers;
  for (const Part& part : parts) {
    PAWL_ASSIGN_OR_RETURN(RecordReader reader, RecordReader::Open(part.directory / name / "data.csv", false));
    readers.push_back(std::move(reader));
  }
  PAWL_ASSIGN_OR_RETURN(TableWriter writer, TableWriter::Create(target / name / "data.csv", {}));
  const size_t leading = LeadingCells(parts[0].manifest);
  Record record;
  std::string line;
  for (int64_t row = 0;; ++row) {
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row, "merging"));
    PAWL_ASSIGN_OR_RETURN(bool found, readers[0].Next(record));
    if (!found) break;
    line = record.text;
    for (size_t i = 1; i < readers.size(); ++i) {
      PAWL_ASSIGN_OR_RETURN(bool also, readers[i].Next(record));
      if (!also) return absl::InvalidArgumentError(absl::StrCat(parts[i].uri, " ends before ", parts[0].uri));
      line += FeaturesOf(record.text, leading);
    }
    PAWL_RETURN_IF_ERROR(writer.WriteLine(line));
  }
  return writer.Close();
}

absl::Status CopyKeys(const Part& part, const std::string& name, const fs::path& target) {
  PAWL_RETURN_IF_ERROR(MakeDirectories(target / "keys"));
  std::error_code error;
  const std::string file = name + ".csv";
  fs::copy_file(part.directory / "keys" / file, target / "keys" / file, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot copy keys/", file, ": ", error.message()));
  return absl::OkStatus();
}

absl::StatusOr<nlohmann::json> MergeProfiles(const std::vector<Part>& parts) {
  nlohmann::json merged;
  for (const Part& part : parts) {
    PAWL_ASSIGN_OR_RETURN(nlohmann::json profile, ReadJsonFile(part.directory / "profile.json"));
    if (merged.is_null())
      merged = profile;
    else
      merged["columns"].update(profile["columns"]);
  }
  return merged;
}

}  // namespace

absl::StatusOr<nlohmann::json> MergeFeatures(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "merge-features");
  const std::vector<std::string> datasets = in.Strings("datasets");
  const std::string output_path = in.RequiredString("output_path");
  if (datasets.empty()) in.Refuse("expected 'datasets' to name at least one dataset");
  PAWL_RETURN_IF_ERROR(in.Finish());

  nlohmann::json key = nlohmann::json::array();
  std::vector<Part> parts;
  for (const std::string& uri : datasets) {
    PAWL_ASSIGN_OR_RETURN(Part part, ReadPart(store, uri));
    key.push_back(ToJson(part.manifest));
    key.push_back(ToJson(part.transform));
    parts.push_back(std::move(part));
  }
  PAWL_RETURN_IF_ERROR(CheckSameRows(parts));
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_path, "merge-features", key));
  if (slot.finished() != nullptr) return *slot.finished();

  DatasetManifest manifest = parts[0].manifest;
  FittedTransform transform = parts[0].transform;
  for (size_t i = 1; i < parts.size(); ++i) {
    const Part& part = parts[i];
    manifest.features.insert(manifest.features.end(), part.manifest.features.begin(), part.manifest.features.end());
    transform.columns.insert(transform.columns.end(), part.transform.columns.begin(), part.transform.columns.end());
  }
  if (std::set<std::string>(manifest.features.begin(), manifest.features.end()).size() != manifest.features.size()) {
    return absl::InvalidArgumentError("merge-features: a feature is in more than one of the datasets");
  }
  Pulse pulse(task);
  nlohmann::json result{{"dataset", slot.Uri()}, {"features", manifest.features.size()}};
  for (auto& [name, split] : manifest.splits) {
    PAWL_ASSIGN_OR_RETURN(WrittenFile written, MergeSplit(parts, name, slot.work(), pulse));
    PAWL_RETURN_IF_ERROR(CopyKeys(parts[0], name, slot.work()));
    split.sha256 = written.sha256;
    result[name] = {{"uri", slot.Uri(name)}, {"rows", written.rows}, {"sha256", written.sha256}};
  }
  PAWL_ASSIGN_OR_RETURN(nlohmann::json profile, MergeProfiles(parts));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "dataset.json", ToJson(manifest)));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "transform.json", ToJson(transform)));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "profile.json", profile));
  PAWL_ASSIGN_OR_RETURN(result["transform"], slot.Artifact("transform.json"));
  PAWL_ASSIGN_OR_RETURN(result["profile"], slot.Artifact("profile.json"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
