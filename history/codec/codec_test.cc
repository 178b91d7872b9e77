#include "history/codec/codec.h"

#include <set>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "history/codec/codec_samples.h"
#include "history/state/apply.h"

namespace pawl::history {
namespace {

// Everything of an event that two of them must share to be the same.
void ExpectSame(const Event& a, const Event& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.previous, b.previous);
  EXPECT_EQ(a.at, b.at);
  EXPECT_EQ(a.frame, b.frame);
  EXPECT_EQ(a.body.index(), b.body.index());
}

TEST(Codec, WhatIsReadBackIsWhatWasDecided) {
  std::set<size_t> kinds;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Decoder decoder;
    ExecutionState state;
    for (const SampleDecision& decision : Sample(seed).Tell()) {
      std::string bytes = EncodeDecision(decision.events, decision.names_before, decision.names);
      absl::StatusOr<std::vector<Event>> read = decoder.DecodeDecision(bytes);
      ASSERT_TRUE(read.ok()) << "seed " << seed << ": " << read.status();
      ASSERT_EQ(read->size(), decision.events.size());
      state.id = decision.after.id;
      for (size_t i = 0; i < read->size(); ++i) {
        ExpectSame((*read)[i], decision.events[i]);
        kinds.insert((*read)[i].body.index());
        Apply(state, (*read)[i]);
      }
      ++state.revision;
      EXPECT_EQ(EncodeDecision(*read, decision.names_before, decision.names), bytes);
      std::string why;
      ASSERT_TRUE(Equal(state, decision.after, &why)) << "seed " << seed << ": " << why;
      ASSERT_EQ(state.names, decision.names);
    }
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<EventBody>) << "the samples lack a kind of event";
}

TEST(Codec, ReferencesStayReferences) {
  Event start{
      .id = base::EventId(1), .at = base::WallTime(), .body = ExecutionStarted{.input = Payload::FromText("[1]")}};
  Payload reference = Payload::Ref(base::EventId(1), 0, std::get<ExecutionStarted>(start.body).input);
  Event entered{.id = base::EventId(2),
                .at = base::WallTime(),
                .frame = base::FrameId(1),
                .body = StateEntered{"S", StateKind::kPass, reference}};
  Decoder decoder;
  auto read = decoder.DecodeDecision(EncodeDecision({start, entered}, 0, {"S"}));
  ASSERT_TRUE(read.ok()) << read.status();
  const Payload& input = std::get<StateEntered>((*read)[1].body).input;
  EXPECT_EQ(input.form(), Payload::Form::kRef);
  EXPECT_EQ(input.ref_event(), base::EventId(1));
  EXPECT_EQ(input.text(), "[1]");
}

TEST(Codec, ALargePayloadIsStoredOnce) {
  std::string large = "\"" + std::string(10'000, 'x') + "\"";
  Event start{.id = base::EventId(1), .body = ExecutionStarted{.input = Payload::FromText(large)}};
  std::vector<Event> events = {start};
  for (int64_t id = 2; id < 12; ++id) {
    Payload input = Payload::Ref(base::EventId(1), 0, std::get<ExecutionStarted>(start.body).input);
    events.push_back({.id = base::EventId(id),
                      .previous = base::EventId(id - 1),
                      .frame = base::FrameId(1),
                      .body = StateEntered{"S", StateKind::kPass, input}});
  }
  EXPECT_LT(EncodeDecision(events, 0, {"S"}).size(), 10'200u);
}

TEST(Codec, ATaskStepTakesFewBytes) {
  std::vector<std::string> names = {"Step1", "arn:aws:states:us-east-1:000000000000:activity:noop", "worker-1",
                                    "session"};
  Payload output = Payload::FromText(R"({"ok":true})");
  auto ref = [&](int64_t event) { return Payload::Ref(base::EventId(event), 0, output); };
  auto event = [](int64_t id, EventBody body) {
    return Event{.id = base::EventId(id),
                 .previous = base::EventId(id - 1),
                 .at = base::WallTime(),
                 .frame = base::FrameId(1),
                 .body = std::move(body)};
  };
  std::vector<Event> step = {event(5, TaskSucceeded{.output = output}),
                             event(6, StateExited{.name = names[0], .kind = StateKind::kTask, .output = ref(5)}),
                             event(7, StateEntered{.name = "Step2", .kind = StateKind::kTask, .input = ref(5)}),
                             event(8, TaskScheduled{.resource = names[1], .queue = names[1], .input = ref(5)}),
                             event(9, TaskStarted{.worker = names[2], .session = names[3]})};
  EXPECT_LE(EncodeDecision(step, names.size(), names).size(), 85u);
}

TEST(Codec, BytesThatAreNoRowAreDataLoss) {
  Decoder decoder;
  EXPECT_EQ(decoder.DecodeDecision("\xff\xff\xff").status().code(), absl::StatusCode::kDataLoss);
  // An event without a body: of a kind that a later release added.
  EXPECT_EQ(decoder.DecodeDecision(std::string("\x1a\x02\x08\x01", 4)).status().code(), absl::StatusCode::kDataLoss);
}

TEST(Codec, ARowWithoutTheOnesBeforeItIsDataLoss) {
  std::vector<SampleDecision> told = Sample(3).Tell();
  int lost = 0;
  for (size_t i = 1; i < told.size(); ++i) {
    Decoder decoder;
    absl::Status status =
        decoder.DecodeDecision(EncodeDecision(told[i].events, told[i].names_before, told[i].names)).status();
    if (!status.ok()) {
      ++lost;
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    }
  }
  EXPECT_GT(lost, 0);
}

TEST(Codec, AnyDamageIsAnErrorOrAnotherRowButNeverACrash) {
  std::mt19937_64 random(1);
  for (uint64_t seed = 0; seed < 40; ++seed) {
    for (const SampleDecision& decision : Sample(seed).Tell()) {
      std::string bytes = EncodeDecision(decision.events, decision.names_before, decision.names);
      bytes[random() % bytes.size()] = static_cast<char>(random());
      Decoder decoder;
      decoder.DecodeDecision(bytes).IgnoreError();
      decoder.DecodeSnapshot(bytes).IgnoreError();
    }
  }
}

}  // namespace
}  // namespace pawl::history
