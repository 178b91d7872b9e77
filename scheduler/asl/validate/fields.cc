#include "scheduler/asl/validate/fields.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pawl::asl {

namespace {

bool LooksLikePath(std::string_view text) { return text.starts_with("$.") || text.starts_with("$$.") || text == "$"; }

// Only letters, digits and the like: AWS wants a name, and a path into a variable is none (STEP_FUNCTIONS.md 2.6).
bool IsVariableName(std::string_view name) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  if (name.empty() || !letter(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

constexpr size_t kVariableNameMax = 80;

}  // namespace

// Types of fields: STEP_FUNCTIONS.md 2.2, from the specification ("State Types").
void Fields::WrongType(const Place& place, std::string_view type) const {
  report_.Schema(place, absl::StrCat("Expected value of type ", std::string(type)));
}

// STEP_FUNCTIONS.md 2.2 lists what there is; AWS takes nothing else.
void Fields::RefuseUnknown(const std::vector<std::string>& known) const {
  for (const syntax::NodeMember& member : place_.node->members) {
    if (std::find(known.begin(), known.end(), member.key) != known.end()) continue;
    report_.ErrorAt("SCHEMA_VALIDATION_FAILED", place_.location(), member.offset,
                    absl::StrCat("Field '", member.key, "' is not supported"));
  }
}

// Recorded: validate_state_machine_definition_not_a_definition EMPTY_DICT, create_delete_invalid_sm.
void Fields::Require(const std::vector<std::string>& names) const {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!Has(name)) missing.push_back(name);
  }
  if (!missing.empty()) report_.Schema(place_, "These fields are required: " + BracketedList(missing));
}

// Specification, "Fail State" (Error and ErrorPath), "Task State" (timeouts and their paths) and the like.
void Fields::AtMostOne(const std::vector<std::string>& names) const {
  const auto present = std::count_if(names.begin(), names.end(), [&](const std::string& name) { return Has(name); });
  if (present > 1) {
    report_.Schema(place_, "There should only be one of the following fields: " + BracketedList(names));
  }
}

// Specification, "Wait State" and "Map State" (ItemProcessor, or Iterator by its older name).
bool Fields::ExactlyOne(const std::vector<std::string>& names) const {
  AtMostOne(names);
  const auto present = std::count_if(names.begin(), names.end(), [&](const std::string& name) { return Has(name); });
  if (present == 0) {
    report_.Schema(place_, "This object should have only one of the following fields: " + BracketedList(names));
  }
  return present == 1;
}

std::optional<std::string> Fields::Text(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  const Place place = At(name);
  if (place.value().is_string()) return place.value().as_string();
  WrongType(place, "[STRING]");
  return std::nullopt;
}

std::optional<bool> Fields::Boolean(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  const Place place = At(name);
  if (place.value().is_bool()) return place.value().as_bool();
  WrongType(place, "[BOOLEAN]");
  return std::nullopt;
}

// The choices: STEP_FUNCTIONS.md 2.1 (Version, QueryLanguage), 2.7 (JitterStrategy), 2.10 (a Map's).
std::optional<std::string> Fields::OneOf(std::string_view name, const std::vector<std::string>& choices) const {
  std::optional<std::string> text = Text(name);
  if (!text || std::find(choices.begin(), choices.end(), *text) != choices.end()) return text;
  report_.Schema(At(name), "Value should be one of the following: " + BracketedList(choices));
  return std::nullopt;
}

std::optional<Place> Fields::Object(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  Place place = At(name);
  if (place.value().is_object()) return place;
  WrongType(place, "[OBJECT]");
  return std::nullopt;
}

std::optional<Place> Fields::Array(std::string_view name, bool may_be_empty) const {
  if (!Has(name)) return std::nullopt;
  Place place = At(name);
  if (!place.value().is_array()) {
    WrongType(place, "[ARRAY]");
    return std::nullopt;
  }
  // Recorded: parallel_state_empty_branches.
  if (!may_be_empty && place.node->items.empty()) report_.Schema(place, "Value cannot be empty");
  return place;
}

// The ranges: STEP_FUNCTIONS.md 2.2 (seconds), 2.7 (Retry), 2.10 (a Map's).
bool Fields::CheckRange(const Place& place, double number, const Range& range) const {
  if (number < range.min) {
    report_.Schema(place, "Minimum value is " + json::NumberToText(range.min));
    return false;
  }
  if (number > range.max) {
    report_.Schema(place, "Maximum value is " + json::NumberToText(range.max));
    return false;
  }
  return true;
}

std::optional<int64_t> Fields::Integer(std::string_view name, const Range& range) const {
  if (!Has(name)) return std::nullopt;
  const Place place = At(name);
  const std::optional<int64_t> number = place.value().as_int64();
  if (!number) {
    WrongType(place, "Integer");
    return std::nullopt;
  }
  if (!CheckRange(place, static_cast<double>(*number), range)) return std::nullopt;
  return number;
}

std::optional<double> Fields::Number(std::string_view name, const Range& range) const {
  if (!Has(name)) return std::nullopt;
  const Place place = At(name);
  if (!place.value().is_number()) {
    WrongType(place, "Number");
    return std::nullopt;
  }
  if (!CheckRange(place, place.value().as_double(), range)) return std::nullopt;
  return place.value().as_double();
}

std::vector<std::string> Fields::TextList(std::string_view name) const {
  std::vector<std::string> texts;
  const std::optional<Place> list = Array(name, /*may_be_empty=*/false);
  if (!list) return texts;
  for (size_t i = 0; i < list->node->items.size(); ++i) {
    const Place item = list->Item(i);
    if (item.value().is_string()) {
      texts.push_back(item.value().as_string());
    } else {
      WrongType(item, "[STRING]");
    }
  }
  return texts;
}

// NO_PATH is a warning: STEP_FUNCTIONS.md 1.3.
NumberField Fields::NumberOrQuery(std::string_view name, const Range& range, bool whole) const {
  NumberField field;
  field.field = prefix_ + std::string(name);
  const std::string path_name = std::string(name) + "Path";
  if (!is_jsonata()) {
    AtMostOne({std::string(name), path_name});
    if (Has(path_name)) {
      field.path = ReferencePath(path_name);
      field.field = prefix_ + path_name;
      return field;
    }
  }
  if (!Has(name)) return field;
  const Place place = At(name);
  if (place.value().is_string()) {
    const std::string& text = place.value().as_string();
    if (is_jsonata() && (text.starts_with("{%") || text.ends_with("%}"))) {
      field.expression = CompileExpression(place, report_);
      return field;
    }
    if (LooksLikePath(text)) {
      report_.Warn("NO_PATH", place,
                   absl::StrCat("The value looks like a path, but the name of the field '", std::string(name),
                                "' does not end with 'Path'"));
    }
  }
  if (whole) {
    if (const std::optional<int64_t> number = Integer(name, range)) field.value = static_cast<double>(*number);
  } else {
    field.value = Number(name, range);
  }
  return field;
}

// ErrorPath and CausePath: STEP_FUNCTIONS.md 2.2; other "...Path" fields take paths only.
TextField Fields::TextOrQuery(std::string_view name, const std::vector<std::string>& intrinsics) const {
  TextField field;
  field.field = prefix_ + std::string(name);
  const std::string path_name = std::string(name) + "Path";
  if (!is_jsonata()) {
    AtMostOne({std::string(name), path_name});
    if (Has(path_name)) {
      field.field = prefix_ + path_name;
      const std::optional<std::string> text = Text(path_name);
      if (!text) return field;
      if (!intrinsics::Intrinsic::LooksLikeOne(*text) || intrinsics.empty()) {
        if (std::optional<PathRef> path = ReferencePath(path_name)) field.query = std::move(*path);
        return field;
      }
      absl::StatusOr<intrinsics::Intrinsic> intrinsic = intrinsics::Intrinsic::Compile(*text);
      if (!intrinsic.ok() ||
          std::find(intrinsics.begin(), intrinsics.end(), intrinsic->function_name()) == intrinsics.end()) {
        report_.Schema(At(path_name), "Value must be a valid JSONPath or a valid intrinsic function call");
        return field;
      }
      field.query = *std::move(intrinsic);
      return field;
    }
  }
  std::optional<std::string> text = Text(name);
  if (!text) return field;
  if (is_jsonata() && (text->starts_with("{%") || text->ends_with("%}"))) {
    field.expression = CompileExpression(At(name), report_);
    return field;
  }
  if (!is_jsonata() && LooksLikePath(*text)) {
    report_.Warn("NO_PATH", At(name),
                 absl::StrCat("The value looks like a path, but the name of the field '", std::string(name),
                              "' does not end with 'Path'"));
  }
  field.value = std::move(*text);
  return field;
}

// Specification, "Paths"; null gives {}: STEP_FUNCTIONS.md 2.3.
PathField Fields::DataPath(std::string_view name) const {
  PathField field;
  if (!Has(name)) return field;
  if (At(name).value().is_null()) {
    field.mode = PathField::Mode::kNothing;
    return field;
  }
  const std::optional<std::string> text = Text(name);
  if (!text || *text == "$") return field;
  std::string why;
  field.path = CompilePath(*text, &why);
  if (!field.path) {
    report_.Schema(At(name), "Value must be a valid JSONPath.");
    return field;
  }
  field.mode = PathField::Mode::kPath;
  return field;
}

// Specification, "Input and Output Processing": a reference path into the raw input; null discards the result.
ResultPathField Fields::ResultPath(std::string_view name) const {
  ResultPathField field;
  if (!Has(name)) return field;
  if (At(name).value().is_null()) {
    field.mode = ResultPathField::Mode::kDiscard;
    return field;
  }
  std::optional<std::string> text = Text(name);
  if (!text) return field;
  field.text = *text;
  if (*text == "$") return field;
  std::optional<PathRef> path = ReferencePath(name);
  if (!path) return field;
  if (path->reference.source != jsonpath::Reference::Source::kInput || !path->path.reference_steps()) {
    report_.Schema(At(name), "Value is not a Reference Path: a result can be put only into the state's input");
    return field;
  }
  field.mode = ResultPathField::Mode::kInsert;
  field.steps = *path->path.reference_steps();
  field.path = std::move(path->path);
  return field;
}

// Specification, "Reference Paths"; STEP_FUNCTIONS.md 2.3.
std::optional<PathRef> Fields::ReferencePath(std::string_view name) const {
  const std::optional<std::string> text = Text(name);
  if (!text) return std::nullopt;
  if (!text->starts_with('$')) {
    report_.Schema(At(name), "Value is not a Reference Path: Reference path didn't start with '$'");
    return std::nullopt;
  }
  std::string why;
  std::optional<PathRef> path = CompilePath(*text, &why);
  if (!path) {
    report_.Schema(At(name), "Value is not a Reference Path: " + why);
    return std::nullopt;
  }
  if (!IsReferencePath(*path)) {
    report_.Schema(At(name), "Value is not a Reference Path: it must name a single node, without @ .. , : ? *");
    return std::nullopt;
  }
  return path;
}

std::optional<Template> Fields::TemplateAt(std::string_view name) const {
  if (!Has(name)) return std::nullopt;
  return CompileTemplate(At(name), language_, prefix_ + std::string(name), report_);
}

// Names of variables: STEP_FUNCTIONS.md 2.6 (whole names of at most 80 characters); $states is JSONata's own (2.5).
AssignField Fields::Assign() const {
  const std::optional<Place> place = Object("Assign");
  if (!place) return {};
  for (const syntax::NodeMember& member : place->node->members) {
    std::string_view name = member.key;
    if (!is_jsonata() && name.ends_with(".$")) name.remove_suffix(2);
    if (name == "states") {
      report_.ErrorAt("RESERVED_VARIABLE_NAME", place->path, member.offset,
                      "Cannot assign to reserved variable '$states'.");
    } else if (name.size() > kVariableNameMax) {
      report_.ErrorAt("INVALID_VARIABLE_NAME", place->path, member.offset,
                      absl::StrCat("Invalid variable name '", std::string(name), "': it is longer than ",
                                   kVariableNameMax, " characters."));
    } else if (!IsVariableName(name)) {
      report_.ErrorAt("INVALID_VARIABLE_NAME", place->path, member.offset,
                      absl::StrCat("Invalid variable name '", std::string(name),
                                   "': the variable name contains invalid characters."));
    }
  }
  Template form = CompileTemplate(*place, language_, prefix_ + "Assign", report_);
  if (form.kind == Template::Kind::kObject) return std::move(form.members);
  AssignField constants;
  if (!form.constant.is_object()) return constants;
  for (const json::Member& member : form.constant.members()) {
    Template value;
    value.constant = member.value;
    constants.push_back({member.key, std::move(value)});
  }
  return constants;
}

std::shared_ptr<const jsonata::Expression> Fields::Expression(std::string_view name) const {
  const std::optional<std::string> text = Text(name);
  if (!text) return nullptr;
  return CompileExpression(At(name), report_);
}

}  // namespace pawl::asl
