// Feeds the AWS front end with requests: the first line is the target's operation and an Authorization header, the rest
// the body. Every request must get exactly one answer that is JSON, or a long poll must be waiting.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "scheduler/api/aws/handler.h"
#include "scheduler/api/testing/fake_gateway.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace pawl;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const size_t first_end = text.find('\n');
  const std::string head = text.substr(0, first_end);
  const size_t space = head.find(' ');

  api::testing::FakeGateway gateway;
  gateway.ends_at_once = true;
  api::aws::AwsHandler handler(api::aws::AwsApiOptions{}, gateway, 1);
  net::HttpRequest request;
  request.method = "POST";
  request.headers = {{"X-Amz-Target", "AWSStepFunctions." + head.substr(0, space)},
                     {"Authorization", space == std::string::npos ? "" : head.substr(space + 1)}};
  request.body = first_end == std::string::npos ? "" : text.substr(first_end + 1);
  int answers = 0;
  handler.Handle(
      std::move(request),
      [&](net::HttpResponse response) {
        ++answers;
        if (!nlohmann::json::accept(response.body)) std::abort();
      },
      [](std::function<void()>) {});
  if (answers == 0 && gateway.waiting() > 0) handler.EndLongPolls();
  if (answers != 1) std::abort();
  return 0;
}
