// The adapter to CLI11: flags and help text. For settings.cc only; CLI11 is included nowhere else in shared/.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/config/settings.h"

namespace pawl::config {

struct CommandLine {
  std::optional<std::string> exit_text;                    // --help or --version was given
  std::map<std::string, std::vector<std::string>> values;  // by setting, each in the order given; --config among them
};

// INVALID_ARGUMENT for an unknown flag (with the nearest one), a flag without its value, or a stray argument.
absl::StatusOr<CommandLine> ParseCommandLine(const std::string& program, const std::string& description,
                                             const std::vector<Setting>& settings,
                                             const std::vector<std::string>& arguments);

}  // namespace pawl::config
