#include "history/check/fold.h"

#include <utility>

#include "history/check/plausible.h"
#include "history/state/apply.h"

namespace pawl::history {

Fold::Fold(base::EntityId entity, Report report) : report_(std::move(report)) { state_.id = entity; }

void Fold::ExpectSnapshot(int64_t revision, std::string bytes) { snapshot_.emplace(revision, std::move(bytes)); }

void Fold::Broken(std::string kind, int64_t revision, std::string sentence) {
  is_sound_ = false;
  report_(std::move(kind), revision, std::move(sentence));
}

void Fold::Add(const DecisionRow& row) {
  ++rows_;
  if (Follows(row) && is_sound_) Apply(row);
  last_revision_ = row.revision;
}

bool Fold::Follows(const DecisionRow& row) {
  const int64_t expected = last_revision_ + 1;
  if (row.revision == expected) return true;
  const std::string found = std::to_string(row.revision);
  if (row.revision == last_revision_) {
    Broken("fork", row.revision, "two rows of the log have revision " + found);
  } else {
    Broken("gap", expected,
           "revisions " + std::to_string(expected) + " to " + std::to_string(row.revision - 1) +
               " are missing in the log, revision " + found + " is there");
  }
  return false;
}

void Fold::Apply(const DecisionRow& row) {
  auto events = decoder_.DecodeDecision(row.bytes);
  if (!events.ok()) return Broken("unreadable", row.revision, std::string(events.status().message()));
  int64_t first = 0;
  for (const Event& event : *events) {
    if (first == 0 && event.is_public()) first = event.id.value();
    if (std::string why = WhyImplausible(state_, event); !why.empty()) {
      return Broken("replay", row.revision, "an event cannot follow from what was before: " + why);
    }
    history::Apply(state_, event);
  }
  if (first == 0) first = state_.last_event.next().value();
  if (first != row.first_event.value()) {
    Broken("replay", row.revision,
           "the row is filed under event " + std::to_string(row.first_event.value()) + ", but its first event is " +
               std::to_string(first));
  }
  state_.revision = row.revision;
  if (snapshot_ && snapshot_->first == row.revision) CompareSnapshot();
}

void Fold::CompareSnapshot() {
  const auto [revision, bytes] = *std::exchange(snapshot_, std::nullopt);
  Decoder decoder;
  auto stored = decoder.DecodeSnapshot(bytes);
  if (!stored.ok()) return report_("snapshot", revision, std::string(stored.status().message()));
  stored->id = state_.id;
  std::string why;
  if (!Equal(state_, *stored, &why)) {
    report_("snapshot", revision, "the snapshot is not what the log makes true: they differ in " + why);
  }
}

void Fold::Finish() {
  if (!snapshot_ || !is_sound_) return;
  report_("snapshot", snapshot_->first,
          "there is a snapshot of revision " + std::to_string(snapshot_->first) + ", but the log ends with revision " +
              std::to_string(last_revision_));
}

}  // namespace pawl::history
