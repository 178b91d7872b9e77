#include "scheduler/ctl/cli.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>

#include "shared/base/version.h"

namespace pawl::ctl {
namespace {

constexpr char kDescription[] =
    "Runs workflows written in the Amazon States Language on your own machines.\n"
    "Try: pawl dev (in one terminal), then: pawl create hello hello.json; pawl start hello --wait";

}  // namespace

int Cli::Fail(const absl::Status& status) const {
  err << "pawl: " << std::string(status.message()) << "\n";
  if (absl::IsNotFound(status)) return kNotFound;
  return absl::IsUnavailable(status) ? kUnreachable : kFailed;
}

CLI::App* AddCommand(CLI::App& app, Cli&, const std::string& name, const std::string& description,
                     const std::string& examples) {
  CLI::App* command = app.add_subcommand(name, description);
  command->footer("Examples:\n" + examples + "\n\n" + kExitCodesHelp);
  return command;
}

void AddOutputOption(CLI::App& command, Cli& cli) {
  command
      .add_option_function<std::string>(
          "-o,--output",
          [&cli](const std::string& format) {
            if (format != "table" && format != "text" && format != "json") {
              throw CLI::ValidationError("--output", "expected text or json");
            }
            cli.format = format == "json" ? Format::kJson : Format::kTable;
          },
          "How to print: text (for people, the default; also called table) or json (for scripts)")
      ->type_name("text|json");
}

void AddEndpointOption(CLI::App& command, Cli& cli) {
  command
      .add_option("--endpoint-url", cli.address.endpoint_url,
                  "Where the service is; also by PAWL_ENDPOINT_URL, by default http://127.0.0.1:8333")
      ->type_name("URL");
}

absl::StatusOr<std::string> ReadText(const Cli& cli, const std::string& path) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(cli.in), {});
  std::ifstream file(path, std::ios::binary);
  std::string text;
  if (file) text.assign(std::istreambuf_iterator<char>(file), {});
  if (!file || file.bad()) return absl::NotFoundError("cannot read the file " + path);
  return text;
}

int RunCli(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err) {
  Cli cli{in, out, err};
  CLI::App app(kDescription, "pawl");
  app.set_version_flag("--version", "pawl " + std::string(base::Version()));
  app.require_subcommand(1);
  app.footer(kExitCodesHelp);
  AddDev(app, cli);
  AddValidate(app, cli);
  AddEval(app, cli);
  AddSimulate(app, cli);
  AddMachineCommands(app, cli);
  AddExecutionCommands(app, cli);
  AddHistory(app, cli);
  AddAdmin(app, cli);
  AddExplain(app, cli);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, out, err) == 0 ? kOk : kUsage;
  }
  return cli.run();
}

}  // namespace pawl::ctl
