// What `pawl` exits with, for scripts. Printed by --help.
#pragma once

namespace pawl::ctl {

enum ExitCode : int {
  kOk = 0,           // done; of `start --wait` and `history --follow`: the execution succeeded
  kFailed = 1,       // refused, invalid, or the execution ended otherwise
  kUsage = 2,        // the command line is wrong
  kNotFound = 3,     // no such machine, execution or file
  kUnreachable = 4,  // the service does not answer
};

inline constexpr char kExitCodesHelp[] =
    "Exit codes: 0 done, 1 refused, invalid or the execution did not succeed, 2 wrong usage,\n"
    "3 no such machine, execution or file, 4 the service cannot be reached.";

}  // namespace pawl::ctl
