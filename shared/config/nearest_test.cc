#include "shared/config/nearest.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace pawl::config {
namespace {

TEST(Nearest, NamesTheCandidateWithTheFewestEdits) {
  const std::vector<std::string> names = {"http_port", "grpc_port", "ops_port"};
  EXPECT_EQ(Nearest("htp_port", names), "http_port");
  EXPECT_EQ(Nearest("grpcport", names), "grpc_port");
  EXPECT_EQ(Nearest("ops_prot", names), "ops_port");
  EXPECT_EQ(Nearest("", names), "ops_port");
}

TEST(Nearest, IsEmptyWithoutCandidates) { EXPECT_EQ(Nearest("anything", {}), ""); }

}  // namespace
}  // namespace pawl::config
