#include "scheduler/ctl/dev/data_dir.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <unistd.h>

#include "scheduler/ctl/dev/ports.h"
#include "scheduler/ctl/dev/testing.h"

namespace pawl::dev {
namespace {

using testing::HasSubstr;

class DataDirTest : public TempDirTest {};

TEST_F(DataDirTest, IsMadeAndStays) {
  const std::filesystem::path path = dir_ / "a" / "b";
  { EXPECT_EQ(DataDir::Open(path)->path(), path); }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(DataDirTest, SaysWhoHoldsIt) {
  const absl::StatusOr<DataDir> first = DataDir::Open(dir_);
  ASSERT_TRUE(first.ok());
  const absl::StatusOr<DataDir> second = DataDir::Open(dir_);
  ASSERT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("held by another pawl dev, process " + std::to_string(getpid())));
}

TEST_F(DataDirTest, IsFreeAgainAfterwards) {
  { ASSERT_TRUE(DataDir::Open(dir_).ok()); }
  EXPECT_TRUE(DataDir::Open(dir_).ok());
}

TEST_F(DataDirTest, ATemporaryOneIsRemoved) {
  std::filesystem::path path;
  {
    absl::StatusOr<DataDir> opened = DataDir::Open("");
    ASSERT_TRUE(opened.ok());
    const DataDir data = std::move(*opened);
    path = data.path();
    EXPECT_TRUE(data.is_temporary());
    EXPECT_TRUE(std::filesystem::exists(*data.Sub("logs")));
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(DataDirTest, SaysWhatCannotBeUsed) {
  std::ofstream(dir_ / "file") << "x";
  EXPECT_THAT(std::string(DataDir::Open(dir_ / "file" / "below").status().message()),
              HasSubstr("cannot use the data directory"));
}

TEST(PickPort, TakesTheWantedOneOrAFreeOne) {
  const absl::StatusOr<int> free = PickPort(0, "--http-port");
  ASSERT_TRUE(free.ok());
  EXPECT_GT(*free, 0);
  EXPECT_EQ(*PickPort(*free, "--http-port"), *free);
}

TEST(PickPort, NamesThePortThatIsTaken) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(fd, 1), 0);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  const int port = ntohs(address.sin_port);
  EXPECT_THAT(std::string(PickPort(port, "--ops-port").status().message()),
              testing::AllOf(HasSubstr("port " + std::to_string(port) + " is in use"), HasSubstr("--ops-port")));
  close(fd);
}

}  // namespace
}  // namespace pawl::dev
