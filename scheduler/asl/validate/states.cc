#include "scheduler/asl/validate/states.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/resource.h"

namespace pawl::asl {

using json::Value;

namespace {

constexpr size_t kNameMax = 80;
constexpr Range kSeconds{1, 99'999'999};

using Names = std::vector<std::string>;

// What each type of state may have (measured on AWS; STEP_FUNCTIONS.md 2.2), dialects apart.
struct TypeFields {
  StateType type;
  const char* name;
  Names both;
  Names jsonpath;
  Names jsonata;
};

const std::vector<TypeFields>& Types() {
  static const auto& types = *new std::vector<TypeFields>{
      {StateType::kTask,
       "Task",
       {"Resource", "Credentials", "TimeoutSeconds", "HeartbeatSeconds", "Retry", "Catch", "Assign", "Next", "End"},
       {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "TimeoutSecondsPath",
        "HeartbeatSecondsPath"},
       {"Arguments", "Output"}},
      {StateType::kWait,
       "Wait",
       {"Seconds", "Timestamp", "Assign", "Next", "End"},
       {"InputPath", "OutputPath", "SecondsPath", "TimestampPath"},
       {"Output"}},
      {StateType::kPass,
       "Pass",
       {"Assign", "Next", "End"},
       {"InputPath", "OutputPath", "ResultPath", "Parameters", "Result"},
       {"Output"}},
      {StateType::kSucceed, "Succeed", {}, {"InputPath", "OutputPath"}, {"Output"}},
      {StateType::kFail, "Fail", {"Error", "Cause"}, {"ErrorPath", "CausePath"}, {}},
      {StateType::kChoice, "Choice", {"Choices", "Default", "Assign"}, {"InputPath", "OutputPath"}, {"Output"}},
      {StateType::kParallel,
       "Parallel",
       {"Branches", "Retry", "Catch", "Assign", "Next", "End"},
       {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector"},
       {"Arguments", "Output"}},
      {StateType::kMap,
       "Map",
       {"ItemProcessor", "Iterator", "ItemSelector", "ItemReader", "ItemBatcher", "ResultWriter", "MaxConcurrency",
        "ToleratedFailurePercentage", "ToleratedFailureCount", "Label", "Retry", "Catch", "Assign", "Next", "End"},
       {"InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector", "ItemsPath", "MaxConcurrencyPath",
        "ToleratedFailurePercentagePath", "ToleratedFailureCountPath"},
       {"Items", "Output"}},
  };
  return types;
}

const TypeFields* TypeNamed(std::string_view name) {
  const auto found =
      std::find_if(Types().begin(), Types().end(), [&](const TypeFields& type) { return name == type.name; });
  return found == Types().end() ? nullptr : &*found;
}

Names Joined(std::initializer_list<const Names*> lists) {
  Names all;
  for (const Names* list : lists) all.insert(all.end(), list->begin(), list->end());
  return all;
}

}  // namespace

// Which field belongs to which dialect: STEP_FUNCTIONS.md 2.2.
void RefuseOtherDialect(const Fields& fields, const Names& jsonpath_only, const Names& jsonata_only) {
  const bool jsonata = fields.is_jsonata();
  for (const syntax::NodeMember& member : fields.place().node->members) {
    const Names& others = jsonata ? jsonpath_only : jsonata_only;
    if (std::find(others.begin(), others.end(), member.key) == others.end()) continue;
    fields.report().Schema(
        fields.place(),
        absl::StrCat("The QueryLanguage is set to '", jsonata ? "JSONata" : "JSONPath", "', but field '", member.key,
                     "' is only supported for the '", jsonata ? "JSONPath" : "JSONata", "' QueryLanguage"));
  }
}

// STEP_FUNCTIONS.md 2.1: at most 80 characters, unique in the whole definition.
void StateCompiler::CheckName(const Place& place, const std::string& name, size_t offset) {
  const auto characters =
      std::count_if(name.begin(), name.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  if (name.empty()) {
    report_.ErrorAt("INVALID_STATE_NAME", place.path, offset, "A state name cannot be empty");
  } else if (static_cast<size_t>(characters) > kNameMax) {
    report_.ErrorAt(
        "INVALID_STATE_NAME", place.path, offset,
        absl::StrCat("State name '", name, "' exceeds the ", kNameMax, "-character limit allowed by the service"));
  }
  if (!names_.emplace(name, place).second) {
    report_.ErrorAt("DUPLICATE_STATE_NAME", place.path, offset, "Duplicate State name: " + name);
  }
}

Block StateCompiler::CompileBlock(const Place& place, const Surroundings& around, const Names& known) {
  Block block;
  const Fields fields(place, around.machine_language, report_);
  fields.RefuseUnknown(known);
  fields.Require({"States", "StartAt"});
  block.start_at = fields.Text("StartAt").value_or("");
  const std::optional<Place> states = fields.Object("States");
  if (!states) return block;
  if (states->node->members.empty()) report_.Schema(*states, "Value cannot be empty");
  Surroundings inside = around;
  for (const syntax::NodeMember& member : states->node->members) {
    const Place at{states->path + "/" + member.key, &member.node};
    // Deployed definitions have it among the states by mistake (suites/workflows, shared-fallback-state-jsonata); no
    // state can be meant by a string.
    if (member.key == "QueryLanguage" && member.node.value.is_string()) {
      report_.Warn("SCHEMA_VALIDATION_FAILED", at, "'QueryLanguage' belongs beside 'States', not into it");
      if (member.node.value.as_string() == "JSONata") inside.machine_language = QueryLanguage::kJsonata;
      continue;
    }
    CheckName(at, member.key, member.offset);
    if (states->node->Find(member.key) != &member.node) continue;
    block.states.push_back(CompileState(at, member.key, inside));
  }
  return block;
}

Block StateCompiler::CompileSingle(const Place& place, const std::string& name, const Surroundings& around) {
  Block block;
  block.start_at = name;
  block.states.push_back(CompileState(place, name, around));
  return block;
}

QueryLanguage StateCompiler::LanguageOf(const Fields& common, const Surroundings& around, bool& refused) {
  if (!common.Has("QueryLanguage")) return around.machine_language;
  const Value& value = common.At("QueryLanguage").value();
  // Measured on AWS: only the exact word is JSONPath, everything else counts as JSONata besides being reported.
  const bool is_jsonpath = value.is_string() && value.as_string() == "JSONPath";
  common.OneOf("QueryLanguage", {"JSONPath", "JSONata"});
  if (is_jsonpath && around.machine_language == QueryLanguage::kJsonata && around.nesting == 0) {
    // Recorded: validate_state_machine_definition INVALID_DOWNGRADE_QUERY_LANGUAGE.
    report_.Schema(common.place(), "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
    refused = true;
  }
  return is_jsonpath ? QueryLanguage::kJsonPath : QueryLanguage::kJsonata;
}

std::unique_ptr<State> StateCompiler::CompileState(const Place& place, const std::string& name,
                                                   const Surroundings& around) {
  auto state = std::make_unique<State>();
  auto detail = std::make_unique<StateDetail>();
  state->name = name;
  const auto finish = [&] {
    state->detail = std::move(detail);
    return std::move(state);
  };
  if (!place.value().is_object()) {
    report_.Schema(place, "Expected value of type [OBJECT]");
    return finish();
  }
  const Fields common(place, around.machine_language, report_);
  bool downgraded = false;
  state->query_language = LanguageOf(common, around, downgraded);
  const std::optional<std::string> type_name = common.Has("Type") ? common.Text("Type") : std::nullopt;
  const TypeFields* type = type_name ? TypeNamed(*type_name) : nullptr;
  if (type == nullptr) {
    if (!common.Has("Type")) {
      common.Require({"Type"});
    } else if (type_name) {
      // Recorded: state_name_invalid_state_definition.
      report_.Schema(common.At("Type"),
                     "The field 'Type' should have one of these values: "
                     "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map]");
    }
    return finish();
  }
  state->type = type->type;
  const Fields fields(place, state->query_language, report_);
  static const Names kEverywhere = {"Type", "Comment", "QueryLanguage"};
  fields.RefuseUnknown(Joined({&kEverywhere, &type->both, &type->jsonpath, &type->jsonata}));
  if (!downgraded) RefuseOtherDialect(fields, type->jsonpath, type->jsonata);
  fields.Text("Comment");

  CompileFlow(fields, *state, *detail);
  switch (state->type) {
    case StateType::kPass:
      detail->by_type = CompilePass(fields);
      break;
    case StateType::kTask:
      detail->by_type = CompileTask(fields, *state, around);
      break;
    case StateType::kChoice:
      detail->by_type = CompileChoice(fields);
      break;
    case StateType::kWait:
      detail->by_type = CompileWait(fields);
      break;
    case StateType::kSucceed:
      detail->by_type = SucceedDetail{};
      break;
    case StateType::kFail:
      detail->by_type = CompileFail(fields);
      break;
    case StateType::kParallel:
      detail->by_type = ParallelDetail{};
      CompileBranches(fields, *state, around);
      break;
    case StateType::kMap:
      detail->by_type = CompileMap(fields, *state, around);
      break;
  }
  return finish();
}

// Fields that several types share. Those that a type has not, or the dialect has not, are reported elsewhere.
void StateCompiler::CompileFlow(const Fields& fields, State& state, StateDetail& detail) {
  const StateType type = state.type;
  const bool ends = type == StateType::kSucceed || type == StateType::kFail || type == StateType::kChoice;
  if (!ends) CompileTransition(fields, detail);
  if (type == StateType::kFail) return;
  const bool works = type == StateType::kTask || type == StateType::kParallel || type == StateType::kMap;
  if (type != StateType::kSucceed) detail.assign = fields.Assign();
  if (works) CompileHandlers(fields, detail);
  if (fields.is_jsonata()) {
    detail.output = fields.TemplateAt("Output");
    if (type == StateType::kTask || type == StateType::kParallel) detail.parameters = fields.TemplateAt("Arguments");
    return;
  }
  detail.input_path = fields.DataPath("InputPath");
  detail.output_path = fields.DataPath("OutputPath");
  if (!works && type != StateType::kPass) return;
  detail.result_path = fields.ResultPath("ResultPath");
  if (works) detail.result_selector = fields.TemplateAt("ResultSelector");
  if (type != StateType::kMap) detail.parameters = fields.TemplateAt("Parameters");
}

// Specification, "Transitions": exactly one of Next and End.
void StateCompiler::CompileTransition(const Fields& fields, StateDetail& detail) {
  const std::optional<bool> end = fields.Boolean("End");
  const std::optional<std::string> next = fields.Text("Next");
  if (fields.Has("Next") && end.value_or(false)) {
    report_.Schema(fields.place(), "There should only be one of the following fields: [Next, End]");
  } else if (!fields.Has("Next") && !end.value_or(fields.Has("End"))) {
    report_.Schema(fields.place(), "This object should have only one of the following fields: [Next, End]");
  }
  detail.next = next.value_or("");
}

PassDetail StateCompiler::CompilePass(const Fields& fields) {
  PassDetail pass;
  if (fields.is_jsonata() || !fields.Has("Result")) return pass;
  const Place place = fields.At("Result");
  pass.result = place.value();
  if (place.value().is_string()) {
    const std::string& text = place.value().as_string();
    if (text.starts_with("$.") || text.starts_with("$$.") || text == "$") {
      // STEP_FUNCTIONS.md 1.3.
      report_.Warn("PASS_RESULT_IS_STATIC", place, "The Result of a Pass state is static: the path is not evaluated");
    }
  }
  return pass;
}

TaskDetail StateCompiler::CompileTask(const Fields& fields, State& state, const Surroundings& around) {
  TaskDetail task;
  fields.Require({"Resource"});
  if (const std::optional<std::string> resource = fields.Text("Resource")) {
    state.resource = *resource;
    CheckResource(fields.At("Resource"), around.type, report_);
  }
  task.timeout = fields.NumberOrQuery("TimeoutSeconds", kSeconds, /*whole=*/true);
  task.heartbeat = fields.NumberOrQuery("HeartbeatSeconds", kSeconds, /*whole=*/true);
  // STEP_FUNCTIONS.md 2.2; specification, "Task State": the heartbeat interval is the smaller.
  if (task.timeout.value && task.heartbeat.value && *task.heartbeat.value >= *task.timeout.value) {
    report_.Schema(fields.At("HeartbeatSeconds"), "HeartbeatSeconds must be smaller than TimeoutSeconds");
  }
  if (const std::optional<Place> credentials = fields.Object("Credentials")) {
    const bool has_role =
        credentials->node->Find("RoleArn") != nullptr || credentials->node->Find("RoleArn.$") != nullptr;
    if (IsActivity(state.resource)) {  // they have no role: an activity's worker comes by itself
      report_.Schema(*credentials, "The field 'Credentials' is not supported for activities");
    } else if (!has_role && TakesRole(state.resource)) {
      // Recorded: invalid_credentials_field.
      report_.Schema(*credentials, "The field 'RoleArn' is required but was missing");
    }
    task.credentials = fields.TemplateAt("Credentials");
  }
  return task;
}

WaitDetail StateCompiler::CompileWait(const Fields& fields) {
  WaitDetail wait;
  if (fields.is_jsonata()) {
    if (!fields.ExactlyOne({"Seconds", "Timestamp"})) return wait;
  } else if (!fields.ExactlyOne({"SecondsPath", "Seconds", "TimestampPath", "Timestamp"})) {
    return wait;
  }
  wait.seconds = fields.NumberOrQuery("Seconds", {0, 99'999'999}, /*whole=*/true);
  wait.timestamp = fields.TextOrQuery("Timestamp", {});
  if (wait.timestamp.value) {
    wait.until = ParseTimestamp(*wait.timestamp.value);
    // Recorded: wait_timestamp_invalid.
    if (!wait.until) report_.Schema(fields.At("Timestamp"), "String does not match RFC3339 timestamp");
  }
  return wait;
}

FailDetail StateCompiler::CompileFail(const Fields& fields) {
  // The intrinsics that give text (STEP_FUNCTIONS.md 2.2).
  static const Names kIntrinsics = {"States.ArrayGetItem", "States.Base64Encode", "States.Base64Decode",
                                    "States.Format",       "States.JsonToString", "States.Hash",
                                    "States.UUID"};
  FailDetail fail;
  fail.error = fields.TextOrQuery("Error", kIntrinsics);
  fail.cause = fields.TextOrQuery("Cause", kIntrinsics);
  return fail;
}

void StateCompiler::CompileBranches(const Fields& fields, State& state, const Surroundings& around) {
  fields.Require({"Branches"});
  // Recorded: parallel_state_empty_branches.
  const std::optional<Place> branches = fields.Array("Branches", /*may_be_empty=*/false);
  if (!branches) return;
  Surroundings inner = around;
  if (++inner.nesting > options_.nesting_max) {
    // STEP_FUNCTIONS.md 1.3; how deep is our choice, AWS does not say.
    report_.Error("TOO_DEEPLY_NESTED", *branches,
                  absl::StrCat("States are nested deeper than ", options_.nesting_max, " levels"));
    return;
  }
  for (size_t i = 0; i < branches->node->items.size(); ++i) {
    const Place branch = branches->Item(i);
    if (!branch.value().is_object()) {
      report_.Schema(branch, "Expected value of type [OBJECT]");
      continue;
    }
    state.branches.push_back(CompileBlock(branch, inner, {"Comment", "StartAt", "States"}));
    CheckGraph(state.branches.back(), branch, /*is_machine=*/false, report_);
  }
}

}  // namespace pawl::asl
