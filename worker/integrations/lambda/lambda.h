// Lambda functions: at an AWS-compatible endpoint (AWS_ENDPOINT_URL_LAMBDA), or as handlers of this worker.
#pragma once

#include <string>

#include "worker/sdk/activity.h"

namespace pawl::lambda {

// Registers "lambda:invoke", which calls POST ENDPOINT/2015-03-31/functions/NAME/invocations for tasks of a function's
// ARN (input: the payload) and of arn:aws:states:::lambda:invoke (input: FunctionName, Payload, Qualifier ...).
// Function errors come back under their errorType, API errors as Lambda.<Name>Exception with AWS's cause text.
void RegisterEndpoint(worker::Registry& registry, const std::string& endpoint);

// `registry` with each handler made fit for arn:aws:states:::lambda:invoke too: there it gets Payload as its input, and
// its result comes in the envelope {ExecutedVersion, Payload, StatusCode} that Step Functions gives.
worker::Registry WithEnvelopes(const worker::Registry& registry);

}  // namespace pawl::lambda
