// The binding table: who runs a Task's Resource, and which family of history events it shows (STEP_FUNCTIONS.md 3).
// Whoever it is, it is a worker: the scheduler itself calls nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "history/event/event.h"
#include "history/event/payload.h"

namespace pawl::core {

struct BindingOptions {
  // A Lambda endpoint is configured: functions are invoked there, by the workers that serve the queue "lambda:invoke".
  bool lambda_endpoint = false;
};

struct Binding {
  history::TaskFamily family = history::TaskFamily::kService;
  std::string resource_type;  // "lambda", "sagemaker", "aws-sdk:s3"; empty for activities and Lambda ARNs
  std::string action;         // "invoke", "createTrainingJob.sync"
  // Activity: its ARN. Otherwise a handler's name: a function's, or "service:action".
  std::string queue;
  bool wait_for_token = false;
};

// `arguments` is the task's effective input: an optimised lambda:invoke names its function there.
// Nothing where the resource is no ARN that a Task may have.
std::optional<Binding> Bind(std::string_view resource, const history::Payload& arguments,
                            const BindingOptions& options);

// The handler name that serves a queue: the last part of an activity's ARN, the queue itself otherwise.
std::string_view HandlerOfQueue(std::string_view queue);

// "NAME" of "NAME", "NAME:QUALIFIER", "arn:aws:lambda:...:function:NAME[:QUALIFIER]" or "account:function:NAME".
std::string FunctionName(std::string_view text);

}  // namespace pawl::core
