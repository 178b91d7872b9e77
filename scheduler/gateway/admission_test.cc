#include "scheduler/gateway/admission.h"

#include <gtest/gtest.h>

#include <map>

#include "scheduler/gateway/reason.h"

namespace pawl::gateway {
namespace {

class AdmissionTest : public ::testing::Test {
 protected:
  bool Take(RequestKind kind, const std::string& key = {}, size_t bytes = 0) {
    auto ticket = admission_.Admit(kind, bytes, key);
    if (!ticket.ok()) {
      EXPECT_EQ(ReasonOf(ticket.status()), Reason::kThrottled);
      EXPECT_TRUE(RetryAfterOf(ticket.status()));
      return false;
    }
    tickets_.push_back(*std::move(ticket));
    return true;
  }
  int TakeAll(RequestKind kind, const std::string& key = {}, size_t bytes = 0) {
    int taken = 0;
    while (Take(kind, key, bytes)) ++taken;
    return taken;
  }

  std::map<RequestKind, size_t> shed_;
  Admission admission_{{.requests_max = 100, .request_bytes_max = 1 << 20, .polls_max = 3, .watches_max = 2},
                       [this](RequestKind kind, size_t count) { shed_[kind] += count; }};
  std::vector<Admission::SharedTicket> tickets_;
};

TEST_F(AdmissionTest, Starts_OfOneMachineTakeHalfAndLeaveRoomForOthers) {
  EXPECT_EQ(TakeAll(RequestKind::kStart, "flood"), 50);
  EXPECT_TRUE(Take(RequestKind::kStart, "small"));
  EXPECT_FALSE(Take(RequestKind::kStart, "flood"));
  EXPECT_EQ(shed_[RequestKind::kStart], 2u);
}

TEST_F(AdmissionTest, Reports_AreShedLast) {
  EXPECT_EQ(TakeAll(RequestKind::kRead), 100);
  EXPECT_FALSE(Take(RequestKind::kStart, "any"));
  EXPECT_FALSE(Take(RequestKind::kManage));
  EXPECT_EQ(TakeAll(RequestKind::kReport), 100);
  EXPECT_EQ(shed_[RequestKind::kReport], 1u);
}

TEST_F(AdmissionTest, Bytes_AreBoundedAndOneLargeRequestIsTakenAlone) {
  EXPECT_TRUE(Take(RequestKind::kManage, "", 5 << 20));
  EXPECT_FALSE(Take(RequestKind::kManage, "", 1));
  tickets_.clear();
  EXPECT_TRUE(Take(RequestKind::kManage, "", 1));
  EXPECT_FALSE(Take(RequestKind::kManage, "", 5 << 20));
  EXPECT_GT(admission_.load().bytes, 0u);
}

TEST_F(AdmissionTest, PollsAndWatches_HaveBoundsOfTheirOwn) {
  EXPECT_EQ(TakeAll(RequestKind::kPoll), 3);
  EXPECT_EQ(TakeAll(RequestKind::kWatch), 2);
  EXPECT_TRUE(Take(RequestKind::kStart, "any"));
}

TEST_F(AdmissionTest, AdmitStarts_TakesTheFirstForWhichThereIsRoom) {
  std::vector<Admission::SharedTicket> tickets = admission_.AdmitStarts(std::vector<size_t>(80, 10), "bulk");
  EXPECT_EQ(tickets.size(), 50u);
  EXPECT_EQ(shed_[RequestKind::kStart], 30u);
  EXPECT_EQ(admission_.load().requests[0], 50u);
  tickets.front()->Return();
  EXPECT_EQ(admission_.load().requests[0], 49u);
  tickets.clear();
  EXPECT_EQ(admission_.load().requests[0], 0u);
  EXPECT_EQ(admission_.load().bytes, 0u);
}

}  // namespace
}  // namespace pawl::gateway
