// pawl validate: checks definitions without a service.
#include <utility>
#include <vector>

#include "scheduler/asl/validate/compile.h"
#include "scheduler/ctl/cli.h"
#include "scheduler/ctl/hint.h"
#include "scheduler/ctl/snippet.h"

namespace pawl::ctl {
namespace {

struct ValidateOptions {
  std::vector<std::string> files;
  std::string type = "STANDARD";
  bool strict = false;
};

const char* SeverityName(asl::Severity severity) { return severity == asl::Severity::kError ? "error" : "warning"; }

// FILE:LINE:COLUMN: error CODE: message, then where, the line, and what may help.
void PrintDiagnostic(std::ostream& out, const std::string& file, const std::string& text,
                     const asl::Diagnostic& found) {
  out << file;
  if (found.line > 0) out << ":" << found.line << ":" << found.column;
  out << ": " << SeverityName(found.severity) << " " << found.code << ": " << found.message << "\n";
  if (!found.location.empty()) out << "    at " << found.location << "\n";
  out << Snippet(text, found.line, found.column);
  if (const std::string hint = HintFor(found, text); !hint.empty()) out << "    hint: " << hint << "\n";
}

Json ToJson(const asl::Diagnostic& found, const std::string& text) {
  return {{"severity", found.severity == asl::Severity::kError ? "ERROR" : "WARNING"},
          {"code", found.code},
          {"message", found.message},
          {"location", found.location},
          {"line", found.line},
          {"column", found.column},
          {"snippet", Snippet(text, found.line, found.column)},
          {"hint", HintFor(found, text)}};
}

int Validate(const Cli& cli, const ValidateOptions& options) {
  asl::CompileOptions compile;
  compile.type = options.type == "EXPRESS" ? asl::MachineType::kExpress : asl::MachineType::kStandard;
  Json report = Json::array();
  int worst = kOk;
  for (const std::string& file : options.files) {
    const absl::StatusOr<std::string> text = ReadText(cli, file);
    if (!text.ok()) {
      // A file that is not there is a slip of the command line; 1 is kept for definitions that are wrong.
      cli.Fail(text.status());
      worst = kUsage;
      continue;
    }
    const asl::CompileResult result = asl::Compile(*text, compile);
    const bool valid = result.program != nullptr && (!options.strict || result.diagnostics.empty());
    if (!valid && worst == kOk) worst = kFailed;
    Json diagnostics = Json::array();
    for (const asl::Diagnostic& found : result.diagnostics) {
      if (cli.format == Format::kTable) PrintDiagnostic(cli.out, file, *text, found);
      diagnostics.push_back(ToJson(found, *text));
    }
    if (cli.format == Format::kTable && valid) cli.out << file << ": valid\n";
    report.push_back({{"file", file}, {"result", valid ? "OK" : "FAIL"}, {"diagnostics", std::move(diagnostics)}});
  }
  if (cli.format == Format::kJson) cli.PrintJson(report);
  return worst;
}

}  // namespace

void AddValidate(CLI::App& app, Cli& cli) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = AddCommand(app, cli, "validate", "Check definitions, without a service",
                                 "  pawl validate train.asl.json\n"
                                 "  pawl validate --output json pipelines/*.json");
  command->add_option("FILE", options->files, "Definition files; - is standard input")->required();
  command->add_option("--type", options->type, "STANDARD or EXPRESS")->check(CLI::IsMember({"STANDARD", "EXPRESS"}));
  command->add_flag("--strict", options->strict, "Warnings count as errors");
  AddOutputOption(*command, cli);
  command->callback([&cli, options] { cli.run = [&cli, options] { return Validate(cli, *options); }; });
}

}  // namespace pawl::ctl
