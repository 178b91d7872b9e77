#include "shared/wait/cpu_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace pawl::wait {
namespace {

class CpuLimit : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(root_); }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  bool Limited(const std::string& self) const { return HasCpuLimit(self, root_.string()); }

  const std::filesystem::path root_ = std::filesystem::path(testing::TempDir()) / "pawl-cpu-limit-test";
};

TEST_F(CpuLimit, OfVersionTwoIsItsOwnOrFromAbove) {
  Write("pods/one/cpu.max", "max 100000\n");
  Write("pods/cpu.max", "max 100000\n");
  EXPECT_FALSE(Limited("0::/pods/one\n"));
  EXPECT_FALSE(Limited("0::/\n"));
  Write("pods/cpu.max", "150000 100000\n");
  EXPECT_TRUE(Limited("0::/pods/one\n"));
  Write("cpu.max", "50000 100000\n");  // as a container sees its own
  EXPECT_TRUE(Limited("0::/\n"));
}

TEST_F(CpuLimit, OfVersionOneIsTheCpuControllers) {
  Write("cpu/pods/cpu.cfs_quota_us", "-1\n");
  EXPECT_FALSE(Limited("5:cpuacct:/pods\n4:cpu:/pods\n"));
  Write("cpu/pods/cpu.cfs_quota_us", "20000\n");
  EXPECT_TRUE(Limited("5:memory:/x\n4:cpu,cpuacct:/pods/one\n"));
  EXPECT_FALSE(Limited("5:cpuset:/pods\n"));
}

TEST_F(CpuLimit, IsNoneWhereNothingCanBeRead) {
  EXPECT_FALSE(Limited(""));
  EXPECT_FALSE(Limited("nonsense\n0::/gone\n"));
}

}  // namespace
}  // namespace pawl::wait
