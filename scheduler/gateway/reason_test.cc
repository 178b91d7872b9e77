#include "scheduler/gateway/reason.h"

#include <gtest/gtest.h>

#include "shared/base/status.h"

namespace pawl::gateway {
namespace {

TEST(Reason, TravelsWithTheStatusAndSetsItsCode) {
  const absl::Status status = Refuse(Reason::kExecutionDoesNotExist, "Execution Does Not Exist: 'x'");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message()), "Execution Does Not Exist: 'x'");
  EXPECT_EQ(ReasonOf(status), Reason::kExecutionDoesNotExist);
}

TEST(Reason, SurvivesAnAnnotation) {
  EXPECT_EQ(ReasonOf(base::Annotate(Refuse(Reason::kActivityAlreadyExists, "m"), "while creating")),
            Reason::kActivityAlreadyExists);
}

TEST(Reason, IsAbsentFromPlainStatuses) {
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), std::nullopt);
  EXPECT_EQ(ReasonOf(absl::OkStatus()), std::nullopt);
}

}  // namespace
}  // namespace pawl::gateway
