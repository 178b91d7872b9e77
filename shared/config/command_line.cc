#include "shared/config/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "shared/base/version.h"
#include "shared/config/nearest.h"
#include "shared/config/value_form.h"

namespace pawl::config {
namespace {

constexpr char kFooter[] =
    "A setting may also be given in the environment (--http-port is PAWL_HTTP_PORT) or in a JSON file named by "
    "--config\n"
    "(\"http_port\"). Flags win over the environment, the environment over the file.";

std::string HelpOf(const Setting& setting) {
  std::string help = setting.help;
  if (!std::holds_alternative<StringTarget>(setting.target) && !std::holds_alternative<ListTarget>(setting.target) &&
      !std::holds_alternative<BoolTarget>(setting.target)) {
    help += " (" + Expected(setting.target) + ")";
  }
  const std::string shown = Show(setting.target);
  if (!shown.empty() && !IsSecret(setting.target)) help += " [" + shown + "]";
  return help;
}

std::string TypeOf(const Target& target) {
  if (std::holds_alternative<IntTarget>(target) || std::holds_alternative<DoubleTarget>(target)) return "NUMBER";
  if (std::holds_alternative<DurationTarget>(target)) return "DURATION";
  return "TEXT";
}

void AddOption(CLI::App& app, const Setting& setting, std::vector<std::string>& values) {
  if (std::holds_alternative<BoolTarget>(setting.target)) {
    // An optional value: the flag alone counts as true.
    app.add_option_function<std::string>(
           "--" + setting.name, [&values](const std::string& text) { values.push_back(text.empty() ? "true" : text); },
           HelpOf(setting))
        ->expected(0, 1)
        ->type_name("[=false]");
    return;
  }
  const bool is_list = std::holds_alternative<ListTarget>(setting.target);
  app.add_option("--" + setting.name, values, HelpOf(setting))
      ->type_name(TypeOf(setting.target))
      ->expected(1)
      ->multi_option_policy(is_list ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

// CLI11 takes its arguments last first, and "--name=" for a flag whose value is missing; it means the empty text here.
std::vector<std::string> ForCli11(const std::vector<std::string>& arguments) {
  std::vector<std::string> reversed;
  for (auto argument = arguments.rbegin(); argument != arguments.rend(); ++argument) {
    const bool is_empty_value = argument->starts_with("--") && argument->find('=') == argument->size() - 1;
    if (is_empty_value) reversed.emplace_back();
    reversed.push_back(is_empty_value ? argument->substr(0, argument->size() - 1) : *argument);
  }
  return reversed;
}

std::string UnknownFlag(const std::string& argument, const std::vector<Setting>& settings) {
  if (!argument.starts_with("-")) return "expected flags only, found \"" + argument + "\"";
  std::vector<std::string> flags = {"--config", "--help", "--version"};
  for (const Setting& setting : settings) flags.push_back("--" + setting.name);
  const std::string flag = argument.substr(0, argument.find('='));
  return "unknown flag " + flag + "; the nearest is " + Nearest(flag, flags);
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(const std::string& program, const std::string& description,
                                             const std::vector<Setting>& settings,
                                             const std::vector<std::string>& arguments) {
  CommandLine line;
  CLI::App app(description, program);
  app.footer(kFooter);
  app.allow_extras();
  app.set_version_flag("--version", program + " " + std::string(base::Version()));
  std::map<std::string, std::vector<std::string>> values;
  app.add_option("--config", values["config"], "JSON file with settings.")->type_name("FILE")->expected(1);
  for (const Setting& setting : settings) AddOption(app, setting, values[setting.name]);
  try {
    app.parse(ForCli11(arguments));
  } catch (const CLI::CallForHelp&) {
    line.exit_text = app.help();
    return line;
  } catch (const CLI::CallForVersion&) {
    line.exit_text = app.version() + "\n";
    return line;
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(error.what());
  }
  if (const std::vector<std::string> extras = app.remaining(); !extras.empty()) {
    return absl::InvalidArgumentError(UnknownFlag(extras.front(), settings));
  }
  for (auto& [name, texts] : values) {
    if (!texts.empty()) line.values.emplace(name, std::move(texts));
  }
  return line;
}

}  // namespace pawl::config
