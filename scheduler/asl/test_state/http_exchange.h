// The HTTP request and response of a tested HTTP Task, as inspectionData shows them at level TRACE. Internal to
// scheduler/asl/test_state.
//
// The request is what the state definition asks for; what a connection adds to it (Authentication.ConnectionArn) is
// known to the worker that makes the call and to nobody else, so there is nothing to reveal or to hide here.
#pragma once

#include <optional>
#include <string>

#include "scheduler/asl/test_state/request.h"
#include "shared/json/value.h"

namespace pawl::asl {

bool IsHttpTask(const std::string& resource);

// Of the arguments {"ApiEndpoint", "Method", "Headers", "QueryParameters", "RequestBody", "Transform"}; nothing where
// they name no endpoint and method.
std::optional<TestStateAnswer::HttpRequest> HttpRequestOf(const json::Value& arguments, const std::string& region);

// Of a result, or a failure's cause, {"Headers", "ResponseBody", "StatusCode", "StatusText"}; nothing where it has no
// StatusCode. `protocol`: the request's.
std::optional<TestStateAnswer::HttpResponse> HttpResponseOf(const json::Value& result, const std::string& protocol);

}  // namespace pawl::asl
