// ValidateStateMachineDefinition and TestState on the wire, against a Gateway in memory.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "scheduler/api/aws/handler.h"
#include "scheduler/api/testing/fake_gateway.h"

namespace pawl::api::aws {
namespace {

using nlohmann::json;

class DefinitionOperations : public ::testing::Test {
 protected:
  json Call(const std::string& operation, const json& body) {
    std::optional<net::HttpResponse> got;
    handler_.Handle(
        net::HttpRequest{"POST", "/", {{"X-Amz-Target", "AWSStepFunctions." + operation}}, body.dump()},
        [&](net::HttpResponse response) { got = std::move(response); }, [](std::function<void()>) {});
    EXPECT_TRUE(got.has_value());
    return json::parse(got->body);
  }

  testing::FakeGateway gateway_;
  AwsHandler handler_{AwsApiOptions{}, gateway_, 1};
};

TEST_F(DefinitionOperations, ValidateShowsErrorsAndOnRequestWarnings) {
  gateway_.diagnostics = {{true, "MISSING_END_STATE", "no end", ""},
                          {false, "NO_DOLLAR", "looks like a path", "/States/A"}};
  const json error = {{"severity", "ERROR"}, {"code", "MISSING_END_STATE"}, {"message", "no end"}};
  const json warning = {
      {"severity", "WARNING"}, {"code", "NO_DOLLAR"}, {"message", "looks like a path"}, {"location", "/States/A"}};
  EXPECT_EQ(Call("ValidateStateMachineDefinition", {{"definition", "{}"}}),
            (json{{"result", "FAIL"}, {"diagnostics", {error}}, {"truncated", false}}));
  EXPECT_EQ(Call("ValidateStateMachineDefinition", {{"definition", "{}"}, {"severity", "WARNING"}}),
            (json{{"result", "FAIL"}, {"diagnostics", {error, warning}}, {"truncated", false}}));
  EXPECT_EQ(Call("ValidateStateMachineDefinition", {{"definition", "{}"}, {"severity", "WARNING"}, {"maxResults", 1}}),
            (json{{"result", "FAIL"}, {"diagnostics", {error}}, {"truncated", true}}));
  gateway_.diagnostics.erase(gateway_.diagnostics.begin());
  EXPECT_EQ(Call("ValidateStateMachineDefinition", {{"definition", "{}"}}),
            (json{{"result", "OK"}, {"diagnostics", json::array()}, {"truncated", false}}));
}

TEST_F(DefinitionOperations, TestStateHandsOnWhatItIsAsked) {
  Call("TestState", {{"definition", "{}"},
                     {"stateName", "S"},
                     {"inspectionLevel", "TRACE"},
                     {"mock", {{"errorOutput", {{"error", "E"}, {"cause", "C"}}}, {"fieldValidationMode", "NONE"}}},
                     {"stateConfiguration", {{"retrierRetryCount", 2}, {"mapItemReaderData", "[1]"}}}});
  const asl::TestStateRequest& asked = gateway_.tested;
  EXPECT_EQ(asked.state_name, "S");
  EXPECT_EQ(asked.input, "{}");
  EXPECT_TRUE(asked.inspects);
  EXPECT_EQ(asked.mock->error_output->error, "E");
  EXPECT_EQ(asked.mock->validation, asl::TestStateMock::Validation::kNone);
  EXPECT_EQ(asked.configuration.retrier_retry_count, 2);
  EXPECT_EQ(asked.configuration.map_item_reader_data, "[1]");
}

TEST_F(DefinitionOperations, TestStateAnswersWithWhatWasInspected) {
  gateway_.test_state_answer.status = "RETRIABLE";
  gateway_.test_state_answer.error = "E";
  gateway_.test_state_answer.inspected = {{"input", "{}", false}, {"maxConcurrency", "3", true}};
  gateway_.test_state_answer.retry_index = 0;
  gateway_.test_state_answer.retry_backoff_seconds = 4;
  EXPECT_EQ(Call("TestState", {{"definition", "{}"}}), (json{{"status", "RETRIABLE"}, {"error", "E"}}));
  EXPECT_EQ(Call("TestState", {{"definition", "{}"}, {"inspectionLevel", "DEBUG"}}),
            (json{{"status", "RETRIABLE"},
                  {"error", "E"},
                  {"inspectionData",
                   {{"input", "{}"},
                    {"maxConcurrency", 3},
                    {"errorDetails", {{"retryIndex", 0}, {"retryBackoffIntervalSeconds", 4}}}}}}));
}

TEST_F(DefinitionOperations, TestStateShowsAnHttpExchange) {
  gateway_.test_state_answer.http_request = {"https", "GET", "https://h/p", "[a: b]", "body"};
  gateway_.test_state_answer.http_response = {"https", "200", "OK", "[c: d]", "answer"};
  const json answer = Call("TestState", {{"definition", "{}"}, {"inspectionLevel", "TRACE"}, {"revealSecrets", true}});
  EXPECT_TRUE(gateway_.tested.traces);
  EXPECT_EQ(
      answer["inspectionData"]["request"],
      (json{
          {"protocol", "https"}, {"method", "GET"}, {"url", "https://h/p"}, {"headers", "[a: b]"}, {"body", "body"}}));
  EXPECT_EQ(answer["inspectionData"]["response"], (json{{"protocol", "https"},
                                                        {"statusCode", "200"},
                                                        {"statusMessage", "OK"},
                                                        {"headers", "[c: d]"},
                                                        {"body", "answer"}}));
}

}  // namespace
}  // namespace pawl::api::aws
