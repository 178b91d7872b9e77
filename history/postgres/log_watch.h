// What an append session has seen of the log, so that it notices when the server it finds on connecting again has less:
// an older timeline, another cluster, or fewer decisions than it had been told were committed. Internal to
// history/postgres.
//
// Epochs that are claimed on a later timeline are beyond all of earlier ones, the lost ones included. So of a partition
// whose decisions up to `next` were committed here under `epoch`, the log has stepped back
//   - where nobody has claimed it since: if the sequence is below `next`;
//   - otherwise: if the first claim after `epoch` found it below `next`. pawl.claims tells.
//
// Thread rule: the session's.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "history/postgres/losses.h"
#include "shared/base/ids.h"
#include "shared/pg/append_connection.h"

namespace pawl::history {

class LogWatch {
 public:
  // On a fresh connection. UNAVAILABLE for a server that is not to be used: its timeline is older than one seen before,
  // or it is of another cluster. Writes down the losses that it finds, and stops whoever serves those partitions.
  absl::Status Meet(pg::AppendConnection& connection, const std::string& node);

  // Decisions of the partition before `next` are durable.
  void Committed(base::PartitionId partition, base::Epoch epoch, base::Sequence next) {
    known_[partition] = {epoch, next, true};
  }
  // Others may claim the partition from now on, and commit what this session does not hear of.
  void LetGo(base::PartitionId partition) {
    if (auto known = known_.find(partition); known != known_.end()) known->second.is_held = false;
  }
  // What was committed up to this epoch was committed here, and Meet has found it.
  bool KnowsAllOf(base::PartitionId partition, base::Epoch epoch) const {
    auto known = known_.find(partition);
    return known != known_.end() && known->second.is_held && known->second.epoch == epoch;
  }

  int32_t timeline() const { return timeline_; }
  // After a change of the timeline others are given so long to tell what they know, before what they own is taken.
  std::chrono::milliseconds patience(std::chrono::milliseconds lease) const;

 private:
  struct Known {
    base::Epoch epoch;
    base::Sequence next;
    bool is_held = false;
  };

  absl::Status MeetServer(pg::AppendConnection& connection);
  absl::StatusOr<std::vector<Loss>> Compare(pg::AppendConnection& connection, const std::string& node);
  absl::Status WriteDown(pg::AppendConnection& connection, const std::vector<Loss>& losses);

  int64_t system_ = 0;    // identifier of the cluster; 0: none seen yet
  int32_t timeline_ = 1;  // the latest seen
  std::chrono::steady_clock::time_point changed_at_;
  bool has_changed_ = false;
  std::map<base::PartitionId, Known> known_;
};

}  // namespace pawl::history
