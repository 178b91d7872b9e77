// What the tests of this folder share.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>

namespace pawl::dev {

inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::seconds at_most = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + at_most;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// A zombie, whose new parent has not looked yet, counts as dead.
inline bool IsAlive(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  if (!std::getline(file, text)) return false;
  const size_t name_end = text.rfind(')');
  return name_end == std::string::npos || text.substr(name_end + 2, 1) != "Z";
}

class TempDirTest : public ::testing::Test {
 protected:
  TempDirTest() {
    std::string name = "/tmp/pawl-dev-test-XXXXXX";
    if (mkdtemp(name.data()) == nullptr) std::abort();
    chmod(name.c_str(), 0755);
    dir_ = name;
  }
  ~TempDirTest() override {
    std::error_code ignored;
    std::filesystem::remove_all(dir_, ignored);
  }
  std::string Read(const std::string& name) const {
    std::ifstream file(dir_ / name);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  void WriteProgram(const std::filesystem::path& path, const std::string& text) const {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0755);
  }
  std::filesystem::path dir_;
};

}  // namespace pawl::dev
