#include "scheduler/asl/test_state/test_state.h"

#include <gtest/gtest.h>

#include <string>

namespace pawl::asl {
namespace {

constexpr char kLambda[] = R"("Type":"Task","Resource":"arn:aws:states:::lambda:invoke","End":true)";

struct Bench {
  explicit Bench(const std::string& fields, const std::string& input = "{}") {
    request.account = "000000000000";
    request.region = "us-east-1";
    request.definition = "{" + fields + "}";
    request.input = input;
    request.role_arn = "arn:aws:iam::000000000000:role/r";
    request.inspects = true;
  }
  Bench& Mock(const std::string& result) {
    request.mock.emplace().result = result;
    return *this;
  }
  Bench& MockError(const std::string& error) {
    request.mock.emplace().error_output = TestStateMock::ErrorOutput{error, "why"};
    return *this;
  }

  StateTest::Outcome Outcome() {
    return StateTest(request, base::WallTime(std::chrono::milliseconds(1'700'000'000'123)), 1).Run();
  }
  std::string Show() {
    const StateTest::Outcome outcome = Outcome();
    if (const auto* refusal = std::get_if<TestStateRefusal>(&outcome)) return "refused: " + refusal->message;
    if (const auto* wait = std::get_if<TestStateWait>(&outcome))
      return "wait until " + std::to_string(wait->until.time_since_epoch().count());
    if (const auto* task = std::get_if<TestStateTask>(&outcome))
      return "task " + task->resource + " " + task->arguments;
    return Show(std::get<TestStateAnswer>(outcome));
  }
  static std::string Show(const TestStateAnswer& answer) {
    std::string shown = answer.status;
    if (answer.output) shown += " output " + *answer.output;
    if (answer.error) shown += " error " + *answer.error;
    if (!answer.next_state.empty()) shown += " next " + answer.next_state;
    if (answer.catch_index) shown += " catch " + std::to_string(*answer.catch_index);
    if (answer.retry_index) shown += " retry " + std::to_string(*answer.retry_index);
    if (answer.retry_backoff_seconds) shown += " after " + std::to_string(*answer.retry_backoff_seconds);
    for (const auto& stage : answer.inspected) shown += " " + stage.name + "=" + stage.text;
    return shown;
  }

  TestStateRequest request;
};

TEST(StateTest, ShowsTheStagesOfAState) {
  EXPECT_EQ(
      Bench(R"("Type":"Pass","InputPath":"$.a","Parameters":{"b.$":"$"},"ResultPath":"$.r","Next":"N")", R"({"a":1})")
          .Show(),
      R"(SUCCEEDED output {"a":1,"r":{"b":1}} next N input={"a":1} afterInputPath=1 afterParameters={"b":1})"
      R"( afterResultSelector={"b":1} afterResultPath={"a":1,"r":{"b":1}})");
  EXPECT_EQ(Bench(R"("Type":"Fail","Error":"E","Cause":"C")").Show(), "FAILED error E input={} afterInputPath={}");
  Bench quiet(R"("Type":"Succeed")", "[1]");
  quiet.request.inspects = false;
  EXPECT_EQ(quiet.Show(), "SUCCEEDED output [1]");
}

TEST(StateTest, AsksTheCallerToWait) {
  Bench test(R"("Type":"Wait","SecondsPath":"$.s","Next":"N")", R"({"s":60})");
  EXPECT_EQ(test.Show(), "wait until 1700000060123");
  StateTest state(test.request, {}, 1);
  state.Run();
  EXPECT_EQ(Bench::Show(state.WaitOver()),
            R"(SUCCEEDED output {"s":60} next N input={"s":60} afterInputPath={"s":60})");
  EXPECT_EQ(Bench(R"("Type":"Wait","Timestamp":"2020-01-01T00:00:00Z","Next":"N")").Show(),
            "SUCCEEDED output {} next N input={} afterInputPath={}");
}

TEST(StateTest, TracesTheCallOfAnHttpTask) {
  Bench test(R"("Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"Method":"POST",
      "ApiEndpoint":"https://example.org/a?b=c","Headers":{"definitionHeader":"h1","x":["1","2"]},
      "QueryParameters":{"q":"a b","r":[1,2]},"RequestBody":{"m":"hello"}},"End":true)");
  const std::string result =
      R"({"Headers":{"date":["today"]},"ResponseBody":{"ok":true},"StatusCode":200,"StatusText":"OK"})";
  const auto answer = [&] {
    StateTest state(test.request, {}, 1);
    EXPECT_TRUE(std::holds_alternative<TestStateTask>(state.Run()));
    return state.TaskSucceeded(result);
  };
  EXPECT_FALSE(answer().http_request.has_value()) << "DEBUG shows no request";
  test.request.traces = true;
  const TestStateAnswer traced = answer();
  ASSERT_TRUE(traced.http_request && traced.http_response);
  EXPECT_EQ(traced.http_request->protocol, "https");
  EXPECT_EQ(traced.http_request->method, "POST");
  EXPECT_EQ(traced.http_request->url, "https://example.org/a?b=c&q=a%20b&r=1&r=2");
  EXPECT_EQ(traced.http_request->headers,
            "[definitionHeader: h1, x: 1, 2, User-Agent: Amazon|StepFunctions|HttpInvoke|us-east-1, Range: "
            "bytes=0-262144]");
  EXPECT_EQ(traced.http_request->body, R"({"m":"hello"})");
  EXPECT_EQ(traced.http_response->status_code, "200");
  EXPECT_EQ(traced.http_response->status_message, "OK");
  EXPECT_EQ(traced.http_response->headers, "[date: today]");
  EXPECT_EQ(traced.http_response->body, R"({"ok":true})");

  StateTest failing(test.request, {}, 1);
  failing.Run();
  const TestStateAnswer failed = failing.TaskFailed("States.Http.StatusCode.404", R"({"StatusCode":404})");
  ASSERT_TRUE(failed.http_response.has_value());
  EXPECT_EQ(failed.http_response->status_code, "404");
  StateTest unreachable(test.request, {}, 1);
  unreachable.Run();
  const TestStateAnswer unreached = unreachable.TaskFailed("States.Http.Socket", "no such host");
  EXPECT_TRUE(unreached.http_request.has_value());
  EXPECT_FALSE(unreached.http_response.has_value());
}

TEST(StateTest, EncodesTheBodyOfAnHttpTaskAsItsTransformSays) {
  const auto body = [](const std::string& array_format) {
    Bench test(R"("Type":"Task","Resource":"arn:aws:states:::http:invoke","Parameters":{"Method":"POST",
        "ApiEndpoint":"https://example.org","RequestBody":{"a":[1,"x y"],"b":"c&d"},"Transform":{
        "RequestBodyEncoding":"URL_ENCODED","RequestEncodingOptions":{"ArrayFormat":")" +
               array_format + R"("}}},"End":true)");
    test.request.traces = true;
    StateTest state(test.request, {}, 1);
    state.Run();
    return state.TaskSucceeded("{}").http_request->body;
  };
  EXPECT_EQ(body("INDICES"), "a%5B0%5D=1&a%5B1%5D=x%20y&b=c%26d");
  EXPECT_EQ(body("REPEAT"), "a=1&a=x%20y&b=c%26d");
  EXPECT_EQ(body("COMMAS"), "a=1%2Cx%20y&b=c%26d");
  EXPECT_EQ(body("BRACKETS"), "a%5B%5D=1&a%5B%5D=x%20y&b=c%26d");
}

TEST(StateTest, ShowsVariablesAsTheyAreAfterwards) {
  Bench test(R"("Type":"Pass","QueryLanguage":"JSONata","Assign":{"v":"{% $v + 1 %}"},"Output":"{% $v %}","End":true)");
  test.request.variables = R"({"v":1,"w":2})";
  EXPECT_EQ(test.Show(), R"(SUCCEEDED output 1 input={} variables={"v":2,"w":2})");
}

TEST(StateTest, MocksATasksWork) {
  EXPECT_EQ(Bench(std::string(kLambda) + R"(,"ResultSelector":{"p.$":"$.Payload"})").Mock(R"({"Payload":[1]})").Show(),
            R"(SUCCEEDED output {"p":[1]} input={} afterInputPath={} afterParameters={} result={"Payload":[1]})"
            R"( afterResultSelector={"p":[1]} afterResultPath={"p":[1]})");
  EXPECT_EQ(Bench(kLambda).Mock(R"({"StatusCode":"x"})").Show(),
            "refused: Mock result schema validation error: Field 'StatusCode' must be a number");
  EXPECT_EQ(Bench(kLambda).Mock("{").Show(), "refused: Mocked result must be valid JSON");
}

TEST(StateTest, RetriesThenCatchesThenFails) {
  const std::string handlers = std::string(kLambda) +
                               R"(,"Retry":[{"ErrorEquals":["A"],"IntervalSeconds":2,"MaxAttempts":2}],)"
                               R"("Catch":[{"ErrorEquals":["B"],"Next":"N"},{"ErrorEquals":["A"],"Next":"M"}])";
  Bench fresh(handlers);
  fresh.MockError("A");
  fresh.request.configuration.retrier_retry_count = 1;
  EXPECT_EQ(fresh.Show(), "RETRIABLE error A retry 0 after 4 input={} afterInputPath={} afterParameters={}");
  Bench used_up(handlers);
  used_up.MockError("A");
  used_up.request.configuration.retrier_retry_count = 2;
  EXPECT_EQ(
      used_up.Show(),
      R"(CAUGHT_ERROR output {"Error":"A","Cause":"why"} error A next M catch 1 retry 0 input={} afterInputPath={})"
      R"( afterParameters={} afterResultPath={"Error":"A","Cause":"why"})");
  EXPECT_EQ(Bench(handlers).MockError("C").Show(), "FAILED error C input={} afterInputPath={} afterParameters={}");
}

TEST(StateTest, CountsFailedIterationsOfAMap) {
  const std::string map = R"("Type":"Map","ItemsPath":"$.v","ToleratedFailurePercentage":50,"End":true,
      "ItemSelector":{"i.$":"$$.Map.Item.Index","x.$":"$$.Map.Item.Value"},"ItemProcessor":{"ProcessorConfig":
      {"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},"StartAt":"P","States":{"P":{"Type":"Pass","End":true}}})";
  Bench tolerated(map, R"({"v":["a","b"]})");
  tolerated.Mock("[1,2]").request.configuration.map_iteration_failure_count = 1;
  EXPECT_EQ(tolerated.Show(),
            R"(SUCCEEDED output [1,2] input={"v":["a","b"]} afterInputPath={"v":["a","b"]} afterItemsPath=["a","b"])"
            R"( maxConcurrency=0 toleratedFailurePercentage=50.0 afterResultSelector=[1,2] afterResultPath=[1,2])"
            R"( afterItemSelector=[{"i":0,"x":"a"},{"i":1,"x":"b"}])");
  Bench exceeded(map, R"({"v":["a","b"]})");
  exceeded.Mock("[1,2]").request.configuration.map_iteration_failure_count = 2;
  exceeded.request.inspects = false;
  EXPECT_EQ(exceeded.Show(), "FAILED error States.ExceedToleratedFailureThreshold");
  Bench too_many(map, R"({"v":["a","b"]})");
  too_many.Mock("[1,2]").request.configuration.map_iteration_failure_count = 3;
  EXPECT_EQ(too_many.Show(),
            "refused: Map iteration failure count must be less than or equal to the number of Map iterations");
}

TEST(StateTest, TakesItemsFromWhatTheReaderIsSaidToHaveRead) {
  Bench test(R"("Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b",
      "Key":"k"},"ReaderConfig":{"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"}},"ItemSelector":{"x.$":
      "$$.Map.Item.Value.b"},"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
      "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true)");
  test.Mock("[]").request.configuration.map_item_reader_data = "a,b\n1,\"x,\"\"y\"\n2,z\n";
  const StateTest::Outcome outcome = test.Outcome();
  ASSERT_TRUE(std::holds_alternative<TestStateAnswer>(outcome)) << test.Show();
  EXPECT_EQ(std::get<TestStateAnswer>(outcome).inspected.back().text, R"([{"x":"x,\"y"},{"x":"z"}])");
}

TEST(StateTest, BatchesItems) {
  const auto batches = [](const std::string& batcher) {
    Bench test(R"("Type":"Map","ItemReader":{"Resource":"arn:aws:states:::s3:getObject","Parameters":{"Bucket":"b",
        "Key":"k"},"ReaderConfig":{"InputType":"JSON","ItemsPointer":"/a/0"}},"ItemBatcher":)" +
               batcher + R"(,"ItemProcessor":{"ProcessorConfig":{"Mode":"DISTRIBUTED","ExecutionType":"STANDARD"},
        "StartAt":"P","States":{"P":{"Type":"Pass","End":true}}},"End":true)");
    test.Mock("[]").request.configuration.map_item_reader_data = R"({"a":[[1,22,333]]})";
    const StateTest::Outcome outcome = test.Outcome();
    std::string shown;
    for (const auto& stage : std::get<TestStateAnswer>(outcome).inspected) {
      if (stage.name == "afterItemsPointer" || stage.name == "afterItemBatcher") shown += stage.name + stage.text;
    }
    return shown;
  };
  const std::string pointed = "afterItemsPointer[1,22,333]afterItemBatcher";
  EXPECT_EQ(batches(R"({"MaxItemsPerBatch":2,"BatchInput":{"b":true}})"),
            pointed + R"([{"BatchInput":{"b":true},"Items":[1,22]},{"BatchInput":{"b":true},"Items":[333]}])");
  EXPECT_EQ(batches(R"({"MaxInputBytesPerBatch":16})"), pointed + R"([{"Items":[1,22]},{"Items":[333]}])");
  EXPECT_EQ(batches(R"({"MaxInputBytesPerBatch":15})"), pointed + R"([{"Items":[1]},{"Items":[22]},{"Items":[333]}])");
  EXPECT_EQ(batches(R"({"MaxInputBytesPerBatch":1})"), pointed + R"([{"Items":[1]},{"Items":[22]},{"Items":[333]}])");
}

TEST(StateTest, ChecksTheContextObject) {
  const auto with = [](const std::string& context) {
    Bench test(kLambda);
    test.Mock("{}").request.context = context;
    test.request.inspects = false;
    return test.Show();
  };
  const std::string begin = "refused: Invalid Context object provided: ";
  EXPECT_EQ(with("{}"), "SUCCEEDED output {}");
  EXPECT_EQ(with(R"({"Execution":{"Input":7,"Id":1}})"), begin + "Execution.Id must be a string");
  EXPECT_EQ(with(R"({"State":{"RetryCount":"x"}})"), begin + "State.RetryCount must be an integer");
  EXPECT_EQ(with(R"({"State":[]})"), begin + "State must be an object");
  EXPECT_EQ(with(R"({"Map":{}})"), begin + "'Map' field is not supported when mocking a Context object");
  EXPECT_EQ(with(R"({"Task":{"Token":"t"}})"),
            begin +
                "Context object contains 'Task' when state is not a Task state with a '.sync' or "
                "'.waitForTaskToken' service integration pattern");
}

TEST(StateTest, AsksTheCallerToDoATaskThatIsNotMocked) {
  Bench test(std::string(kLambda) + R"(,"Parameters":{"FunctionName":"f"},"ResultPath":"$.r")");
  test.request.inspects = false;
  StateTest state(test.request, {}, 1);
  const StateTest::Outcome outcome = state.Run();
  ASSERT_TRUE(std::holds_alternative<TestStateTask>(outcome));
  EXPECT_EQ(std::get<TestStateTask>(outcome).arguments, R"({"FunctionName":"f"})");
  EXPECT_EQ(Bench::Show(state.TaskSucceeded(R"({"ok":true})")), R"(SUCCEEDED output {"r":{"ok":true}})");
  test.request.role_arn.reset();
  EXPECT_EQ(test.Show(), "refused: RoleArn must be specified when testing a Task state");
}

TEST(StateTest, FindsAStateOfAMachine) {
  Bench test("");
  test.request.definition = R"({"StartAt":"A","States":{"A":{"Type":"Parallel","Branches":[{"StartAt":"B","States":
      {"B":{"Type":"Pass","End":true}}}],"End":true}}})";
  test.request.state_name = "B";
  test.request.inspects = false;
  EXPECT_EQ(test.Show(), "SUCCEEDED output {}");
  test.request.state_name = "C";
  EXPECT_EQ(test.Show(), "refused: State not found in definition");
}

}  // namespace
}  // namespace pawl::asl
