#include "scheduler/asl/interpret/map.h"

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/interpret/flow.h"
#include "scheduler/asl/interpret/item_batches.h"
#include "scheduler/asl/intrinsics/value_size.h"

namespace pawl::asl {

using json::Value;

namespace {

// The text of the path without what names its source: "$.Execution.Input" for "$$.Execution.Input", as recorded
// (state_map_context_object).
Failure NotAnArray(const Evaluator& evaluator, const PathRef& path) {
  Failure failure = evaluator.Runtime("");
  failure.cause = absl::StrCat("Reference path \"", path.reference.path, "\" must point to array.");
  return failure;
}

// Name and wording as AWS's users report them.
Failure NoSuchStep(const PathRef& path, const Data& data) {
  const auto& steps = path.path.reference_steps();
  return Failure{.error = "States.ReferencePathConflict",
                 .cause = absl::StrCat("Unable to apply step \"", steps && !steps->empty() ? steps->back() : path.text,
                                       "\" to input ", json::Serialize(data.Get())),
                 .catchable = true,
                 .evaluation = std::nullopt};
}

Fallible<Data> ItemsByPath(const Evaluator& evaluator, const Data& input) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  if (!map.items_path) {
    if (input.Get().is_array()) return input;
    Failure failure = evaluator.Runtime("");
    failure.cause = "Reference path \"$\" must point to array.";
    return failure;
  }
  const PathRef& path = *map.items_path;
  absl::StatusOr<Value> found = evaluator.Find(path, input);
  if (!found.ok()) return NoSuchStep(path, input);
  if (!found->is_array()) return NotAnArray(evaluator, path);
  PathField field{PathField::Mode::kPath, path};
  if (path.path.is_root() && path.reference.source == jsonpath::Reference::Source::kInput) {
    field = PathField{};
  }
  return evaluator.Select(field, input);
}

Fallible<Data> ItemsByExpression(const Evaluator& evaluator, const Data& input) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  if (!map.items) {
    if (input.Get().is_array()) return input;
    // Recorded without a location: map_state_items_input_types.
    return evaluator.QueryEvaluation(
        absl::StrCat("Map state input must be an array but was: ", json::Serialize(input.Get())), "");
  }
  PAWL_ASSIGN_OR_FAIL(Value items, evaluator.Fill(*map.items, input));
  if (items.is_array()) return Data::Of(std::move(items));
  // Recorded: map_state_items_eval_jsonata_fail; an object too, in 2024 (map_state_items_variable_sampling_object).
  if (map.items->expression) return evaluator.UnexpectedType(*map.items->expression, "Items", "array", items);
  return evaluator.QueryEvaluation(absl::StrCat("The field 'Items' must be an array but was: ", json::Serialize(items)),
                                   "Items");
}

Fallible<std::optional<int64_t>> WholeNumber(const Evaluator& evaluator, const NumberField& field, const Data& input) {
  PAWL_ASSIGN_OR_FAIL(std::optional<double> number, ReadNumber(evaluator, field, input, /*whole=*/true));
  if (!number) return std::optional<int64_t>();
  return std::optional<int64_t>(static_cast<int64_t>(*number));
}

// A number of the definition that may be out of range at run time.
Failure OutOfRange(const Evaluator& evaluator, const NumberField& field, const std::string& text) {
  if (field.expression) return evaluator.QueryEvaluation(text, field.field);
  return evaluator.Runtime(text);
}

Fallible<StartMap> Tolerance(const Evaluator& evaluator, const Data& input, StartMap start) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  PAWL_ASSIGN_OR_FAIL(start.tolerated_failure_count, WholeNumber(evaluator, map.tolerated_failure_count, input));
  if (start.tolerated_failure_count && *start.tolerated_failure_count < 0) {
    // Worded as the others; AWS's words are not recorded.
    return OutOfRange(evaluator, map.tolerated_failure_count, "ToleratedFailureCount cannot be negative.");
  }
  PAWL_ASSIGN_OR_FAIL(start.tolerated_failure_percentage,
                      ReadNumber(evaluator, map.tolerated_failure_percentage, input, /*whole=*/false));
  const std::optional<double>& percentage = start.tolerated_failure_percentage;
  if (percentage && (*percentage < 0 || *percentage > 100)) {
    // Recorded: map_state_tolerated_failure_percentage_path.
    return OutOfRange(evaluator, map.tolerated_failure_percentage,
                      "ToleratedFailurePercentage must be between 0 and 100.");
  }
  if (start.tolerated_failure_count) {
    evaluator.Stage("toleratedFailureCount", Data::Of(Value::Int(*start.tolerated_failure_count)));
  }
  if (percentage && evaluator.scope().inspector != nullptr) {
    // Recorded as 1.0 where it was written as 1.
    std::string text = json::NumberToText(*percentage);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    evaluator.Stage("toleratedFailurePercentage", Data::Of(Value::NumberText(std::move(text))));
  }
  return start;
}

// `fields` by the names they have without "Path", appended to `members`.
Fallible<bool> AppendNumbers(const Evaluator& evaluator, const std::vector<NumberField>& fields, const Data& input,
                             std::vector<json::Member>& members) {
  for (const NumberField& field : fields) {
    PAWL_ASSIGN_OR_FAIL(std::optional<int64_t> number, WholeNumber(evaluator, field, input));
    std::string name = field.field;
    if (name.ends_with("Path")) name.resize(name.size() - 4);
    if (const size_t slash = name.rfind('/'); slash != std::string::npos) name = name.substr(slash + 1);
    // 0 and less go on to the Map Run, which knows what they mean (recorded: map_item_reader_csv_max_items_paths).
    if (number) members.push_back({name, Value::Int(*number)});
  }
  return true;
}

Fallible<Value> Reader(const Evaluator& evaluator, const ReaderDetail& reader, const Data& input) {
  std::vector<json::Member> members = {{"Resource", Value::String(reader.resource)}};
  if (reader.arguments) {
    PAWL_ASSIGN_OR_FAIL(Value arguments, evaluator.Fill(*reader.arguments, input));
    members.push_back({"Arguments", std::move(arguments)});
  }
  if (reader.has_config) {
    std::vector<json::Member> config(reader.config.members().begin(), reader.config.members().end());
    PAWL_ASSIGN_OR_FAIL([[maybe_unused]] bool appended, AppendNumbers(evaluator, reader.numbers, input, config));
    members.push_back({"ReaderConfig", Value::Object(std::move(config))});
  }
  return Value::Object(std::move(members));
}

Fallible<Value> Batcher(const Evaluator& evaluator, const BatcherDetail& batcher, const Data& input) {
  std::vector<json::Member> members;
  PAWL_ASSIGN_OR_FAIL([[maybe_unused]] bool appended, AppendNumbers(evaluator, batcher.numbers, input, members));
  if (batcher.batch_input) {
    PAWL_ASSIGN_OR_FAIL(Value batch_input, evaluator.Fill(*batcher.batch_input, input));
    members.push_back({"BatchInput", std::move(batch_input)});
  }
  return Value::Object(std::move(members));
}

Fallible<Value> Writer(const Evaluator& evaluator, const WriterDetail& writer, const Data& input) {
  std::vector<json::Member> members;
  if (!writer.resource.empty()) members.push_back({"Resource", Value::String(writer.resource)});
  if (writer.arguments) {
    PAWL_ASSIGN_OR_FAIL(Value arguments, evaluator.Fill(*writer.arguments, input));
    members.push_back({"Arguments", std::move(arguments)});
  }
  if (writer.config) members.push_back({"WriterConfig", *writer.config});
  return Value::Object(std::move(members));
}

Fallible<DistributedMap> Distributed(const Evaluator& evaluator, const Data& input) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  DistributedMap distributed{.label = map.label, .express_children = map.express_children};
  if (map.reader) {
    PAWL_ASSIGN_OR_FAIL(distributed.item_reader, Reader(evaluator, *map.reader, input));
  }
  if (map.batcher) {
    PAWL_ASSIGN_OR_FAIL(distributed.item_batcher, Batcher(evaluator, *map.batcher, input));
  }
  if (map.writer) {
    PAWL_ASSIGN_OR_FAIL(distributed.result_writer, Writer(evaluator, *map.writer, input));
  }
  return distributed;
}

// What history shows only after MapStateStarted.
Fallible<StartMap> Finish(const Evaluator& evaluator, const Data& input, StartMap start) {
  PAWL_ASSIGN_OR_FAIL(StartMap tolerant, Tolerance(evaluator, input, std::move(start)));
  // Only a Map Run can read from and write to elsewhere, so an inline Map with a reader or writer asks for one too.
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  if (evaluator.state().distributed || map.reader || map.writer) {
    PAWL_ASSIGN_OR_FAIL(tolerant.distributed, Distributed(evaluator, input));
    if (!evaluator.state().distributed && !map.reader) tolerant.distributed->item_batcher.reset();  // batched already
  }
  return tolerant;
}

// The items of an inline Map with an ItemBatcher: batches of what ItemSelector makes of each (specification, "Map
// State": items are selected first, then put together).
Fallible<Data> Batched(const Evaluator& evaluator, const Data& input, const Data& items) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  PAWL_ASSIGN_OR_FAIL(Value batcher, Batcher(evaluator, *map.batcher, input));
  const std::span<const Value> all = items.Get().items();
  std::vector<Value> selected(all.begin(), all.end());
  for (size_t i = 0; map.item_selector && i < selected.size(); ++i) {
    const Value item = Value::Object({{"Index", Value::Int(static_cast<int64_t>(i))}, {"Value", selected[i]}});
    const HeldValue context(evaluator.scope().context.Get().With("Map", Value::Object({{"Item", item}})));
    Scope scope{.input = evaluator.scope().input,
                .context = context,
                .variables = evaluator.scope().variables,
                .random = evaluator.scope().random,
                .now = evaluator.scope().now,
                .inspector = nullptr,
                .entered_event_id = evaluator.scope().entered_event_id};
    PAWL_ASSIGN_OR_FAIL(selected[i], Evaluator(evaluator.state(), scope).Fill(*map.item_selector, input));
  }
  if (!intrinsics::SizeWithin(Value::Array(selected))) return evaluator.TooLarge();
  Data batches = Data::Of(ItemBatches(batcher, selected));
  evaluator.Stage("afterItemBatcher", batches);
  return batches;
}

Fallible<StartMap> Begin(const Evaluator& evaluator, const Data& input) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  StartMap start;
  if (!map.reader) {
    PAWL_ASSIGN_OR_FAIL(Data items,
                        evaluator.is_jsonata() ? ItemsByExpression(evaluator, input) : ItemsByPath(evaluator, input));
    if (map.items_path) evaluator.Stage("afterItemsPath", items);
    if (map.items) evaluator.Stage("afterItems", items);
    if (map.batcher && !evaluator.state().distributed) {
      PAWL_ASSIGN_OR_FAIL(items, Batched(evaluator, input, items));
    }
    start.length = items.Get().size();
    start.items = std::move(items).ToDerived();
  } else {
    start.items.from = Derived::From::kValue;
  }
  PAWL_ASSIGN_OR_FAIL(std::optional<int64_t> concurrency, WholeNumber(evaluator, map.max_concurrency, input));
  start.max_concurrency = concurrency.value_or(0);
  if (start.max_concurrency < 0) {
    // Worded as the others; AWS's words are not recorded (max_concurrency_path_negative ends before them).
    return OutOfRange(evaluator, map.max_concurrency, "MaxConcurrency cannot be negative.");
  }
  evaluator.Stage("maxConcurrency", Data::Of(Value::Int(start.max_concurrency)));
  return start;
}

}  // namespace

std::variant<StartMap, Failed> EnterMap(const Evaluator& evaluator) {
  Fallible<Data> input = EffectiveInput(evaluator);
  if (!input.ok()) return Failed{std::move(input.failure())};
  Fallible<StartMap> begun = Begin(evaluator, input.value());
  if (!begun.ok()) return Failed{std::move(begun.failure())};
  const size_t length = begun.value().length;
  Fallible<StartMap> finished = Finish(evaluator, input.value(), std::move(begun.value()));
  if (!finished.ok()) return Failed{std::move(finished.failure()), length};
  return std::move(finished.value());
}

Fallible<Derived> SelectItem(const Evaluator& evaluator) {
  const auto& map = std::get<MapDetail>(evaluator.detail().by_type);
  if (!map.item_selector || (map.batcher && !evaluator.state().distributed)) {
    Derived item;
    item.from = Derived::From::kResult;
    return item;
  }
  Data input = Data::Input(evaluator.scope().input);
  if (!evaluator.is_jsonata()) {
    PAWL_ASSIGN_OR_FAIL(input, evaluator.Select(evaluator.detail().input_path, std::move(input)));
  }
  PAWL_ASSIGN_OR_FAIL(Value selected, evaluator.Fill(*map.item_selector, input));
  Data item = Data::Of(std::move(selected));
  evaluator.Stage("afterItemSelector", item);
  return std::move(item).ToDerived();
}

}  // namespace pawl::asl
