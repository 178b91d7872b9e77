#include "history/event/payload.h"

#include <gtest/gtest.h>

namespace pawl::history {
namespace {

using base::EventId;

TEST(Payload, KeepsTextAsItCame) {
  EXPECT_EQ(Payload::FromText(R"({"a":1.0})").text(), R"({"a":1.0})");
  EXPECT_EQ(Payload().text(), "null");
}

TEST(Payload, AReferenceNeverPointsAtAnother) {
  Payload first = Payload::Ref(EventId(3), 0, Payload::FromText("{}"));
  Payload second = Payload::Ref(EventId(7), 1, first);
  EXPECT_EQ(second.ref_event(), EventId(3));
  EXPECT_EQ(second.ref_field(), 0);
}

TEST(Payload, AtFollowsMembersAndIndexes) {
  Payload base = Payload::FromText(R"({"a":[10,{"b":"x"}]})");
  EXPECT_EQ(Payload::At(base, {"a", "1", "b"}).text(), R"("x")");
  EXPECT_EQ(Payload::At(Payload::At(base, {"a"}), {"0"}).text(), "10");
  EXPECT_EQ(Payload::At(base, {"a", "2"}).text(), "null");
  EXPECT_EQ(Payload::At(base, {"a", "1", "b", "c"}).text(), "null");
}

TEST(Payload, InsertCreatesObjectsOnTheWay) {
  Payload base = Payload::FromText(R"({"a":1})");
  EXPECT_EQ(Payload::Insert(base, {"b", "c"}, Payload::FromText("[2]")).text(), R"({"a":1,"b":{"c":[2]}})");
  EXPECT_EQ(Payload::Insert(base, {}, Payload::FromText("3")).text(), "3");
}

TEST(Payload, AListJoinsItsItems) {
  Payload list = Payload::List({Payload::FromText("1"), Payload::Ref(EventId(2), 0, Payload::FromText(R"("x")"))});
  EXPECT_EQ(list.text(), R"([1,"x"])");
  EXPECT_EQ(list.value().size(), 2u);
  EXPECT_GE(list.size_bound(), list.text().size());
}

TEST(Payload, ALoopThatInsertsForEverStaysShallow) {
  Payload payload = Payload::FromText("{}");
  for (int round = 1; round <= 100'000; ++round) {
    payload =
        Payload::Ref(EventId(round), 0, Payload::Insert(payload, {"n"}, Payload::FromText(std::to_string(round))));
  }
  EXPECT_EQ(payload.text(), R"({"n":100000})");
}

TEST(Payload, EqualityLooksThroughForms) {
  EXPECT_EQ(Payload::FromText(R"({"a": 1})"), Payload::Insert(Payload::FromText("{}"), {"a"}, Payload::FromText("1")));
  EXPECT_FALSE(Payload::FromText("1") == Payload::FromText("2"));
}

}  // namespace
}  // namespace pawl::history
