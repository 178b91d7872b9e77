#include "shared/net/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "shared/net/http_server.h"

namespace pawl::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

TEST(HttpClient, SaysThatNobodyListens) {
  int port;
  {
    auto server = HttpServer::Start({}, [](HttpRequest, Responder respond) { respond({}); });
    port = (*server)->port();
  }
  const auto answer = HttpClient().Send({.url = "http://127.0.0.1:" + std::to_string(port) + "/"});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(answer.status().message()), HasSubstr(std::to_string(port)));
}

TEST(HttpClient, RefusesAUrlThatIsNone) {
  EXPECT_EQ(HttpClient().Send({.url = "file:///etc/passwd"}).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(HttpClient().Send({.url = ""}).status().code(), absl::StatusCode::kInvalidArgument);
}

class SilentServer : public testing::Test {
 protected:
  void SetUp() override {
    auto started = HttpServer::Start({}, [this](HttpRequest, Responder respond) {
      const std::lock_guard lock(mutex_);
      kept_.push_back(respond);
    });
    ASSERT_TRUE(started.ok());
    server_ = std::move(*started);
    url_ = "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
  }
  std::mutex mutex_;
  std::vector<Responder> kept_;
  std::unique_ptr<HttpServer> server_;
  std::string url_;
};

TEST_F(SilentServer, ACallEndsAtItsTimeout) {
  const auto answer = HttpClient().Send({.url = url_, .timeout = milliseconds(50)});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(SilentServer, ACallCanBeCancelled) {
  std::atomic<int> asked = 0;
  const auto answer = HttpClient().Send({.url = url_, .is_cancelled = [&] { return ++asked > 1; }});
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled);
}

TEST(HttpClient, LimitsTheAnswer) {
  auto server =
      HttpServer::Start({}, [](HttpRequest, Responder respond) { respond({.body = std::string(1000, 'x')}); });
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/";
  EXPECT_EQ(HttpClient().Send({.url = url, .body_bytes_max = 999}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(HttpClient().Send({.url = url, .body_bytes_max = 1000})->body.size(), 1000u);
}

TEST(HttpClient, SendsOtherMethodsToo) {
  auto server = HttpServer::Start(
      {}, [](HttpRequest request, Responder respond) { respond({.body = request.method + ":" + request.body}); });
  const std::string url = "http://127.0.0.1:" + std::to_string((*server)->port()) + "/";
  EXPECT_EQ(HttpClient().Send({.method = "GET", .url = url})->body, "GET:");
  EXPECT_EQ(HttpClient().Send({.method = "PUT", .url = url, .body = "x"})->body, "PUT:x");
  EXPECT_EQ(HttpClient().Send({.method = "HEAD", .url = url})->body, "");
}

}  // namespace
}  // namespace pawl::net
