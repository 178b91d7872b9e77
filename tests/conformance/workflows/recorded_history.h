// The executions recorded on AWS (../shared/conformance/cases) as definition, input and events, for tests that read
// histories. Placeholders ("<...>") stay where they are.
#pragma once

#include <string>
#include <vector>

#include "shared/json/value.h"

namespace pawl::asl {

struct RecordedHistory {
  std::string name;  // case id and the key of the history in it
  std::string definition;
  // As GetExecutionHistory would give them: payloads as text; no timestamps.
  std::vector<json::Value> events;
  bool is_numbered = true;  // the ids are as AWS gave them; some recordings left them out where branches run at once
};

// In the order of the files; empty where the cases are not there. Histories whose definition cannot be told are left
// out.
std::vector<RecordedHistory> ReadRecordedHistories(const std::string& folder);

}  // namespace pawl::asl
