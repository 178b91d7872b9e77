#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "history/codec/codec.h"
#include "history/codec/codec_samples.h"
#include "history/state/apply.h"

namespace pawl::history {
namespace {

TEST(Snapshot, IsTheStateItWasTakenFrom) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    for (const SampleDecision& decision : Sample(seed).Tell()) {
      Decoder decoder;
      absl::StatusOr<ExecutionState> read = decoder.DecodeSnapshot(EncodeSnapshot(decision.after));
      ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.status();
      std::string why;
      ASSERT_TRUE(Equal(*read, decision.after, &why)) << "seed " << seed << ": " << why;
      ASSERT_EQ(EncodeSnapshot(*read), EncodeSnapshot(decision.after));
    }
  }
}

TEST(Snapshot, TheRowsAfterItGoOnFromIt) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    std::vector<SampleDecision> told = Sample(seed).Tell();
    size_t taken = seed % told.size();
    Decoder decoder;
    absl::StatusOr<ExecutionState> state = decoder.DecodeSnapshot(EncodeSnapshot(told[taken].after));
    ASSERT_TRUE(state.ok());
    for (size_t i = taken + 1; i < told.size(); ++i) {
      auto events = decoder.DecodeDecision(EncodeDecision(told[i].events, told[i].names_before, told[i].names));
      ASSERT_TRUE(events.ok()) << "seed " << seed << ": " << events.status();
      for (const Event& event : *events) Apply(*state, event);
      ++state->revision;
    }
    std::string why;
    EXPECT_TRUE(Equal(*state, told.back().after, &why)) << "seed " << seed << ": " << why;
  }
}

TEST(Snapshot, StoresAPayloadOnceHoweverOftenItIsReferredTo) {
  ExecutionState state;
  Payload large = Payload::Ref(base::EventId(1), 0, Payload::FromText("\"" + std::string(10'000, 'x') + "\""));
  state.last_event = base::EventId(9);
  state.start.input = large;
  for (int64_t id = 1; id < 20; ++id) {
    Frame frame{.id = base::FrameId(id), .input = large};
    frame.variables = {{"again", Payload::Insert(large, {"x"}, large)}};
    state.frames.emplace(frame.id, frame);
  }
  EXPECT_LT(EncodeSnapshot(state).size(), 12'000u);
}

TEST(Snapshot, BytesThatAreNoStateAreDataLoss) {
  Decoder decoder;
  EXPECT_EQ(decoder.DecodeSnapshot("\xff\xff").status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(decoder.DecodeSnapshot("").status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pawl::history
