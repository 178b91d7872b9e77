// Events <-> the stored form (proto/history/v1), a decision at a time, and snapshots of the state.
//
// Encoding stores a payload once: where it is a reference, only the reference. State names are stored as indexes into
// the execution's dictionary once it knows them. Decoding resolves references against the payloads of the events
// decoded before, so an entity's rows are decoded in order by one Decoder. Thread rule: one thread at a time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "history/event/event.h"
#include "history/state/state.h"

namespace pawl::history {

// `names_before`: how many names ExecutionState::names had before this decision was applied; `names` is the list after.
std::string EncodeDecision(const std::vector<Event>& events, size_t names_before,
                           const std::vector<std::string>& names);

std::string EncodeSnapshot(const ExecutionState& state);

// Folds one entity's rows.
class Decoder {
 public:
  // Begins from a snapshot instead of from nothing; gives the state. DATA_LOSS where the bytes are not one.
  absl::StatusOr<ExecutionState> DecodeSnapshot(std::string_view bytes);
  // The next decision's events, in order. DATA_LOSS with what is wrong where the bytes are no such row.
  absl::StatusOr<std::vector<Event>> DecodeDecision(std::string_view bytes);

 private:
  std::map<std::pair<int64_t, PayloadField>, Payload> payloads_;
  std::vector<std::string> names_;
};

}  // namespace pawl::history
