// Step Functions as a service that workflows call: a task of the resource "arn:aws:states:::aws-sdk:sfn:ACTION", or
// "arn:aws:states:::states:startExecution", as a request to this service, and the answer as the task's outcome. Names
// change their first letter's case on the way; an error becomes "Sfn.InvalidTokenException" (recorded:
// sfn_send_task_outcome_with_no_such_token). Pure. Internal to scheduler/api/aws.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/gateway/gateway.h"
#include "shared/net/http_server.h"

namespace pawl::api::aws {

// The handlers that such tasks wait for, one per served operation.
std::vector<gateway::WorkerHandler> OwnCallHandlers();

// Nothing where the handler is none of those, or the task's input no object.
std::optional<net::HttpRequest> RequestOfTask(const gateway::WorkerTask& task);

gateway::TaskOutcome OutcomeOfResponse(const gateway::WorkerTask& task, const net::HttpResponse& response);

}  // namespace pawl::api::aws
