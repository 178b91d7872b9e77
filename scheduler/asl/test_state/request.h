// What TestState is asked and what it answers, as plain structs: front ends fill and print them
// (STEP_FUNCTIONS.md 1.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "shared/base/clock.h"

namespace pawl::asl {

struct TestStateMock {
  struct ErrorOutput {
    std::string error;
    std::string cause;
  };
  // How a mocked result is held against the service's response: all of it, what is there of it, or not at all.
  enum class Validation { kStrict, kPresent, kNone };

  std::optional<std::string> result;  // JSON text
  std::optional<ErrorOutput> error_output;
  Validation validation = Validation::kStrict;
};

struct TestStateConfiguration {
  std::optional<int64_t> retrier_retry_count;
  std::optional<std::string> error_caused_by_state;
  std::optional<int64_t> map_iteration_failure_count;
  std::optional<std::string> map_item_reader_data;
};

struct TestStateRequest {
  std::string account;
  std::string region;
  std::string definition;  // of one state; of a machine where `state_name` is given
  std::string state_name;
  std::optional<std::string> role_arn;
  std::string input = "{}";  // JSON text
  std::optional<std::string> variables;
  std::optional<std::string> context;
  std::optional<TestStateMock> mock;
  TestStateConfiguration configuration;
  bool inspects = false;  // DEBUG and TRACE
  bool traces = false;    // TRACE
  bool reveal_secrets = false;
};

struct TestStateAnswer {
  const char* status = "SUCCEEDED";  // FAILED, RETRIABLE, CAUGHT_ERROR
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
  std::string next_state;
  // Where the request inspects: members of inspectionData by name; `text` is JSON text.
  struct Inspected {
    std::string name;
    std::string text;
    bool is_number = false;  // shown as a number; the others as text
  };
  std::vector<Inspected> inspected;
  std::optional<size_t> catch_index;
  std::optional<size_t> retry_index;
  std::optional<int64_t> retry_backoff_seconds;
  // At TRACE, of an HTTP Task that really was called. All are texts, as in the documentation's example.
  struct HttpRequest {
    std::string protocol;
    std::string method;
    std::string url;
    std::string headers;  // "[name: value, name: value]"
    std::string body;
  };
  struct HttpResponse {
    std::string protocol;
    std::string status_code;
    std::string status_message;
    std::string headers;
    std::string body;
  };
  std::optional<HttpRequest> http_request;
  std::optional<HttpResponse> http_response;
};

// The request itself is wrong.
struct TestStateRefusal {
  enum class Kind { kValidation, kInvalidDefinition, kInvalidExecutionInput };
  Kind kind = Kind::kValidation;
  std::string message;
};

// A Wait: somebody has to wait, for as long as a test may take.
struct TestStateWait {
  base::WallTime until;
};

// A Task without a mock: somebody has to do this.
struct TestStateTask {
  std::string resource;
  std::string arguments;  // JSON text
  std::optional<int64_t> timeout_seconds;
  std::optional<int64_t> heartbeat_seconds;
  std::string machine;  // the names that the context object shows
  std::string execution;
};

}  // namespace pawl::asl
