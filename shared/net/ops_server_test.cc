#include "shared/net/ops_server.h"

#include <gtest/gtest.h>

#include "shared/net/http_client.h"

namespace pawl::net {
namespace {

class OpsServer : public testing::Test {
 protected:
  void SetUp() override {
    auto started = StartOpsServer("127.0.0.1", 0,
                                  {.metrics = [] { return std::string("pawl_up 1\n"); },
                                   .is_healthy = nullptr,
                                   .is_ready = [this] { return ready_; }});
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started);
  }
  HttpAnswer Get(const std::string& path, const std::string& method = "GET") {
    auto answer = client_.Send({.method = method, .url = "http://127.0.0.1:" + std::to_string(server_->port()) + path});
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(HttpAnswer{});
  }
  absl::Status ready_ = absl::OkStatus();
  HttpClient client_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(OpsServer, ServesMetricsAsPrometheusText) {
  const HttpAnswer answer = Get("/metrics?x=y");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "pawl_up 1\n");
  EXPECT_TRUE(answer.Header("content-type").starts_with("text/plain; version=0.0.4"));
}

TEST_F(OpsServer, IsHealthyWhereNobodySaysOtherwise) { EXPECT_EQ(Get("/healthz").status, 200); }

TEST_F(OpsServer, SaysWhyItIsNotReady) {
  ready_ = absl::UnavailableError("the database is away");
  const HttpAnswer answer = Get("/readyz");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "the database is away\n");
}

TEST_F(OpsServer, KnowsNothingElse) {
  EXPECT_EQ(Get("/").status, 404);
  EXPECT_EQ(Get("/healthz", "POST").status, 405);
}

}  // namespace
}  // namespace pawl::net
