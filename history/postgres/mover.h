// Brings partitions from one PostgreSQL server of a cluster to another one, while the service works on them. For tools.
//
// 1. Copies what is there, execution by execution, in transactions of a few hundred; then, again and again, what came
//    since: of executions that were open or are new. Rows of the log are only ever added, so an execution that has
//    ended is copied once.
// 2. Fences the partition at the source as a claim does: appends under way end, later ones are refused. From here on it
//    is served by nobody.
// 3. Copies the rest and verifies: the target has as many decisions as the partition's sequence says, and as many open
//    executions as the source. Where not, the partition goes on at the source.
// 4. The source gives it away, the target has it: two commits, in this order, so it is never in two places. Nodes claim
//    it there by themselves.
// 5. Deletes the rows at the source.
//
// A move that was cut off at any point is mended by the next one of that partition (Where). Thread rule: blocks; one
// thread. One mover at a time works on a cluster (an advisory lock on the first server).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/ids.h"

namespace pawl::history {

struct ToolServer;

struct MoveReport {
  int64_t executions = 0;  // copies made; those that went on meanwhile count more than once
  int64_t decisions = 0;
  int rounds = 0;
  std::chrono::milliseconds stopped{0};  // between fence and switch
};

class Mover {
 public:
  // `servers`: of one cluster, each migrated. ABORTED where another mover is at work.
  static absl::StatusOr<std::unique_ptr<Mover>> Connect(const std::vector<std::string>& servers);
  ~Mover();

  int32_t partition_count() const;
  // Which server holds the partition, counted from 0, after mending what an earlier move left.
  absl::StatusOr<size_t> Where(base::PartitionId partition);
  // Does nothing where it is there already. `tell` hears how far the copy is.
  absl::StatusOr<MoveReport> Move(base::PartitionId partition, size_t to,
                                  const std::function<void(const MoveReport&)>& tell);

 private:
  class Course;
  explicit Mover(std::vector<std::unique_ptr<ToolServer>> servers);
  std::vector<std::unique_ptr<ToolServer>> servers_;
};

}  // namespace pawl::history
