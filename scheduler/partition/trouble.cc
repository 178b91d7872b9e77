// The database in trouble: told once when it begins, once when it is over.
//
// A server can take a claim and fail the append that follows it (one with a full disk does), so a claim that works ends
// nothing: this node is healthy again when nothing has failed for a second after it. Until then the patience between
// attempts keeps growing, and Health says what the last error was. The log tells of the end after ten seconds only, so
// that trouble that comes and goes is two lines, not a flood. Partitions that are given up one after another are one
// line a second.
#include <algorithm>
#include <utility>

#include "scheduler/partition/engine.h"
#include "scheduler/partition/parts.h"

namespace pawl::partition {
namespace {

constexpr std::chrono::seconds kProbation{1};
constexpr std::chrono::seconds kCalm{9};
// What is given up within this time is told in one line.
constexpr std::chrono::seconds kGather{1};
constexpr size_t kNamedMax = 8;

}  // namespace

void Engine::NoteTrouble(const std::string& error) {
  ++troubles_;
  ++failures_in_a_row_;
  if (!std::exchange(is_trouble_told_, true)) {
    parts_.observer.LogLine("the database cannot be used, trying again: " + error);
  }
  trouble_ = "the database cannot be used: " + error;
}

void Engine::TroubleMayBeOver() {
  if (trouble_.empty() || is_on_probation_) return;
  is_on_probation_ = true;
  parts_.executor.PostAt(parts_.clock.MonotonicNow() + kProbation, [this, troubles = troubles_] {
    is_on_probation_ = false;
    // Where it failed again meanwhile, whatever works next begins a new probation.
    if (troubles != troubles_ || trouble_.empty()) return;
    trouble_.clear();
    failures_in_a_row_ = 0;
    parts_.executor.PostAt(parts_.clock.MonotonicNow() + kCalm, [this, troubles] {
      if (troubles != troubles_) return;  // it was the same trouble, going on
      is_trouble_told_ = false;
      parts_.observer.LogLine("the database can be used again");
    });
  });
}

void Engine::GiveUp(const std::vector<base::PartitionId>& partitions, const std::string& why) {
  if (partitions.empty()) return;
  for (base::PartitionId id : partitions) DropPartition(id);
  if (given_up_.empty()) {
    parts_.executor.PostAt(parts_.clock.MonotonicNow() + kGather, [this] { TellGivenUp(); });
  }
  given_up_.insert(partitions.begin(), partitions.end());
  if (std::find(given_up_why_.begin(), given_up_why_.end(), why) == given_up_why_.end()) given_up_why_.push_back(why);
}

void Engine::TellGivenUp() {
  if (given_up_.empty()) return;
  const auto partitions = std::exchange(given_up_, {});
  std::string names, reasons;
  size_t named = 0;
  for (base::PartitionId id : partitions) {
    if (named == kNamedMax) break;
    names += (named++ == 0 ? "" : ", ") + std::to_string(id.value());
  }
  if (partitions.size() > named) names += " and " + std::to_string(partitions.size() - named) + " more";
  for (const std::string& why : std::exchange(given_up_why_, {})) reasons += (reasons.empty() ? "" : "; ") + why;
  parts_.observer.LogLine((partitions.size() == 1 ? "partition " : "partitions ") + names +
                          (partitions.size() == 1 ? " is given up: " : " are given up: ") + reasons);
}

}  // namespace pawl::partition
