#include "scheduler/cluster/end_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/partition/testing/engine_bench.h"

namespace pawl::cluster {
namespace {

using history::NameKey;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Member kAsker{"asker", "asker:1", false};
const Member kOwner{"owner", "owner:1", false};
constexpr milliseconds kWait{20'000};

NameKey Name(uint8_t n) {
  NameKey name{};
  name[15] = n;
  return name;
}

Awaited Ended(const std::string& output) {
  return {true, partition::Outcome{.status = history::ExecutionStatus::kSucceeded, .output = output}};
}

// What a node sends, answered when the test says so.
class Wires : public Peers {
 public:
  struct Asked {
    AwaitEndsRequest request;
    Done<std::vector<EndAnswer>> done;
  };
  struct Told {
    std::vector<EndAnswer> ends;
    std::function<void(absl::Status)> done;
  };
  void Tell(const Member&, const Notice&, std::function<void(absl::Status)>) override {}
  void Carry(const Member&, std::vector<Call>, Done<std::vector<Answer>>) override {}
  void AwaitEnd(const Member&, const NameKey& name, milliseconds, Done<Awaited> done) override {
    alone.emplace_back(name, std::move(done));
  }
  void AwaitEnds(const Member&, AwaitEndsRequest request, Done<std::vector<EndAnswer>> done) override {
    asked.push_back({std::move(request), std::move(done)});
  }
  void TellEnds(const Member&, const std::vector<EndAnswer>& ends, std::function<void(absl::Status)> done) override {
    told.push_back({ends, std::move(done)});
  }
  void AwaitChange(const Member&, const NameKey&, milliseconds, Done<Awaited>) override {}
  void Lend(const Member&, LendRequest, Done<LendResponse>) override {}
  void Watch(const Member&, WatchRequest, Done<WatchResponse>) override {}

  std::vector<Asked> asked;
  std::vector<Told> told;
  std::vector<std::pair<NameKey, Done<Awaited>>> alone;
};

class EndWatchTest : public testing::Test {
 protected:
  EndWatchTest() {
    See({kAsker, kOwner});
    asker_.Run(kAsker);
    owner_.Run(kOwner);
  }
  EndWatch::Parts Parts(Wires& wires, const Directory& directory) {
    return {.executor = time_,
            .clock = time_,
            .directory = directory,
            .peers = wires,
            .await_here = [this](const NameKey& name, milliseconds, Peers::Done<Awaited> done) {
              if (here_.contains(name)) return done(here_.at(name));
              waiting_[name] = std::move(done);
            }};
  }
  void See(std::vector<Member> members) {
    directory_.Update({.members = std::move(members), .partitions = {}, .next_expiry = {}});
    asker_.OnChanged();
  }
  void Ask(uint8_t n) {
    asker_.Ask(kOwner, Name(n), kWait, [this, n](const absl::StatusOr<Awaited>& awaited) {
      if (!awaited.ok()) {
        EXPECT_TRUE(partition::IsNotServed(awaited.status()));
        heard_.push_back(std::to_string(n) + " not served");
      } else if (awaited->outcome) {
        heard_.push_back(std::to_string(n) + " " + *awaited->outcome->output);
      } else {
        heard_.push_back(std::to_string(n) + (awaited->is_open ? " open" : " not open"));
      }
    });
  }
  // What was asked gets to the owner, and its answer back.
  void Pass() {
    time_.RunFor(milliseconds(1));
    for (Wires::Asked& one : std::exchange(asker_wires_.asked, {})) owner_.OnAwaitEnds(one.request, one.done);
  }
  // What the owner tells gets to the asker.
  void Hear() {
    time_.RunFor(milliseconds(1));
    for (Wires::Told& one : std::exchange(owner_wires_.told, {})) {
      asker_.OnEnds(one.ends);
      one.done(absl::OkStatus());
    }
  }

  partition::VirtualTime time_;
  Wires asker_wires_, owner_wires_;
  Directory directory_{"asker"}, owner_directory_{"owner"};
  std::map<NameKey, absl::StatusOr<Awaited>> here_;  // known at once
  std::map<NameKey, Peers::Done<Awaited>> waiting_;
  std::vector<std::string> heard_;
  EndWatch asker_{Parts(asker_wires_, directory_)};
  EndWatch owner_{Parts(owner_wires_, owner_directory_)};
};

TEST_F(EndWatchTest, WhatIsAskedInOneTurnGoesInOneCall) {
  for (uint8_t n = 1; n <= 3; ++n) Ask(n);
  time_.RunFor(milliseconds(1));
  ASSERT_THAT(asker_wires_.asked, SizeIs(1));
  EXPECT_THAT(asker_wires_.asked[0].request.asks, SizeIs(3));
  EXPECT_EQ(asker_wires_.asked[0].request.from, kAsker);
}

TEST_F(EndWatchTest, EndsOfOneTurnAreToldInOneCall) {
  for (uint8_t n = 1; n <= 3; ++n) Ask(n);
  Pass();
  waiting_[Name(1)](Ended("\"a\""));
  waiting_[Name(3)](Ended("\"c\""));
  time_.RunFor(milliseconds(1));
  ASSERT_THAT(owner_wires_.told, SizeIs(1));
  Hear();
  EXPECT_THAT(heard_, ElementsAre("1 \"a\"", "3 \"c\""));
  waiting_[Name(2)](Awaited{true, {}});
  Hear();
  EXPECT_EQ(heard_.back(), "2 open");
}

TEST_F(EndWatchTest, WhatIsKnownAtOnceComesWithTheAnswer) {
  here_.emplace(Name(1), Awaited{false, {}});
  here_.emplace(Name(2), partition::NotServed("moved"));
  Ask(1);
  Ask(2);
  Pass();
  EXPECT_THAT(heard_, ElementsAre("1 not open", "2 not served"));
  EXPECT_THAT(owner_wires_.told, IsEmpty());
}

TEST_F(EndWatchTest, AnAnswerThatComesTwiceCountsOnce) {
  Ask(1);
  Pass();
  waiting_[Name(1)](Ended("\"a\""));
  time_.RunFor(milliseconds(1));
  const std::vector<EndAnswer> ends = owner_wires_.told.at(0).ends;
  asker_.OnEnds(ends);
  asker_.OnEnds(ends);
  EXPECT_THAT(heard_, ElementsAre("1 \"a\""));
}

TEST_F(EndWatchTest, ACallThatFailsIsNotServed) {
  Ask(1);
  time_.RunFor(milliseconds(1));
  asker_wires_.asked.at(0).done(absl::UnavailableError("no answer"));
  EXPECT_THAT(heard_, ElementsAre("1 not served"));
}

TEST_F(EndWatchTest, EndsThatGotLostAreToldAgain) {
  Ask(1);
  Pass();
  waiting_[Name(1)](Ended("\"a\""));
  time_.RunFor(milliseconds(1));
  std::exchange(owner_wires_.told, {}).at(0).done(absl::UnavailableError("lost"));
  time_.RunFor(milliseconds(500));
  Hear();
  EXPECT_THAT(heard_, ElementsAre("1 \"a\""));
}

TEST_F(EndWatchTest, WhatIsNotToldWithinTheWaitIsNotServed) {
  Ask(1);
  Pass();
  time_.RunFor(kWait);
  EXPECT_THAT(heard_, IsEmpty());
  time_.RunFor(milliseconds(3'000));
  EXPECT_THAT(heard_, ElementsAre("1 not served"));
}

TEST_F(EndWatchTest, AnOwnerThatIsGoneIsNotWaitedFor) {
  Ask(1);
  Pass();
  See({kAsker});
  EXPECT_THAT(heard_, ElementsAre("1 not served"));
}

TEST_F(EndWatchTest, AnOwnerOfAnOlderReleaseIsAskedOneByOne) {
  Ask(1);
  time_.RunFor(milliseconds(1));
  asker_wires_.asked.at(0).done(absl::UnimplementedError("what?"));
  Ask(2);
  time_.RunFor(milliseconds(1));
  EXPECT_THAT(asker_wires_.asked, SizeIs(1));
  ASSERT_THAT(asker_wires_.alone, SizeIs(2));
  asker_wires_.alone[1].second(Ended("\"b\""));
  asker_wires_.alone[0].second(partition::NotServed("gone"));
  EXPECT_THAT(heard_, ElementsAre("2 \"b\"", "1 not served"));
}

TEST_F(EndWatchTest, LargeOutputsGoInSeveralCalls) {
  const std::string large(3 << 20, 'x');
  for (uint8_t n = 1; n <= 3; ++n) Ask(n);
  Pass();
  for (uint8_t n = 1; n <= 3; ++n) waiting_[Name(n)](Ended(large));
  time_.RunFor(milliseconds(1));
  ASSERT_THAT(owner_wires_.told, SizeIs(2));
  EXPECT_THAT(owner_wires_.told[0].ends, SizeIs(2));
}

}  // namespace
}  // namespace pawl::cluster
