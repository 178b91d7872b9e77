#include "scheduler/api/aws/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "scheduler/api/testing/fake_gateway.h"
#include "shared/net/http_client.h"

namespace pawl::api::aws {
namespace {

using ::testing::HasSubstr;

class Server : public ::testing::Test {
 protected:
  void SetUp() override {
    AwsApiOptions options;
    options.port = 0;
    options.body_bytes_max = 4 << 20;
    auto started = AwsApiServer::Start(options, gateway_);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = std::move(*started);
  }
  absl::StatusOr<net::HttpAnswer> Call(const std::string& operation, std::string body,
                                       std::function<bool()> is_cancelled = nullptr) {
    net::HttpCall call;
    call.url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/";
    call.headers = {{"X-Amz-Target", "AWSStepFunctions." + operation}, {"Content-Type", "application/x-amz-json-1.0"}};
    call.body = std::move(body);
    call.is_cancelled = std::move(is_cancelled);
    return client_.Send(call);
  }
  testing::FakeGateway gateway_;
  net::HttpClient client_;
  std::unique_ptr<AwsApiServer> server_;
};

TEST_F(Server, AnswersOverHttp) {
  const auto answer = Call("CreateActivity", R"({"name":"a"})");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->Header("content-type"), "application/x-amz-json-1.0");
  EXPECT_FALSE(answer->Header("x-amzn-requestid").empty());
}

TEST_F(Server, RefusesAnOversizedRequestInTheProtocolsShape) {
  const auto answer = Call("CreateActivity", std::string(5 << 20, 'x'));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 413);
  EXPECT_THAT(answer->body, HasSubstr("RequestEntityTooLargeException"));
}

TEST_F(Server, CancelsThePollOfAClientThatLeaves) {
  Call("CreateActivity", R"({"name":"a"})").IgnoreError();
  const auto answer = Call("GetActivityTask", R"({"activityArn":"arn:aws:states:us-east-1:000000000000:activity:a"})",
                           [this] { return gateway_.waiting() > 0; });
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kCancelled);
  for (int i = 0; i < 1000 && gateway_.cancelled_polls() == 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  EXPECT_EQ(gateway_.cancelled_polls(), 1);
}

TEST_F(Server, ShutdownAnswersLongPollsEmpty) {
  Call("CreateActivity", R"({"name":"a"})").IgnoreError();
  auto answer = std::async([this] {
    return Call("GetActivityTask", R"({"activityArn":"arn:aws:states:us-east-1:000000000000:activity:a"})");
  });
  for (int i = 0; i < 1000 && gateway_.waiting() == 0; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  server_->Shutdown(std::chrono::milliseconds(5000));
  const auto got = answer.get();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, R"({"taskToken":null})");
}

TEST_F(Server, NamesThePortThatIsTaken) {
  AwsApiOptions options;
  options.port = server_->port();
  const auto second = AwsApiServer::Start(options, gateway_);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("--http-port"));
}

}  // namespace
}  // namespace pawl::api::aws
