// What `pawl` prints: tables for people, JSON for scripts.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

namespace pawl::ctl {

enum class Format { kTable, kJson };

// Columns as wide as their widest cell, two spaces apart, no line end spaces.
void PrintTable(std::ostream& out, const std::vector<std::string>& head,
                const std::vector<std::vector<std::string>>& rows);
// "Name:   value" lines; entries with an empty value are left out.
void PrintFields(std::ostream& out, const std::vector<std::pair<std::string, std::string>>& fields);

// 2026-03-01T12:00:00.123Z from epoch seconds; "-" for anything that is no number.
std::string FormatTime(const nlohmann::ordered_json& epoch_seconds);

}  // namespace pawl::ctl
