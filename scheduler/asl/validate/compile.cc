#include "scheduler/asl/validate/compile.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/states.h"

namespace pawl::asl {

// The one who may fill a Program.
class ProgramBuilder {
 public:
  static std::shared_ptr<const Program> Build(Block root, std::string_view text, std::string comment,
                                              std::optional<int64_t> timeout_seconds) {
    auto program = std::make_shared<Program>();
    program->root_ = std::move(root);
    program->text_ = std::string(text);
    program->comment_ = std::move(comment);
    program->timeout_seconds_ = timeout_seconds;
    Index(program->root_, program->by_name_);
    return program;
  }

 private:
  // Recursion is bounded by CompileOptions::nesting_max.
  static void Index(const Block& block, std::unordered_map<std::string_view, const State*>& by_name) {
    for (const std::unique_ptr<State>& state : block.states) {
      by_name.emplace(state->name, state.get());
      for (const Block& branch : state->branches) Index(branch, by_name);
    }
  }
};

namespace {

constexpr size_t kSourceShown = 500;  // of the text, in AWS's JSON errors

// "[Source: (String)"not a definition"; line: 1, column: 4]"
std::string SourcePlace(std::string_view text, const syntax::Position& position) {
  std::string source(text.substr(0, kSourceShown));
  if (text.size() > kSourceShown) {
    source = absl::StrCat(source, "\"[truncated ", text.size() - kSourceShown, " chars]");
  } else {
    source += '"';
  }
  return absl::StrCat("[Source: (String)\"", source, "; line: ", position.line, ", column: ", position.column, "]");
}

Diagnostic Plain(std::string code, std::string message) {
  return Diagnostic{Severity::kError, std::move(code), std::move(message), "", 0, 0};
}

// Recorded: validate_state_machine_definition_not_a_definition.
Diagnostic SyntaxDiagnostic(std::string_view text, const syntax::SyntaxError& error) {
  const syntax::Position position = syntax::PositionOf(text, error.offset);
  if (error.kind == syntax::SyntaxError::Kind::kTooDeep) return Plain("TOO_DEEPLY_NESTED", error.message);
  const std::string place = SourcePlace(text, position);
  return Diagnostic{
      Severity::kError, "INVALID_JSON_DESCRIPTION", absl::StrCat(error.message, "\n at ", place), place, position.line,
      position.column};
}

}  // namespace

CompileResult Compile(std::string_view text, const CompileOptions& options) {
  CompileResult result;
  if (text.empty()) {  // the code: STEP_FUNCTIONS.md 1.3; AWS's API refuses an empty definition before
    result.diagnostics.push_back(Plain("MISSING_DESCRIPTION", "Definition must not be empty"));
    return result;
  }
  if (text.size() > options.definition_bytes_max) {  // STEP_FUNCTIONS.md 1.1: 1 MiB
    result.diagnostics.push_back(
        Plain("SCHEMA_VALIDATION_FAILED", absl::StrCat("Definition is ", text.size(), " bytes long, but at most ",
                                                       options.definition_bytes_max, " are allowed")));
    return result;
  }
  const bool blank = text.find_first_not_of(" \t\r\n") == std::string_view::npos;
  auto document = blank ? std::variant<syntax::Node, syntax::SyntaxError>() : syntax::ParseDocument(text);
  if (const auto* error = std::get_if<syntax::SyntaxError>(&document)) {
    result.diagnostics.push_back(SyntaxDiagnostic(text, *error));
    return result;
  }
  const syntax::Node& root = std::get<syntax::Node>(document);
  // Recorded: validate_state_machine_definition_not_a_definition EMPTY_STRING.
  if (blank || !root.value.is_object()) {
    result.diagnostics.push_back(Plain("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object"));
    return result;
  }

  Report report(text);
  if (!options.single_state.empty()) {
    Surroundings around;
    around.type = options.type;
    // Recorded: parallel_state_empty_branches is told of "/States/StateName/Branches".
    Block block = StateCompiler(options, report)
                      .CompileSingle({"/States/" + options.single_state, &root}, options.single_state, around);
    if (!report.has_errors()) result.program = ProgramBuilder::Build(std::move(block), text, "", std::nullopt);
    result.diagnostics = report.Take();
    return result;
  }
  const Place place{"", &root};
  Surroundings around;
  around.type = options.type;
  const Fields fields(place, QueryLanguage::kJsonPath, report);
  if (fields.Has("QueryLanguage")) {
    const json::Value& language = fields.At("QueryLanguage").value();
    fields.OneOf("QueryLanguage", {"JSONPath", "JSONata"});
    if (!language.is_string() || language.as_string() != "JSONPath") around.machine_language = QueryLanguage::kJsonata;
  }
  const std::string comment = fields.Text("Comment").value_or("");
  fields.OneOf("Version", {"1.0"});
  const std::optional<int64_t> timeout_seconds = fields.Integer("TimeoutSeconds", {0, 99'999'999});

  StateCompiler compiler(options, report);
  Block block = compiler.CompileBlock(place, around,
                                      {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "Version", "States"});
  CheckGraph(block, place, /*is_machine=*/true, report);
  if (!report.has_errors()) {
    // 0 is accepted and means that there is no limit.
    const bool limited = timeout_seconds.value_or(0) > 0;
    result.program = ProgramBuilder::Build(std::move(block), text, comment, limited ? timeout_seconds : std::nullopt);
  }
  result.diagnostics = report.Take();
  return result;
}

std::string InvalidDefinitionMessage(const std::vector<Diagnostic>& diagnostics) {
  std::string list;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::kError) continue;
    if (!list.empty()) list += ", ";
    absl::StrAppend(&list, diagnostic.code, ": ", diagnostic.message);
    if (diagnostic.code == "INVALID_JSON_DESCRIPTION") continue;  // its message names the place already
    if (!diagnostic.location.empty()) {
      absl::StrAppend(&list, " at ", diagnostic.location);
    } else if (diagnostic.code == "MISSING_END_STATE") {
      list += " at null";  // as AWS writes it
    }
  }
  return "Invalid State Machine Definition: '" + list + "'";
}

}  // namespace pawl::asl
