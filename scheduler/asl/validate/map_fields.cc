// Fields of a Map.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/states.h"

namespace pawl::asl {

using json::Value;

namespace {

constexpr size_t kLabelMax = 40;
const Range kPositive{1};
// With the same characters as state machine names (STEP_FUNCTIONS.md 1.1).
constexpr std::string_view kLabelForbidden = " \t\r\n<>{}[]?*\"#%\\^|~`$&,;:/";

// U+0000 to U+001F and U+007F to U+009F, in UTF-8 (recorded: map_state_label_invalid_char_fail).
bool HasControls(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return true;
  }
  return false;
}

std::string ArgumentsName(const Fields& fields) { return fields.is_jsonata() ? "Arguments" : "Parameters"; }

}  // namespace

MapDetail StateCompiler::CompileMap(const Fields& fields, State& state, const Surroundings& around) {
  MapDetail map;
  if (fields.ExactlyOne({"ItemProcessor", "Iterator"})) CompileProcessor(fields, state, map, around);
  const QueryLanguage language = state.query_language;
  if (fields.is_jsonata()) {
    map.items = fields.TemplateAt("Items");
    if (map.items && map.items->kind == Template::Kind::kConstant && !map.items->constant.is_array() &&
        !map.items->constant.is_object()) {
      report_.Schema(fields.At("Items"), "Expected value of type [ARRAY]");
    }
  } else {
    map.items_path = fields.ReferencePath("ItemsPath");
    fields.AtMostOne({"ItemSelector", "Parameters"});
  }
  const bool by_old_name = !fields.is_jsonata() && !fields.Has("ItemSelector");
  map.item_selector = fields.TemplateAt(by_old_name ? "Parameters" : "ItemSelector");
  map.max_concurrency = fields.NumberOrQuery("MaxConcurrency", {0}, /*whole=*/true);
  map.tolerated_failure_count = fields.NumberOrQuery("ToleratedFailureCount", {0}, /*whole=*/true);
  map.tolerated_failure_percentage = fields.NumberOrQuery("ToleratedFailurePercentage", {0, 100}, /*whole=*/false);

  if (const std::optional<std::string> label = fields.Text("Label")) {
    map.label = *label;
    const Place place = fields.At("Label");
    // STEP_FUNCTIONS.md 2.10.
    if (label->size() > kLabelMax) {
      report_.Error(
          "INVALID_LABEL_NAME", place,
          absl::StrCat("Label '", *label, "' exceeds the ", kLabelMax, "-character limit allowed by the service"));
    } else if (label->empty() || label->find_first_of(kLabelForbidden) != std::string::npos || HasControls(*label)) {
      report_.Error("INVALID_LABEL_NAME", place, absl::StrCat("Label '", *label, "' contains invalid characters"));
    } else if (!labels_.emplace(*label, place).second) {
      report_.Error("DUPLICATE_LABEL_NAME", place, "Duplicate Label name: " + *label);
    }
  }
  if (const std::optional<Place> reader = fields.Object("ItemReader")) map.reader = CompileReader(*reader, language);
  if (const std::optional<Place> batcher = fields.Object("ItemBatcher")) {
    map.batcher = CompileBatcher(*batcher, language);
  }
  if (const std::optional<Place> writer = fields.Object("ResultWriter")) map.writer = CompileWriter(*writer, language);
  return map;
}

void StateCompiler::CompileProcessor(const Fields& fields, State& state, MapDetail& map, const Surroundings& around) {
  const std::optional<Place> processor = fields.Object(fields.Has("ItemProcessor") ? "ItemProcessor" : "Iterator");
  if (!processor) return;
  Surroundings inner = around;
  if (++inner.nesting > options_.nesting_max) {
    report_.Error("TOO_DEEPLY_NESTED", *processor,
                  absl::StrCat("States are nested deeper than ", options_.nesting_max, " levels"));
    return;
  }
  const Fields block(*processor, state.query_language, report_);
  if (const std::optional<Place> config_place = block.Object("ProcessorConfig")) {
    const Fields config(*config_place, state.query_language, report_);
    const std::string mode = config.OneOf("Mode", {"INLINE", "DISTRIBUTED"}).value_or("INLINE");
    state.distributed = mode == "DISTRIBUTED";
    if (!state.distributed) {
      config.RefuseUnknown({"Mode"});
    } else {
      config.RefuseUnknown({"Mode", "ExecutionType"});
      config.Require({"ExecutionType"});
      map.express_children = config.OneOf("ExecutionType", {"STANDARD", "EXPRESS"}).value_or("STANDARD") == "EXPRESS";
      if (around.type == MachineType::kExpress) {  // STEP_FUNCTIONS.md 2.10: not in Express parents
        report_.Schema(config.At("Mode"),
                       "The field 'Mode' with value 'DISTRIBUTED' is not supported inside 'EXPRESS' state machines");
      }
      inner.type = map.express_children ? MachineType::kExpress : MachineType::kStandard;
    }
  }
  state.branches.push_back(CompileBlock(*processor, inner, {"Comment", "StartAt", "States", "ProcessorConfig"}));
  CheckGraph(state.branches.back(), *processor, /*is_machine=*/false, report_);
}

// STEP_FUNCTIONS.md 2.10 names what a reader, a batcher and a writer may have.
ReaderDetail StateCompiler::CompileReader(const Place& place, QueryLanguage language) {
  ReaderDetail reader;
  const Fields fields(place, language, report_, "ItemReader/");
  fields.RefuseUnknown({"Resource", "ReaderConfig", "Parameters", "Arguments", "Comment"});
  RefuseOtherDialect(fields, {"Parameters"}, {"Arguments"});
  fields.Require({"Resource"});
  if (const std::optional<std::string> resource = fields.Text("Resource")) {
    reader.resource = *resource;
    if (!resource->ends_with(":s3:getObject") && !resource->ends_with(":s3:listObjectsV2")) {
      report_.Schema(fields.At("Resource"), "The field 'Resource' does not match any of the allowed values");
    }
  }
  reader.arguments = fields.TemplateAt(ArgumentsName(fields));
  const std::optional<Place> config_place = fields.Object("ReaderConfig");
  if (!config_place) return reader;
  reader.has_config = true;
  const Fields config(*config_place, language, report_, "ItemReader/ReaderConfig/");
  config.RefuseUnknown({"InputType", "CSVHeaderLocation", "CSVHeaders", "CSVDelimiter", "MaxItems", "MaxItemsPath",
                        "ManifestType", "Transformation", "ItemsPointer"});
  RefuseOtherDialect(config, {"MaxItemsPath"}, {});
  const std::string input_type =
      config.OneOf("InputType", {"CSV", "JSON", "JSONL", "PARQUET", "MANIFEST"}).value_or("");
  const std::optional<std::string> header = config.OneOf("CSVHeaderLocation", {"FIRST_ROW", "GIVEN"});
  config.OneOf("CSVDelimiter", {"COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"});
  config.OneOf("ManifestType", {"ATHENA_DATA", "S3_INVENTORY"});
  config.OneOf("Transformation", {"NONE", "LOAD_AND_FLATTEN"});
  config.Text("ItemsPointer");
  if (config.Has("CSVHeaders")) config.TextList("CSVHeaders");
  if (input_type == "CSV" && !config.Has("CSVHeaderLocation")) {
    report_.Schema(*config_place, "The field 'CSVHeaderLocation' is required");
  }
  if ((input_type == "JSON" || input_type == "JSONL") && config.Has("CSVHeaderLocation")) {
    report_.Schema(*config_place, "Field 'CSVHeaderLocation' is not supported");
  }
  if (header.value_or("") == "GIVEN") config.Require({"CSVHeaders"});
  reader.numbers.push_back(config.NumberOrQuery("MaxItems", {0}, /*whole=*/true));
  std::vector<json::Member> constant;
  for (const json::Member& member : config_place->value().members()) {
    if (!member.key.starts_with("MaxItems")) constant.push_back(member);
  }
  reader.config = Value::Object(std::move(constant));
  return reader;
}

BatcherDetail StateCompiler::CompileBatcher(const Place& place, QueryLanguage language) {
  BatcherDetail batcher;
  const Fields fields(place, language, report_, "ItemBatcher/");
  fields.RefuseUnknown({"MaxItemsPerBatch", "MaxItemsPerBatchPath", "MaxInputBytesPerBatch",
                        "MaxInputBytesPerBatchPath", "BatchInput", "Comment"});
  RefuseOtherDialect(fields, {"MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath"}, {});
  batcher.numbers.push_back(fields.NumberOrQuery("MaxItemsPerBatch", kPositive, /*whole=*/true));
  batcher.numbers.push_back(fields.NumberOrQuery("MaxInputBytesPerBatch", {1, 262'144}, /*whole=*/true));
  batcher.batch_input = fields.TemplateAt("BatchInput");
  return batcher;
}

WriterDetail StateCompiler::CompileWriter(const Place& place, QueryLanguage language) {
  WriterDetail writer;
  const Fields fields(place, language, report_, "ResultWriter/");
  fields.RefuseUnknown({"Resource", "Parameters", "Arguments", "WriterConfig", "Comment"});
  RefuseOtherDialect(fields, {"Parameters"}, {"Arguments"});
  if (const std::optional<std::string> resource = fields.Text("Resource")) {
    writer.resource = *resource;
    if (!resource->ends_with(":s3:putObject")) {
      report_.Schema(fields.At("Resource"), "The field 'Resource' does not match any of the allowed values");
    }
  }
  writer.arguments = fields.TemplateAt(ArgumentsName(fields));
  if (const std::optional<Place> config_place = fields.Object("WriterConfig")) {
    const Fields config(*config_place, language, report_);
    config.RefuseUnknown({"Transformation", "OutputType"});
    config.OneOf("Transformation", {"NONE", "COMPACT", "FLATTEN"});
    config.OneOf("OutputType", {"JSON", "JSONL"});
    writer.config = config_place->value();
  }
  return writer;
}

}  // namespace pawl::asl
