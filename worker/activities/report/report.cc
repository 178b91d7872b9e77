#include "worker/activities/report/report.h"

#include <cstdio>
#include <limits>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/output_slot.h"
#include "worker/activities/common/table_reader.h"
#include "worker/activities/report/line_chart.h"
#include "worker/activities/report/report_text.h"

namespace pawl::activities {
namespace {

bool IsLargerBetterCurve(const std::string& metric) {
  return absl::StartsWith(metric, "auc") || absl::StartsWith(metric, "map") || absl::StartsWith(metric, "ndcg");
}

// "train-auc" and "validation-auc" share the panel "auc".
absl::StatusOr<std::vector<ChartPanel>> ReadCurve(const std::filesystem::path& path) {
  PAWL_ASSIGN_OR_RETURN(TableReader reader, TableReader::Open({path}, {.kind = "csv"}));
  const std::vector<std::string>& columns = reader.columns();
  if (columns.size() < 2 || columns[0] != "round") {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), " is not an evaluation curve: expected the columns ", "'round' and metrics"));
  }
  std::vector<ChartPanel> panels;
  std::vector<std::pair<size_t, size_t>> places;  // of each column: panel, line
  for (size_t i = 1; i < columns.size(); ++i) {
    const size_t dash = columns[i].find('-');
    const std::string metric = dash == std::string::npos ? columns[i] : columns[i].substr(dash + 1);
    size_t panel = 0;
    while (panel < panels.size() && panels[panel].title != metric) ++panel;
    if (panel == panels.size()) panels.push_back({.title = metric, .lines = {}});
    places.emplace_back(panel, panels[panel].lines.size());
    panels[panel].lines.push_back({columns[i].substr(0, dash), {}, IsLargerBetterCurve(metric)});
  }
  TableRow row;
  while (true) {
    PAWL_ASSIGN_OR_RETURN(bool found, reader.Next(row));
    if (!found) return panels;
    if (!row.error.empty()) return absl::InvalidArgumentError(absl::StrCat(path.string(), ": ", row.error));
    for (size_t i = 1; i < row.cells.size(); ++i) {
      const auto [panel, line] = places[i - 1];
      panels[panel].lines[line].values.push_back(
          ParseNumber(row.cells[i]).value_or(std::numeric_limits<double>::quiet_NaN()));
    }
  }
}

}  // namespace

absl::StatusOr<nlohmann::json> Report(const ArtifactStore& store, worker::TaskContext& task) {
  Fields in(task.input(), "report");
  const std::string title = in.String("title", "Report");
  const std::string curve = in.String("curve");
  const nlohmann::json* sections = in.Array("sections");
  const std::string output_path = in.RequiredString("output_path");
  if (sections == nullptr) in.Refuse("expected 'sections': an array of {\"heading\", \"value\"}");
  PAWL_RETURN_IF_ERROR(in.Finish());
  nlohmann::json key = task.input();
  key.erase("output_path");
  PAWL_ASSIGN_OR_RETURN(OutputSlot slot, OutputSlot::Open(store, output_path, "report", key));
  if (slot.finished() != nullptr) return *slot.finished();

  std::string text = absl::StrCat(title, "\n", std::string(title.size(), '='), "\n");
  for (const nlohmann::json& section : *sections) {
    Fields section_in(section, "report.sections");
    const std::string heading = section_in.RequiredString("heading");
    const nlohmann::json* value = section_in.Find("value");
    PAWL_RETURN_IF_ERROR(section_in.Finish());
    absl::StrAppend(&text, "\n", heading, "\n", std::string(heading.size(), '-'), "\n");
    if (value != nullptr) text += ReportLines(*value);
  }
  nlohmann::json result;
  if (!curve.empty()) {
    PAWL_ASSIGN_OR_RETURN(std::filesystem::path path, store.Fetch(curve));
    PAWL_ASSIGN_OR_RETURN(std::vector<ChartPanel> panels, ReadCurve(path));
    PAWL_RETURN_IF_ERROR(WriteFileAtomically(slot.work() / "evaluation.svg", DrawLineChart(title, panels)));
    PAWL_ASSIGN_OR_RETURN(result["picture"], slot.Artifact("evaluation.svg"));
    absl::StrAppend(&text, "\nThe evaluation curve is in evaluation.svg beside this text.\n");
  }
  PAWL_RETURN_IF_ERROR(WriteFileAtomically(slot.work() / "report.txt", text));
  PAWL_ASSIGN_OR_RETURN(result["text"], slot.Artifact("report.txt"));
  return slot.Commit(result);
}

}  // namespace pawl::activities
