// Whether this process may use the cores that it sees: a container's CPU limit takes the time of one who looks busy
// away from when it is busy.
#pragma once

#include <string>

namespace pawl::wait {

// True where the control group of a process, or one above it, has a CPU quota. `self` is the text of /proc/self/cgroup,
// `root` the directory of the control groups. Both versions of control groups, see cgroups(7); what cannot be read
// limits nothing.
bool HasCpuLimit(const std::string& self, const std::string& root = "/sys/fs/cgroup");

// More than one core, and no limit on using them: as the process is now.
bool HasCoresToSpare();

}  // namespace pawl::wait
