// Decisions that a node had committed and that the database does not have, because it stepped back: an asynchronous
// replica was promoted, or a backup restored. A node that notices writes it down (pawl.losses); from then on nobody
// claims the partition until somebody accepts the loss.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/ids.h"

namespace pawl::history {

struct Loss {
  base::PartitionId partition;
  base::Sequence first_missing;
  base::Sequence last_missing;
  std::string node;  // that had them committed; empty: nobody knows whether there were any, or how many

  // 0: not known.
  int64_t decisions() const { return last_missing.value() - first_missing.value() + 1; }
  friend bool operator==(const Loss&, const Loss&) = default;
};

// "partition 3 lacks sequences 90 to 101 (12 decisions)", "partition 3 may lack decisions from sequence 90 on"
std::string DescribeLoss(const Loss& loss);

// For tools; each connects for itself and blocks. Those that nobody has accepted.
absl::StatusOr<std::vector<Loss>> ReadLosses(const std::string& conninfo);
// Accepts them: the partition goes on from what the database has. Answers how many were still to be accepted.
absl::StatusOr<int> AcceptLosses(const std::string& conninfo, const std::vector<Loss>& losses);

}  // namespace pawl::history
