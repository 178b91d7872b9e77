#include "scheduler/cluster/spread.h"

#include "gtest/gtest.h"

namespace pawl::cluster {
namespace {

using base::PartitionId;

View ViewOf(const std::vector<std::string>& nodes, const std::vector<std::string>& owners) {
  View view;
  for (const std::string& node : nodes) view.members.push_back({node, node + ":1", false});
  for (size_t i = 0; i < owners.size(); ++i) {
    view.partitions.push_back(
        {PartitionId(static_cast<int32_t>(i)), base::Epoch(1), owners[i], owners[i].empty() || owners[i] == "dead"});
  }
  return view;
}

std::set<PartitionId> Ids(const std::vector<int>& ids) {
  std::set<PartitionId> set;
  for (int id : ids) set.emplace(id);
  return set;
}

TEST(WantedBy, OneNodeWantsAllThatIsFree) {
  EXPECT_EQ(WantedBy("a", ViewOf({"a"}, {"", "dead", ""}), {}), Ids({0, 1, 2}));
}

TEST(WantedBy, NobodyWantsWhatALiveNodeOwns) {
  EXPECT_EQ(WantedBy("a", ViewOf({"a", "b"}, {"b", "", "b", ""}), {}), Ids({1, 3}));
}

TEST(WantedBy, GivesUpWhatIsBeyondTheShareWhenANodeJoins) {
  EXPECT_EQ(WantedBy("a", ViewOf({"a", "b"}, {"a", "a", "a", "a", "a"}), Ids({0, 1, 2, 3, 4})), Ids({0, 1, 2}));
}

TEST(WantedBy, NodesThatStartTogetherDoNotReachForTheSame) {
  View view = ViewOf({"a", "b", "c"}, std::vector<std::string>(64, ""));
  std::set<PartitionId> all;
  size_t count = 0;
  for (const char* node : {"a", "b", "c"}) {
    std::set<PartitionId> wanted = WantedBy(node, view, {});
    EXPECT_LE(wanted.size(), 22u);
    count += wanted.size();
    all.insert(wanted.begin(), wanted.end());
  }
  EXPECT_EQ(count, 64u);
  EXPECT_EQ(all.size(), 64u);
}

TEST(WantedBy, ALeavingNodeWantsNothingAndItsPartOfTheShareGoesToTheOthers) {
  View view = ViewOf({"a", "b"}, {"a", "a", "b", "b"});
  view.members[1].leaving = true;
  EXPECT_EQ(WantedBy("b", view, Ids({2, 3})), Ids({}));
  // Not before it has released them.
  EXPECT_EQ(WantedBy("a", view, Ids({0, 1})), Ids({0, 1}));
  view.partitions[2].node = view.partitions[3].node = "";
  EXPECT_EQ(WantedBy("a", view, Ids({0, 1})), Ids({0, 1, 2, 3}));
}

TEST(WantedBy, WhatItLostInMemoryOnlyItClaimsAgain) {
  EXPECT_EQ(WantedBy("a", ViewOf({"a", "b"}, {"a", "a", "b", "b"}), {}), Ids({0, 1}));
}

TEST(WantedBy, WhatTheLeaseGivesItIsNotLeftToOthers) {
  View view = ViewOf({"a", "b"}, {"a", "a", "b", "b", "b"});
  EXPECT_EQ(WantedBy("b", view, Ids({2, 3})), Ids({2, 3, 4}));
  EXPECT_EQ(WantedBy("a", view, Ids({0, 1})), Ids({0, 1}));
}

TEST(WantedBy, WhatItIsGivingUpItDoesNotWantAgain) {
  View view = ViewOf({"a", "b"}, {"a", "a", "a", "a"});
  EXPECT_EQ(WantedBy("a", view, Ids({0, 1}), Ids({2, 3})), Ids({0, 1}));
}

TEST(WantedBy, MoreNodesThanPartitions) {
  View view = ViewOf({"a", "b", "c"}, {"", ""});
  EXPECT_EQ(WantedBy("a", view, {}).size() + WantedBy("b", view, {}).size() + WantedBy("c", view, {}).size(), 2u);
}

}  // namespace
}  // namespace pawl::cluster
