// What a mocked task answers, read from a file of `pawl simulate --mock STATE=FILE`.
//
// The file is JSON: the task's result as it is; or {"Return": RESULT}; or {"Throw": {"Error": "...", "Cause": "..."}};
// or, as in the mock files of Step Functions Local, one of the two for each call: {"0": {...}, "1-3": {...}}. Behind
// the last call that is named, the last one answers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/ctl/virtual_run.h"

namespace pawl::ctl {

class Mock {
 public:
  static absl::StatusOr<Mock> Parse(std::string_view text);
  // `call` counts from 0.
  TaskAnswer Answer(int64_t call) const;

 private:
  struct Case {
    int64_t first = 0;
    int64_t last = 0;
    TaskAnswer answer;
  };
  std::vector<Case> cases_;  // by `first`, at least one
};

}  // namespace pawl::ctl
