// Bytes of the stored form as released. A difference here means that users' databases can no longer be read as they
// were written, or are written differently beside rows of an older release. PAWL_REWRITE_GOLDEN=1 writes them anew:
// only for samples that are new.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "gtest/gtest.h"
#include "history/codec/codec.h"
#include "history/codec/codec_samples.h"
#include "history/state/apply.h"

namespace pawl::history {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeeds[] = {1, 2, 3, 5, 8};

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void AppendRow(std::string_view row, std::string& out) {
  for (int shift : {24, 16, 8, 0}) out += static_cast<char>(row.size() >> shift);
  out += row;
}

// The rows of one execution, each after its size in four bytes, then the snapshot after the middle one.
std::string FileOf(const std::vector<SampleDecision>& told) {
  std::string bytes;
  for (const SampleDecision& decision : told) {
    AppendRow(EncodeDecision(decision.events, decision.names_before, decision.names), bytes);
  }
  AppendRow(EncodeSnapshot(told[told.size() / 2].after), bytes);
  return bytes;
}

TEST(Golden, TheStoredFormIsTheReleasedOne) {
  for (uint64_t seed : kSeeds) {
    fs::path path = fs::path(PAWL_GOLDEN_DIR) / ("sample_" + std::to_string(seed) + ".bin");
    std::string bytes = FileOf(Sample(seed).Tell());
    if (std::getenv("PAWL_REWRITE_GOLDEN") != nullptr) {
      fs::create_directories(path.parent_path());
      std::ofstream(path, std::ios::binary) << bytes;
    }
    EXPECT_TRUE(ReadFile(path) == bytes) << path << " holds other bytes than this release writes";
  }
}

TEST(Golden, ReleasedRowsAreStillRead) {
  for (uint64_t seed : kSeeds) {
    std::string bytes = ReadFile(fs::path(PAWL_GOLDEN_DIR) / ("sample_" + std::to_string(seed) + ".bin"));
    std::vector<SampleDecision> told = Sample(seed).Tell();
    Decoder decoder;
    ExecutionState state;
    size_t at = 0;
    for (const SampleDecision& decision : told) {
      ASSERT_LE(at + 4, bytes.size());
      size_t size = 0;
      for (int i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(bytes[at++]);
      auto events = decoder.DecodeDecision(std::string_view(bytes).substr(at, size));
      ASSERT_TRUE(events.ok()) << events.status();
      for (const Event& event : *events) Apply(state, event);
      ++state.revision;
      at += size;
      state.id = decision.after.id;
      std::string why;
      ASSERT_TRUE(Equal(state, decision.after, &why)) << why;
    }
  }
}

}  // namespace
}  // namespace pawl::history
