// The written form of a setting's value: reading it into its target, showing it, and naming what is expected. For
// settings.cc and command_line.cc only.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "shared/config/settings.h"
#include "shared/json/value.h"

namespace pawl::config {

// Reads `texts` (one item, or any number for a list) into the target. INVALID_ARGUMENT "expected ..., found ...".
absl::Status ReadTexts(const std::vector<std::string>& texts, const Target& target);

// The same from a member of the settings file; numbers and booleans may also be written as strings.
absl::Status ReadJson(const json::Value& value, const Target& target);

// The value that the target holds, as ReadTexts would take it; lists joined with ", ". Secrets are not masked.
std::string Show(const Target& target);

bool IsSecret(const Target& target);

// "integer from 0 to 65535", "duration (250ms, 10s, 5m, 2h, 1d)", "one of aws, strict, open" ...
std::string Expected(const Target& target);

absl::StatusOr<std::chrono::milliseconds> ParseDuration(std::string_view text);
std::string ShowDuration(std::chrono::milliseconds duration);

}  // namespace pawl::config
