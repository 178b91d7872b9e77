// Raises the number of a cluster's partitions, while its nodes run. For tools.
//
// Partitions are ranges of slots and rows carry slots, so nothing of the log is rewritten: with a multiple of the old
// number each partition becomes several, in the server in which it was. On each server, in one transaction:
//
// 1. Partitions are locked, so no claim or renewal comes between; then every writer is stopped as a claim stops it, so
//    appends under way have ended and later ones are refused.
// 2. Rows are counted by new partition, which gives their sequences; the sums must be what the old sequences say.
// 3. The new partitions take the place of the old ones, free and under an epoch above all earlier ones.
//
// Nodes that know the old number can claim nothing any more (AppendSessionOptions::partition_count), see the new one in
// pawl.cluster and begin anew. All executions stand still from the stop of the writers until the nodes have claimed the
// new partitions: the count of the rows, two and a half seconds at most until it is noticed, and a start of the node.
//
// With several servers the first one is changed last. A split that was cut off between two is gone on with by the next
// one to the same number; until then no node claims anything at those that have changed. Thread rule: blocks.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pawl::history {

struct SplitReport {
  int32_t before = 0;
  int32_t after = 0;
  int64_t decisions = 0;
  std::chrono::milliseconds stopped{0};  // longest transaction
};

// `servers`: all of one cluster, the first one first, each migrated. INVALID_ARGUMENT where `count` is not a multiple
// of the number that there is; FAILED_PRECONDITION while a partition moves or a loss waits to be accepted; DATA_LOSS
// where a partition's rows are not as many as its sequence says; ABORTED where another tool moves or splits partitions.
absl::StatusOr<SplitReport> SplitPartitions(const std::vector<std::string>& servers, int32_t count);

}  // namespace pawl::history
