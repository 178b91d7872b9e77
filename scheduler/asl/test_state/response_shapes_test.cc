#include "scheduler/asl/test_state/response_shapes.h"

#include <gtest/gtest.h>

#include <string>

namespace pawl::asl {
namespace {

std::string Explain(const std::string& resource, const std::string& response, bool strict = true) {
  return ExplainInvalidResponse("arn:aws:states:::" + resource, *json::Parse(response), strict);
}

TEST(ResponseShapes, ChecksTypesInAwsWords) {
  EXPECT_EQ(Explain("lambda:invoke", R"({"StatusCode":"200"})"), "Field 'StatusCode' must be a number");
  EXPECT_EQ(Explain("lambda:invoke", R"({"StatusCode":200.5})"), "Field 'StatusCode' must be a number");
  EXPECT_EQ(Explain("events:putEvents", R"({"Entries":1})"), "Field 'Entries' must be an array");
  EXPECT_EQ(Explain("events:putEvents", R"({"Entries":[{},{"EventId":[]}]})"), "Field 'EventId' must be a string");
  EXPECT_EQ(Explain("dynamodb:putItem", R"({"ConsumedCapacity":[]})"), "Field 'ConsumedCapacity' must be an object");
  EXPECT_EQ(Explain("dynamodb:getItem", R"({"Item":{"a":{"BOOL":1}}})"), "Field 'BOOL' must be a boolean");
  EXPECT_EQ(Explain("dynamodb:getItem", R"([1])"), "Mocked result must be a JSON object.");
}

TEST(ResponseShapes, ChecksEnumsAndBounds) {
  EXPECT_EQ(Explain("aws-sdk:s3:getObject", R"({"StorageClass":"Papyrus"})"),
            "Field 'StorageClass' is not an expected value");
  EXPECT_EQ(Explain("aws-sdk:kms:encrypt", R"({"CiphertextBlob":""})"),
            "Field 'CiphertextBlob' is smaller than the minimum length");
  EXPECT_EQ(Explain("aws-sdk:lambda:getFunction", R"({"Configuration":{"MemorySize":127}})"),
            "Field 'MemorySize' is less than the minimum value");
  EXPECT_EQ(Explain("aws-sdk:lambda:getFunction", R"({"Configuration":{"MemorySize":10241}})"),
            "Field 'MemorySize' exceeds the maximum value");
  EXPECT_EQ(Explain("aws-sdk:lambda:getFunction", R"({"Configuration":{"MemorySize":10240}})"), "");
}

TEST(ResponseShapes, AsksForRequiredFieldsOnlyWhereItIsStrict) {
  EXPECT_EQ(Explain("states:startExecution", "{}"), "Required field 'ExecutionArn' is missing");
  EXPECT_EQ(Explain("aws-sdk:sfn:startExecution", "{}"), "Required field 'ExecutionArn' is missing");
  EXPECT_EQ(Explain("states:startExecution", "{}", /*strict=*/false), "");
}

TEST(ResponseShapes, HoldsAJobsEndAgainstWhatDescribesIt) {
  EXPECT_EQ(Explain("states:startExecution.sync:2", R"({"Status":"DONE"})", /*strict=*/false),
            "Field 'Status' is not an expected value");
  EXPECT_EQ(Explain("states:startExecution.sync:2", R"({"Output":{"any":"JSON"}})", /*strict=*/false), "");
  EXPECT_EQ(Explain("sagemaker:createTrainingJob.sync", R"({"TrainingJobArn":1})", /*strict=*/false),
            "Field 'TrainingJobArn' must be a string");
}

TEST(ResponseShapes, LetsPassWhatNobodyKnows) {
  EXPECT_EQ(Explain("lambda:invoke", R"({"Payload":{"a":1},"Unheard":[]})"), "");
  EXPECT_EQ(Explain("sqs:sendMessage.waitForTaskToken", R"({"MessageId":1})"), "");
  EXPECT_EQ(Explain("aws-sdk:unheard:of", R"({"MessageId":1})"), "");
  EXPECT_EQ(ExplainInvalidResponse("arn:aws:lambda:us-east-1:000000000000:function:f", json::Value(), true), "");
}

}  // namespace
}  // namespace pawl::asl
