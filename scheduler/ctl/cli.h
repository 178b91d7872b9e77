// The command line `pawl`. The commands register themselves on one CLI11 application; each has a file of its own.
#pragma once

#include <CLI/App.hpp>
#include <functional>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "scheduler/ctl/exit_code.h"
#include "scheduler/ctl/output.h"
#include "scheduler/ctl/service_client.h"

namespace pawl::ctl {

// What all commands share. Commands set `run`; it is called once the whole line is understood.
struct Cli {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  ServiceAddress address = ServiceAddress::FromEnvironment();
  Format format = Format::kTable;
  std::function<int()> run;

  // Prints "pawl: MESSAGE" and says which exit code that is.
  int Fail(const absl::Status& status) const;
  // One document, indented, with a line end.
  void PrintJson(const Json& json) const { out << json.dump(2) << "\n"; }
};

// A subcommand with a description, an example and the options that most commands have.
CLI::App* AddCommand(CLI::App& app, Cli& cli, const std::string& name, const std::string& description,
                     const std::string& examples);
void AddOutputOption(CLI::App& command, Cli& cli);
void AddEndpointOption(CLI::App& command, Cli& cli);

void AddValidate(CLI::App& app, Cli& cli);           // validate_command.cc
void AddEval(CLI::App& app, Cli& cli);               // eval_command.cc
void AddSimulate(CLI::App& app, Cli& cli);           // simulate_command.cc
void AddExplain(CLI::App& app, Cli& cli);            // explain_command.cc
void AddMachineCommands(CLI::App& app, Cli& cli);    // machine_commands.cc: create, update, delete, machines
void AddExecutionCommands(CLI::App& app, Cli& cli);  // execution_commands.cc: start, list, describe, stop
void AddHistory(CLI::App& app, Cli& cli);            // history_command.cc
void AddDev(CLI::App& app, Cli& cli);                // dev_command.cc
void AddAdmin(CLI::App& app, Cli& cli);              // admin_command.cc: nodes, partitions

// A file's text, or standard input for "-". NOT_FOUND names the file.
absl::StatusOr<std::string> ReadText(const Cli& cli, const std::string& path);

// The whole program.
int RunCli(int argc, const char* const* argv, std::istream& in, std::ostream& out, std::ostream& err);

}  // namespace pawl::ctl
