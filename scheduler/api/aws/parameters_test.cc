// The parameters of every operation, each wrong in every way: AWS's words, as recorded for some members and the same
// for all others.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/api/aws/handler.h"
#include "scheduler/api/testing/fake_gateway.h"

namespace pawl::api::aws {
namespace {

using nlohmann::json;

constexpr char kMachine[] = "arn:aws:states:us-east-1:000000000000:stateMachine:m";
constexpr char kExecution[] = "arn:aws:states:us-east-1:000000000000:execution:m:e";
constexpr char kActivity[] = "arn:aws:states:us-east-1:000000000000:activity:a";

class Parameters : public ::testing::Test {
 protected:
  // "Name: message", without the namespace of the name.
  std::string Refusal(const std::string& operation, const json& body) {
    std::optional<net::HttpResponse> got;
    handler_.Handle(
        net::HttpRequest{"POST", "/", {{"X-Amz-Target", "AWSStepFunctions." + operation}}, body.dump()},
        [&](net::HttpResponse response) { got = std::move(response); }, [](std::function<void()>) {});
    if (!got) return "no answer";
    if (got->status == 200) return "OK";
    const json answer = json::parse(got->body);
    const std::string type = answer.value("__type", "");
    return type.substr(type.find('#') + 1) + ": " + answer.value("message", "");
  }

  testing::FakeGateway gateway_;
  AwsHandler handler_{AwsApiOptions{}, gateway_, 1};
};

std::string Violation(const std::string& value, const std::string& path, const std::string& constraint) {
  return "ValidationException: 1 validation error detected: Value " + value + " at '" + path +
         "' failed to satisfy constraint: " + constraint;
}

std::string TooLong(const std::string& value, const std::string& path, int max) {
  return Violation("'" + value + "'", path, "Member must have length less than or equal to " + std::to_string(max));
}

struct Operation {
  const char* name;
  const char* member;  // that names what it is about
  json good;
  size_t length_max;
};

const std::vector<Operation>& ByArn() {
  static const auto& operations = *new std::vector<Operation>{
      {"DescribeStateMachine", "stateMachineArn", {{"stateMachineArn", kMachine}}, 256},
      {"UpdateStateMachine", "stateMachineArn", {{"stateMachineArn", kMachine}, {"definition", "{}"}}, 256},
      {"DeleteStateMachine", "stateMachineArn", {{"stateMachineArn", kMachine}}, 256},
      {"PublishStateMachineVersion", "stateMachineArn", {{"stateMachineArn", kMachine}}, 256},
      {"ListStateMachineVersions", "stateMachineArn", {{"stateMachineArn", kMachine}}, 256},
      {"StartExecution", "stateMachineArn", {{"stateMachineArn", kMachine}}, 256},
      {"DescribeExecution", "executionArn", {{"executionArn", kExecution}}, 256},
      {"DescribeStateMachineForExecution", "executionArn", {{"executionArn", kExecution}}, 256},
      {"StopExecution", "executionArn", {{"executionArn", kExecution}}, 256},
      {"GetExecutionHistory", "executionArn", {{"executionArn", kExecution}}, 256},
      {"DescribeActivity", "activityArn", {{"activityArn", kActivity}}, 256},
      {"DeleteActivity", "activityArn", {{"activityArn", kActivity}}, 256},
      {"GetActivityTask", "activityArn", {{"activityArn", kActivity}}, 256},
  };
  return operations;
}

TEST_F(Parameters, ArnsAreThereOfTheRightLengthTypeAndKind) {
  for (const Operation& operation : ByArn()) {
    SCOPED_TRACE(operation.name);
    const auto with = [&](const json& value) {
      json body = operation.good;
      body[operation.member] = value;
      return Refusal(operation.name, body);
    };
    const std::string long_one = kMachine + std::string(300, 'x');
    EXPECT_EQ(with(nullptr), Violation("null", operation.member, "Member must not be null"));
    EXPECT_EQ(with(""), Violation("''", operation.member, "Member must have length greater than or equal to 1"));
    EXPECT_EQ(with(long_one), TooLong(long_one, operation.member, 256));
    EXPECT_EQ(with("nonsense"), "InvalidArn: Invalid Arn: 'Invalid ARN prefix: nonsense'");
    EXPECT_EQ(with("arn:aws:states:us-east-1:000000000000:mapRun:m/l:u"),
              "InvalidArn: Invalid Arn: 'Resource type not valid in this context: mapRun'");
    EXPECT_EQ(with(5), "SerializationException: NUMBER_VALUE can not be converted to a String");
    EXPECT_EQ(with(json::array()), "SerializationException: Start of list found where not expected");
    EXPECT_EQ(with(json::object()), "SerializationException: Start of structure or map found where not expected.");
  }
}

TEST_F(Parameters, PagesAreBounded) {
  const std::vector<std::pair<Operation, int>> paged = {
      {{"ListStateMachines", "", json::object(), 0}, 1024},
      {{"ListActivities", "", json::object(), 0}, 1024},
      {{"ListStateMachineVersions", "", {{"stateMachineArn", kMachine}}, 0}, 1024},
      {{"ListExecutions", "", {{"stateMachineArn", kMachine}}, 0}, 3096},
      {{"GetExecutionHistory", "", {{"executionArn", kExecution}}, 0}, 1024},
  };
  for (const auto& [operation, token_max] : paged) {
    SCOPED_TRACE(operation.name);
    const auto with = [&, good = operation.good, name = operation.name](const char* member, const json& value) {
      json body = good;
      body[member] = value;
      return Refusal(name, body);
    };
    const std::string too_long(static_cast<size_t>(token_max) + 1, 't');
    EXPECT_EQ(with("maxResults", 1001),
              Violation("'1001'", "maxResults", "Member must have value less than or equal to 1000"));
    EXPECT_EQ(with("maxResults", -1),
              Violation("'-1'", "maxResults", "Member must have value greater than or equal to 0"));
    EXPECT_EQ(with("maxResults", "7"), "SerializationException: STRING_VALUE can not be converted to an Integer");
    EXPECT_EQ(with("nextToken", ""),
              Violation("''", "nextToken", "Member must have length greater than or equal to 1"));
    EXPECT_EQ(with("nextToken", too_long), TooLong(too_long, "nextToken", token_max));
  }
}

TEST_F(Parameters, MembersInsideOthersAreNamedByTheirPath) {
  const json machine = {{"name", "m"}, {"definition", "{}"}, {"roleArn", "arn:aws:iam::1:role/r"}};
  const auto create = [&](const char* member, const json& value) {
    json body = machine;
    body[member] = value;
    return Refusal("CreateStateMachine", body);
  };
  EXPECT_EQ(create("loggingConfiguration", {{"level", "LOUD"}}),
            Violation("'LOUD'", "loggingConfiguration.level",
                      "Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]"));
  EXPECT_EQ(create("loggingConfiguration", {{"includeExecutionData", "yes"}}),
            "SerializationException: STRING_VALUE can not be converted to a Boolean");
  EXPECT_EQ(create("tracingConfiguration", {{"enabled", 1}}),
            "SerializationException: NUMBER_VALUE can not be converted to a Boolean");
  EXPECT_EQ(create("encryptionConfiguration", json::object()),
            Violation("null", "encryptionConfiguration.type", "Member must not be null"));
  EXPECT_EQ(create("encryptionConfiguration", {{"type", "AWS_OWNED_KEY"}, {"kmsDataKeyReusePeriodSeconds", 59}}),
            Violation("'59'", "encryptionConfiguration.kmsDataKeyReusePeriodSeconds",
                      "Member must have value greater than or equal to 60"));
  EXPECT_EQ(create("tags", json::array({{{"key", "k"}, {"value", "v"}}, {{"key", ""}, {"value", "v"}}})),
            Violation("''", "tags.2.member.key", "Member must have length greater than or equal to 1"));
  const std::string long_value(257, 'v');
  EXPECT_EQ(create("tags", json::array({{{"key", "k"}, {"value", long_value}}})),
            TooLong(long_value, "tags.1.member.value", 256));
  EXPECT_EQ(create("tags", json::array({{{"key", 1}}})),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(create("tags", {{"key", "k"}}), "SerializationException: Unexpected value for 'tags': expected a list");
}

TEST_F(Parameters, ViolationsInsideAndOutsideAreToldTogether) {
  EXPECT_EQ(
      Refusal("CreateStateMachine", {{"name", ""},
                                     {"definition", "{}"},
                                     {"roleArn", "arn:aws:iam::1:role/r"},
                                     {"loggingConfiguration", {{"level", "LOUD"}}}}),
      "ValidationException: 2 validation errors detected: Value '' at 'name' failed to satisfy constraint: Member "
      "must have length greater than or equal to 1; Value 'LOUD' at 'loggingConfiguration.level' failed to "
      "satisfy constraint: Member must satisfy enum value set: [ALL, ERROR, FATAL, OFF]");
}

TEST_F(Parameters, OfTestStateAreChecked) {
  const auto with = [&](const char* member, const json& value) {
    json body = {{"definition", R"({"Type":"Pass","End":true})"}};
    body[member] = value;
    return Refusal("TestState", body);
  };
  const std::string long_error(257, 'e');
  EXPECT_EQ(with("definition", nullptr), Violation("null", "definition", "Member must not be null"));
  EXPECT_EQ(with("inspectionLevel", "ALL"),
            Violation("'ALL'", "inspectionLevel", "Member must satisfy enum value set: [INFO, DEBUG, TRACE]"));
  EXPECT_EQ(
      with("mock", {{"fieldValidationMode", "SOME"}}),
      Violation("'SOME'", "mock.fieldValidationMode", "Member must satisfy enum value set: [STRICT, PRESENT, NONE]"));
  EXPECT_EQ(with("mock", {{"errorOutput", {{"error", long_error}}}}),
            TooLong(long_error, "mock.errorOutput.error", 256));
  EXPECT_EQ(with("mock", {{"errorOutput", "E"}}),
            "SerializationException: Unexpected value for 'mock.errorOutput': expected an object");
  EXPECT_EQ(
      with("stateConfiguration", {{"retrierRetryCount", -1}}),
      Violation("'-1'", "stateConfiguration.retrierRetryCount", "Member must have value greater than or equal to 0"));
  EXPECT_EQ(
      with("stateConfiguration", {{"errorCausedByState", ""}}),
      Violation("''", "stateConfiguration.errorCausedByState", "Member must have length greater than or equal to 1"));
}

TEST_F(Parameters, OfTasksAndTagsAreChecked) {
  const std::string token(2049, 't');
  for (const char* operation : {"SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat"}) {
    EXPECT_EQ(Refusal(operation, {{"taskToken", token}, {"output", "{}"}}), TooLong(token, "taskToken", 2048));
  }
  EXPECT_EQ(Refusal("SendTaskSuccess", {{"taskToken", "t"}}), Violation("null", "output", "Member must not be null"));
  const std::string cause(32'769, 'c');
  EXPECT_TRUE(Refusal("SendTaskFailure", {{"taskToken", "t"}, {"cause", cause}})
                  .ends_with("at 'cause' failed to satisfy constraint: Member must have length less than or equal to "
                             "32768"));
  EXPECT_EQ(Refusal("UntagResource", {{"resourceArn", kMachine}, {"tagKeys", {1}}}),
            "SerializationException: NUMBER_VALUE can not be converted to a String");
  EXPECT_EQ(Refusal("UntagResource", {{"resourceArn", kMachine}, {"tagKeys", {"a", ""}}}),
            Violation("'[a, ]'", "tagKeys",
                      "Member must satisfy constraint: [Member must have length less than or equal to 128, Member must "
                      "have length greater than or equal to 1]"));
}

TEST_F(Parameters, OfOtherKindsAreChecked) {
  EXPECT_EQ(Refusal("ListExecutions", {{"stateMachineArn", kMachine}, {"statusFilter", "DONE"}}),
            Violation("'DONE'", "statusFilter",
                      "Member must satisfy enum value set: [RUNNING, SUCCEEDED, FAILED, TIMED_OUT, ABORTED, "
                      "PENDING_REDRIVE]"));
  EXPECT_EQ(Refusal("DescribeExecution", {{"executionArn", kExecution}, {"includedData", "SOME"}}),
            Violation("'SOME'", "includedData", "Member must satisfy enum value set: [ALL_DATA, METADATA_ONLY]"));
  EXPECT_EQ(Refusal("GetExecutionHistory", {{"executionArn", kExecution}, {"reverseOrder", "yes"}}),
            "SerializationException: STRING_VALUE can not be converted to a Boolean");
  EXPECT_EQ(Refusal("ValidateStateMachineDefinition", {{"definition", "{}"}, {"maxResults", 101}}),
            Violation("'101'", "maxResults", "Member must have value less than or equal to 100"));
  EXPECT_EQ(Refusal("ValidateStateMachineDefinition", {{"definition", "{}"}, {"severity", "INFO"}}),
            Violation("'INFO'", "severity", "Member must satisfy enum value set: [ERROR, WARNING]"));
}

TEST_F(Parameters, UnknownMembersAreIgnored) { EXPECT_EQ(Refusal("ListStateMachines", {{"color", "red"}}), "OK"); }

}  // namespace
}  // namespace pawl::api::aws
