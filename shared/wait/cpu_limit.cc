#include "shared/wait/cpu_limit.h"

#include <sched.h>

#include <fstream>
#include <iterator>
#include <sstream>

namespace pawl::wait {
namespace {

std::string FirstWord(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// In the group `path` or one above; the mount of a container shows its own group as the root.
bool IsLimited(const std::string& mount, std::string path, const std::string& file, const std::string& unlimited) {
  while (true) {
    const std::string quota = FirstWord(mount + path + "/" + file);
    if (!quota.empty() && quota != unlimited) return true;
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) return false;
    path.resize(slash);
  }
}

bool IsCpuController(const std::string& controllers) {
  std::istringstream names(controllers);
  for (std::string name; std::getline(names, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

}  // namespace

bool HasCpuLimit(const std::string& self, const std::string& root) {
  std::istringstream lines(self);
  // NUMBER:CONTROLLERS:PATH; without controllers it is version 2.
  for (std::string line; std::getline(lines, line);) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    std::string path = line.substr(second + 1);
    if (path == "/") path.clear();
    if (controllers.empty() && IsLimited(root, path, "cpu.max", "max")) return true;
    if (IsCpuController(controllers) && IsLimited(root + "/cpu", path, "cpu.cfs_quota_us", "-1")) return true;
  }
  return false;
}

bool HasCoresToSpare() {
  cpu_set_t cores;
  if (sched_getaffinity(0, sizeof cores, &cores) != 0 || CPU_COUNT(&cores) < 2) return false;
  std::ifstream file("/proc/self/cgroup");
  return !HasCpuLimit(std::string(std::istreambuf_iterator<char>(file), {}));
}

}  // namespace pawl::wait
