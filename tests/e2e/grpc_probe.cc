// gRPC calls for scripts, so that a test can be a worker that misbehaves: reads lines "METHOD JSON" from standard input
// and answers each with one JSON line, {"ok": RESPONSE} or {"code": NUMBER, "message": TEXT}. Calls run one after the
// other; several probes make several workers.
//
//   pawl-grpc-probe HOST:PORT
//   Poll {"session_id": "s", "handlers": [{"name": "once"}], "tasks_max": 1, "wait_ms": 1000}
//
// Methods: Poll, Heartbeat, EndSession (worker/v1); StartExecution, StartExecutions, DescribeExecution, StopExecution
// (control/v1).
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "proto/control/v1/control.grpc.pb.h"
#include "proto/worker/v1/worker.grpc.pb.h"
#include "shared/rpc/channel.h"

namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else {
      quoted += c == '\n' ? ' ' : c;
    }
  }
  return quoted + "\"";
}

std::string Problem(int code, const std::string& message) {
  return "{\"code\": " + std::to_string(code) + ", \"message\": " + Quoted(message) + "}";
}

// `call` is a member function of a stub: (context, request, response) -> status.
template <typename Request, typename Response, typename Call>
std::string Run(const std::string& json, Call call) {
  Request request;
  auto parsed = google::protobuf::util::JsonStringToMessage(json, &request);
  if (!parsed.ok()) return Problem(-1, "the request is not the method's: " + std::string(parsed.message()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(90));
  Response response;
  grpc::Status status = call(&context, request, &response);
  if (!status.ok()) return Problem(status.error_code(), status.error_message());
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  auto printed = google::protobuf::util::MessageToJsonString(response, &text, options);
  if (!printed.ok()) return Problem(-1, std::string(printed.message()));
  return "{\"ok\": " + text + "}";
}

}  // namespace

int main(int argc, char** argv) {
  namespace control = pawl::control::v1;
  namespace worker = pawl::worker::v1;
  if (argc != 2) {
    std::fprintf(stderr, "usage: pawl-grpc-probe HOST:PORT\n");
    return 2;
  }
  auto channel = pawl::rpc::MakeChannel(argv[1]);
  auto workers = worker::WorkerService::NewStub(channel);
  auto controls = control::ControlService::NewStub(channel);
#define PAWL_PROBE(stub, ns, method)                                                                                  \
  {                                                                                                                   \
    #method, [&](const std::string& json) {                                                                           \
      return Run<ns::method##Request, ns::method##Response>(json, [&](auto* context, auto& request, auto* response) { \
        return stub->method(context, request, response);                                                              \
      });                                                                                                             \
    }                                                                                                                 \
  }
  std::map<std::string, std::function<std::string(const std::string&)>> methods = {
      PAWL_PROBE(workers, worker, Poll),
      PAWL_PROBE(workers, worker, Heartbeat),
      PAWL_PROBE(workers, worker, EndSession),
      PAWL_PROBE(controls, control, StartExecution),
      PAWL_PROBE(controls, control, StartExecutions),
      PAWL_PROBE(controls, control, StopExecution),
      {"DescribeExecution",
       [&](const std::string& json) {
         return Run<control::DescribeExecutionRequest, control::Execution>(
             json, [&](auto* context, auto& request, auto* response) {
               return controls->DescribeExecution(context, request, response);
             });
       }},
  };
#undef PAWL_PROBE
  std::string line;
  while (std::getline(std::cin, line)) {
    size_t space = line.find(' ');
    auto method = methods.find(line.substr(0, space));
    std::cout << (method == methods.end() || space == std::string::npos
                      ? Problem(-1, "expected METHOD JSON, found: " + line)
                      : method->second(line.substr(space + 1)))
              << std::endl;
  }
}
