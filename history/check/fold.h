// Folds the rows of one execution as recovery would, and says what in them cannot be. Stops folding at the first fault,
// goes on counting rows.
//
//   Fold fold(entity, report);
//   fold.ExpectSnapshot(40, bytes);      // if there is one: equal to the fold after that revision
//   for (row) fold.Add(row);
//   fold.Finish();
//
// Thread rule: a plain object; one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "history/codec/codec.h"
#include "history/log/event_log.h"
#include "history/state/state.h"

namespace pawl::history {

class Fold {
 public:
  // kind, revision, sentence.
  using Report = std::function<void(std::string kind, int64_t revision, std::string sentence)>;

  Fold(base::EntityId entity, Report report);

  void ExpectSnapshot(int64_t revision, std::string bytes);
  // In order of revision.
  void Add(const DecisionRow& row);
  // After the last row.
  void Finish();

  int64_t rows() const { return rows_; }
  // What the rows make true; nothing where they could not be folded to their end.
  const ExecutionState* state() const { return is_sound_ && rows_ > 0 ? &state_ : nullptr; }

 private:
  bool Follows(const DecisionRow& row);
  void Apply(const DecisionRow& row);
  void CompareSnapshot();
  void Broken(std::string kind, int64_t revision, std::string sentence);

  Report report_;
  Decoder decoder_;
  ExecutionState state_;
  std::optional<std::pair<int64_t, std::string>> snapshot_;
  int64_t rows_ = 0;
  int64_t last_revision_ = 0;
  bool is_sound_ = true;
};

}  // namespace pawl::history
