// The text of a report: any JSON value as lines that a person reads.
//
// Objects are indented "name: value" lines. Three shapes are folded into one line: an artifact (uri, bytes and sha256),
// a figure with its interval (value, low and high), and a nested object of nothing but plain values, which becomes a
// list that is wrapped at 100 columns. Numbers that are not whole have six significant digits.
//
// Thread-safe: no state.
#pragma once

#include <string>

#include "nlohmann/json_fwd.hpp"

namespace pawl::activities {

// The lines of `value`, each ended by a line break. Never fails: what has no better form is written as JSON.
std::string ReportLines(const nlohmann::json& value);

}  // namespace pawl::activities
