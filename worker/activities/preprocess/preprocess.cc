#include "worker/activities/preprocess/preprocess.h"

#include <array>
#include <cmath>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/pulse.h"
#include "worker/activities/common/table_reader.h"
#include "worker/activities/common/table_writer.h"
#include "worker/activities/dataset/dataset.h"
#include "worker/activities/preprocess/label.h"
#include "worker/activities/preprocess/split.h"
#include "worker/activities/transform/profile.h"
#include "worker/activities/transform/transform.h"

namespace pawl::activities {
namespace {

struct Request {
  std::string input;
  std::string output_path;
  TableFormat format;
  std::vector<ColumnSpec> columns;
  LabelSpec label;
  std::string weight;
  SplitPlan split;
  std::vector<std::string> keep;
};

absl::StatusOr<Request> ParseRequest(const nlohmann::json& input) {
  Fields in(input, "preprocess");
  Request request;
  request.input = in.RequiredString("input");
  request.output_path = in.RequiredString("output_path");
  request.format.kind = in.Choice("format", "auto", {"auto", "csv", "jsonl"});
  request.weight = in.String("weight");
  request.keep = in.Strings("keep");
  const nlohmann::json* columns = in.Array("columns");
  const nlohmann::json* label = in.Object("label");
  const nlohmann::json* split = in.Object("split");
  if (columns == nullptr) in.Refuse("expected a member 'columns' (an array of column specifications)");
  if (label == nullptr) in.Refuse("expected a member 'label' (an object)");
  PAWL_RETURN_IF_ERROR(in.Finish());
  PAWL_ASSIGN_OR_RETURN(request.columns, ParseColumnSpecs(*columns));
  PAWL_ASSIGN_OR_RETURN(request.label, ParseLabelSpec(*label));
  if (split != nullptr) {
    PAWL_ASSIGN_OR_RETURN(request.split, ParseSplitPlan(*split));
  }
  for (const ColumnSpec& column : request.columns) {
    if (column.name == request.label.column) {
      return absl::InvalidArgumentError(
          absl::StrCat("preprocess: the label's column '", column.name, "' must not be a feature"));
    }
  }
  return request;
}

// Where the things of a row stand, beside the features.
struct RowPlaces {
  size_t label = 0;
  std::optional<size_t> weight;
  std::optional<size_t> time;
  std::vector<size_t> keep;
};

absl::StatusOr<RowPlaces> FindPlaces(const TableReader& reader, const Request& request) {
  RowPlaces places;
  PAWL_ASSIGN_OR_RETURN(places.label, reader.IndexOf(request.label.column));
  if (!request.weight.empty()) {
    PAWL_ASSIGN_OR_RETURN(places.weight, reader.IndexOf(request.weight));
  }
  if (request.split.by_time) {
    PAWL_ASSIGN_OR_RETURN(places.time, reader.IndexOf(request.split.time_column));
  }
  for (const std::string& name : request.keep) {
    PAWL_ASSIGN_OR_RETURN(size_t place, reader.IndexOf(name));
    places.keep.push_back(place);
  }
  return places;
}

// A row's role: its split, label and weight, or why it cannot be used.
struct RowRole {
  Split split = Split::kTrain;
  double label = 0;
  double weight = 1;
  std::string problem;
};

RowRole RoleOf(const Request& request, const RowPlaces& places, const TableRow& row) {
  RowRole role;
  if (!row.error.empty()) {
    role.problem = row.error;
    return role;
  }
  if (places.time) {
    const std::optional<int64_t> time = ParseTimestamp(row.cells[*places.time]);
    if (!time) {
      role.problem = absl::StrCat("column '", request.split.time_column, "': expected an ISO 8601 time to split by");
      return role;
    }
    role.split = SplitOfTime(request.split, *time);
  } else {
    role.split = SplitOfRow(request.split, row.number);
  }
  LabelValue label = LabelOf(request.label, row.cells[places.label]);
  role.label = label.value;
  role.problem = std::move(label.problem);
  if (places.weight) {
    const std::optional<double> weight = ParseNumber(row.cells[*places.weight]);
    role.weight = weight.value_or(0);
    if (!weight || *weight < 0) role.problem = absl::StrCat("column '", request.weight, "': expected a weight >= 0");
  }
  return role;
}

// Pass 0, only for a split by time with shares: the boundaries are quantiles of the times.
absl::Status FindBoundaries(const std::vector<std::filesystem::path>& files, Request& request, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, request.format));
  PAWL_ASSIGN_OR_RETURN(size_t place, reader.IndexOf(request.split.time_column));
  QuantileSketch times;
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    if (!row.error.empty()) continue;
    if (const auto time = ParseTimestamp(row.cells[place])) times.Add(static_cast<double>(*time));
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "finding the split"));
  }
  if (times.count() == 0) {
    return absl::InvalidArgumentError(absl::StrCat("column '", request.split.time_column, "' holds no times"));
  }
  const double test_rank = 1 - request.split.test_share;
  const double validation_rank = test_rank - request.split.validation_share;
  const std::vector<double> bounds = times.Quantiles({validation_rank, test_rank});
  if (request.split.validation_share > 0) request.split.validation_from = static_cast<int64_t>(bounds[0]);
  if (request.split.test_share > 0) request.split.test_from = static_cast<int64_t>(bounds[1]);
  return absl::OkStatus();
}

struct Fitted {
  FittedTransform transform;
  nlohmann::json profile;
};

// Pass 1: learns the transformation and the profile from training rows alone.
absl::StatusOr<Fitted> Fit(const std::vector<std::filesystem::path>& files, const Request& request, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, request.format));
  PAWL_ASSIGN_OR_RETURN(RowPlaces places, FindPlaces(reader, request));
  PAWL_ASSIGN_OR_RETURN(TransformFitter fitter, TransformFitter::Create(request.columns, reader.columns()));
  std::vector<NamedProfile> profiles;
  for (const ColumnSpec& spec : request.columns) {
    if (spec.kind == ColumnKind::kTimestamp) continue;  // later data has later times: that is no drift
    PAWL_ASSIGN_OR_RETURN(size_t index, reader.IndexOf(spec.name));
    profiles.push_back({spec.name, index, ColumnProfile(spec.kind == ColumnKind::kNumeric)});
  }
  TableRow row;
  int64_t training_rows = 0;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "fitting"));
    const RowRole role = RoleOf(request, places, row);
    if (!role.problem.empty() || role.split != Split::kTrain) continue;
    ++training_rows;
    fitter.Add(row.cells);
    for (NamedProfile& profile : profiles) profile.profile.Add(row.cells[profile.index]);
  }
  if (training_rows == 0) {
    return absl::InvalidArgumentError("no row is left for training: all are unusable or in the other parts");
  }
  return Fitted{.transform = fitter.Finish(), .profile = ProfileToJson(training_rows, profiles)};
}

// The files of one part of the dataset.
struct SplitWriter {
  TableWriter data;
  TableWriter keys;
  Sha256 rows;
};

absl::StatusOr<SplitWriter> CreateSplitWriter(const std::filesystem::path& directory, const std::string& name,
                                              const std::vector<std::string>& keep) {
  PAWL_ASSIGN_OR_RETURN(TableWriter data, TableWriter::Create(directory / name / "data.csv", {}));
  std::vector<std::string> header{"_row"};
  header.insert(header.end(), keep.begin(), keep.end());
  PAWL_ASSIGN_OR_RETURN(TableWriter keys, TableWriter::Create(directory / "keys" / (name + ".csv"), header));
  return SplitWriter{std::move(data), std::move(keys), Sha256()};
}

struct Counts {
  int64_t rows = 0;
  int64_t refused = 0;
  std::map<std::string, int64_t> reasons;
};

// Pass 2: writes every row to its part, or to errors.csv.
absl::StatusOr<Counts> WriteRows(const std::vector<std::filesystem::path>& files, const Request& request,
                                 const FittedTransform& transform, const std::filesystem::path& directory,
                                 DatasetManifest& manifest, Pulse& pulse) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open(files, request.format));
  PAWL_ASSIGN_OR_RETURN(RowPlaces places, FindPlaces(reader, request));
  PAWL_ASSIGN_OR_RETURN(BoundTransform bound, BoundTransform::Bind(transform, reader.columns()));
  std::vector<SplitWriter> writers;
  for (const char* name : kSplitNames) {
    PAWL_ASSIGN_OR_RETURN(SplitWriter writer, CreateSplitWriter(directory, name, request.keep));
    writers.push_back(std::move(writer));
  }
  PAWL_ASSIGN_OR_RETURN(TableWriter errors, TableWriter::Create(directory / "errors.csv", {"row", "error", "raw"}));
  Counts counts;
  TableRow row;
  std::vector<float> features;
  std::string line;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) break;
    PAWL_RETURN_IF_ERROR(pulse.BeatRow(row.number, "writing"));
    ++counts.rows;
    RowRole role = RoleOf(request, places, row);
    features.clear();
    if (role.problem.empty()) role.problem = bound.Apply(row.cells, features).value_or("");
    if (!role.problem.empty()) {
      ++counts.refused;
      if (counts.reasons.size() < 100 || counts.reasons.contains(role.problem)) ++counts.reasons[role.problem];
      PAWL_RETURN_IF_ERROR(errors.Write({absl::StrCat(row.number), role.problem, row.raw}));
      continue;
    }
    SplitWriter& writer = writers[static_cast<size_t>(role.split)];
    line = FormatNumber(role.label);
    if (places.weight) absl::StrAppend(&line, ",", FormatNumber(role.weight));
    writer.rows.Add(absl::StrCat(row.number, ":", line, "\n"));
    for (float feature : features) {
      line += ',';
      line += FormatNumber(feature);
    }
    PAWL_RETURN_IF_ERROR(writer.data.WriteLine(line));
    std::vector<std::string> keys{absl::StrCat(row.number)};
    for (size_t place : places.keep) keys.push_back(row.cells[place]);
    PAWL_RETURN_IF_ERROR(writer.keys.Write(keys));
  }
  for (size_t i = 0; i < writers.size(); ++i) {
    PAWL_ASSIGN_OR_RETURN(WrittenFile data, writers[i].data.Close());
    PAWL_RETURN_IF_ERROR(writers[i].keys.Close().status());
    manifest.splits[kSplitNames[i]] = {.rows = data.rows, .sha256 = data.sha256, .rows_sha256 = writers[i].rows.Hex()};
  }
  PAWL_RETURN_IF_ERROR(errors.Close().status());
  return counts;
}

}  // namespace

absl::StatusOr<nlohmann::json> Preprocess(const ArtifactStore& store, worker::TaskContext& task) {
  PAWL_ASSIGN_OR_RETURN(Request request, ParseRequest(task.input()));
  PAWL_ASSIGN_OR_RETURN(std::string input_digest, InputDigest(store, request.input));
  nlohmann::json key = task.input();
  key.erase("input");
  key.erase("output_path");
  key["input_sha256"] = input_digest;
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, request.output_path, "preprocess", key));
  if (slot.finished() != nullptr) return *slot.finished();

  Pulse pulse(task);
  PAWL_ASSIGN_OR_RETURN(std::vector<std::filesystem::path> files, store.FetchFiles(request.input));
  if (request.split.by_time && !request.split.boundaries_known) {
    PAWL_RETURN_IF_ERROR(FindBoundaries(files, request, pulse));
  }
  PAWL_ASSIGN_OR_RETURN(Fitted fitted, Fit(files, request, pulse));
  DatasetManifest manifest{.label = request.label.name, .weight = request.weight, .classes = request.label.classes};
  manifest.features = fitted.transform.FeatureNames();
  manifest.keys = request.keep;
  PAWL_ASSIGN_OR_RETURN(Counts counts, WriteRows(files, request, fitted.transform, slot.work(), manifest, pulse));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "transform.json", ToJson(fitted.transform)));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "profile.json", fitted.profile));
  PAWL_RETURN_IF_ERROR(WriteJsonFile(slot.work() / "dataset.json", ToJson(manifest)));

  nlohmann::json result{
      {"dataset", slot.Uri()},  {"input_sha256", input_digest},   {"features", manifest.features.size()},
      {"rows_in", counts.rows}, {"rows_refused", counts.refused}, {"refused_because", counts.reasons}};
  for (const auto& [name, split] : manifest.splits) {
    result[name] = {{"uri", slot.Uri(name)}, {"rows", split.rows}, {"sha256", split.sha256}};
  }
  for (const char* name : {"transform", "profile"}) {
    PAWL_ASSIGN_OR_RETURN(result[name], slot.Artifact(absl::StrCat(name, ".json")));
  }
  PAWL_ASSIGN_OR_RETURN(result["errors"], slot.Artifact("errors.csv"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
