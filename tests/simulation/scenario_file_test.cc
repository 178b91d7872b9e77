// Runs scenarios/*.txt; SIM_REWRITE=1 writes the traces as they are now, to be reviewed as a diff.
#include "tests/simulation/scenario_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "gtest/gtest.h"

namespace pawl::simulation {
namespace {

TEST(ScenarioFiles, GoAsTheyAreWritten) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(PAWL_SCENARIOS)) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  ASSERT_FALSE(files.empty());
  for (const auto& path : files) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    std::string now = RunScenarioFile(text.str());
    if (std::getenv("SIM_REWRITE") != nullptr) {
      std::ofstream(path) << now;
    } else {
      EXPECT_EQ(now, text.str()) << path.filename();
    }
  }
}

}  // namespace
}  // namespace pawl::simulation
