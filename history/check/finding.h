// What a check of a log finds wrong, one place at a time, and how much it has looked at.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace pawl::history {

struct Finding {
  std::string kind;        // one of kinds(), stable, for scripts
  std::string database;    // which server, without password
  int32_t partition = -1;  // -1: none
  std::string execution;   // the entity's id; empty: none
  std::string name;        // ACCOUNT:MACHINE:NAME of the execution, where the index tells
  int64_t revision = 0;    // of the decision, within the execution; 0: none
  std::string sentence;    // what was expected, what was found
};

struct CheckProgress {
  int64_t executions = 0;
  int64_t decisions = 0;
  int64_t open_executions = 0;
  int64_t snapshots = 0;
  int64_t partitions = 0;
  int64_t findings = 0;
  std::set<int32_t> homes;  // the partitions whose log this database holds
};

}  // namespace pawl::history
