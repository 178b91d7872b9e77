#include "history/state/apply.h"

#include <gtest/gtest.h>

namespace pawl::history {
namespace {

using base::EventId;
using base::FrameId;
using base::WallTime;

// Applies public and internal facts in the order given, with ids as Emit gives them.
class Story {
 public:
  Story& Public(int64_t frame, EventBody body) { return Add(state.last_event.next(), frame, std::move(body)); }
  Story& Internal(int64_t frame, EventBody body) { return Add(EventId(), frame, std::move(body)); }
  ExecutionState state;

 private:
  Story& Add(EventId id, int64_t frame, EventBody body) {
    const Frame* here = state.Find(FrameId(frame));
    Apply(state, Event{.id = id,
                       .previous = here ? here->last_event : EventId(),
                       .at = WallTime(std::chrono::milliseconds(1000 + state.last_event.value())),
                       .frame = FrameId(frame),
                       .body = std::move(body)});
    return *this;
  }
};

ExecutionStarted Start(const char* input) { return {.input = Payload::FromText(input), .machine = "m", .name = "n"}; }

TEST(Apply, AStartedExecutionHasARootFrameWithItsInput) {
  Story story;
  story.Public(0, Start(R"({"x":1})"));
  ASSERT_EQ(story.state.frames.size(), 1u);
  const Frame& root = story.state.frames.begin()->second;
  EXPECT_EQ(root.input.ref_event(), EventId(1));
  EXPECT_EQ(root.last_event, EventId(0));
  EXPECT_TRUE(story.state.is_running());
}

TEST(Apply, ATaskIsWaitedForUntilItsResult) {
  Story story;
  story.Public(0, Start("{}"))
      .Public(1, StateEntered{"Train", StateKind::kTask, Payload::FromText("{}")})
      .Public(1, TaskScheduled{.queue = "train", .input = Payload::FromText("{}"), .attempt = 1})
      .Public(1, TaskStarted{.worker = "w", .session = "s", .attempt = 1});
  const auto* waiting = std::get_if<WaitingForTask>(&story.state.Find(FrameId(1))->waiting);
  ASSERT_NE(waiting, nullptr);
  EXPECT_TRUE(waiting->started);
  EXPECT_EQ(waiting->scheduled_event, EventId(3));

  story.Internal(1, TaskAttemptLost{2});
  waiting = std::get_if<WaitingForTask>(&story.state.Find(FrameId(1))->waiting);
  EXPECT_FALSE(waiting->started);
  EXPECT_EQ(waiting->attempt, 2);

  story.Public(1, TaskSucceeded{.output = Payload::FromText("7")});
  EXPECT_TRUE(std::holds_alternative<NotWaiting>(story.state.Find(FrameId(1))->waiting));
}

TEST(Apply, BranchesEndIntoTheirParent) {
  Story story;
  story.Public(0, Start("{}"))
      .Public(1, StateEntered{"P", StateKind::kParallel, Payload::FromText("{}")})
      .Public(1, ParallelStarted{2, Payload::FromText("{}")});
  ASSERT_EQ(story.state.frames.size(), 3u);
  story.Public(2, StateEntered{"A", StateKind::kPass, Payload::FromText("1")})
      .Internal(2, BranchSucceeded{Payload::FromText("1")});
  EXPECT_EQ(story.state.frames.size(), 2u);
  EXPECT_EQ(story.state.Find(FrameId(1))->last_event, EventId(4));
  story.Internal(1, ChildrenRemoved{});
  EXPECT_EQ(story.state.frames.size(), 1u);
}

TEST(Apply, IterationsKeepOnlyTheirPayloads) {
  Story story;
  story.Public(0, Start("{}"))
      .Public(1, StateEntered{"M", StateKind::kMap, Payload::FromText("[1,2]")})
      .Public(1, MapStarted{.length = 2, .items = Payload::FromText("[1,2]")})
      .Public(1, MapIterationStarted{"M", 0})
      .Public(1, MapIterationSucceeded{"M", 0, FrameId(2), Payload::FromText("1")});
  EXPECT_EQ(story.state.frames.size(), 1u);
  const auto& map = std::get<WaitingForIterations>(story.state.Find(FrameId(1))->waiting);
  EXPECT_EQ(map.succeeded, 1);
  EXPECT_EQ(map.results[0].text(), "1");
}

TEST(Apply, AnEndedExecutionHasNoFrames) {
  Story story;
  story.Public(0, Start("{}")).Public(1, ExecutionFailed{"E", "because"});
  EXPECT_TRUE(story.state.frames.empty());
  EXPECT_EQ(story.state.status, ExecutionStatus::kFailed);
  EXPECT_EQ(story.state.error, "E");
}

TEST(Equal, NamesTheFirstDifference) {
  Story a, b;
  a.Public(0, Start("{}")).Public(1, StateEntered{"A", StateKind::kPass, Payload::FromText("1")});
  b.Public(0, Start("{}")).Public(1, StateEntered{"A", StateKind::kPass, Payload::FromText("2")});
  std::string why;
  EXPECT_FALSE(Equal(a.state, b.state, &why));
  EXPECT_EQ(why, "frame 1 (A): input");
  EXPECT_TRUE(Equal(a.state, a.state, &why));
}

TEST(ApplyDeathTest, AnIdThatSkipsIsABug) {
  ExecutionState state;
  Event event{.id = EventId(2), .previous = {}, .at = {}, .frame = {}, .body = ExecutionFailed{}};
  EXPECT_DEATH(Apply(state, event), "public ids have no gaps");
}

}  // namespace
}  // namespace pawl::history
