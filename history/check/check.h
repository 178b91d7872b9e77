// Checks a log on PostgreSQL end to end, on a live system: reads only, in batches, each on a snapshot of its own, so
// nothing is locked and nothing is held back for long (the count of rows per partition is one longer read).
//
// What must hold, and the kind of finding where it does not:
//   gap           an execution's revisions are 1, 2, 3 ...
//   fork          each revision is there once
//   unreadable    every row decodes, and every payload reference points at an event before it
//   replay        the rows fold, and what they make true is what pawl.executions says: names, times, status
//   snapshot      a snapshot equals the fold up to its revision, which the log has
//   lost_log      an execution in the index has rows in the log
//   stray_log     rows in the log belong to an execution in the index
//   open          exactly the running executions are in pawl.open_executions, under their slots
//   key           the key of a name is that of the name, and its slot is the execution's
//   definition    the definition that an execution pins is there
//   machine       the state machine that an index row names is there
//   sequence      a partition has as many decisions in the log as its sequence says; its sequence never went back
//   epoch         epochs only rise, and each claim has its own
//   owner         partitions 0 to count-1 are there once, and an owned one names a writer that is there
//   loss          no loss of decisions is waiting to be accepted
//
// Executions that start after the check began are left to the next one. Thread rule: blocks; one call at a time.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "history/check/finding.h"
#include "history/log/event_log.h"

namespace pawl::history {

struct CheckOptions {
  // Account, region, machine, name -> the key of the name; and the digest of an input.
  std::function<NameKey(const std::string&, const std::string&, const std::string&, const std::string&)> name_key;
  std::function<InputDigest(const std::string&)> input_digest;
  // Called for each finding, and after each batch; the latter may rest, and false ends the check.
  std::function<void(const Finding&)> on_finding;
  std::function<bool(const CheckProgress&)> after_batch;
  int executions_per_batch = 1000;
  // Counting all rows of the log reads all of it once more.
  bool counts_rows = true;
  // The first server of a cluster has the definitions of all.
  bool has_definitions = true;
};

// Fails where the database cannot be read; findings are no failure. CANCELLED where `after_batch` ended it.
absl::StatusOr<CheckProgress> CheckLog(const std::string& conninfo, const CheckOptions& options);

}  // namespace pawl::history
