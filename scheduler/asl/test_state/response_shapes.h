// What services answer, as far as a mocked answer can be held against it: types, required fields, enums, bounds. Names
// and bounds are those of AWS's service models, as shapes/make_shapes.py takes them from botocore's copy; the files are
// in shapes/, one a service. Internal to scheduler/asl/test_state. Pure.
#pragma once

#include <string>
#include <string_view>

#include "shared/json/value.h"

namespace pawl::asl {

// What is wrong with `response` as the answer of the Task resource "arn:aws:states:::lambda:invoke": "Field
// 'StatusCode' must be a number". Empty where nothing is, or where nothing is known of that resource. `strict`:
// required fields must be there.
std::string ExplainInvalidResponse(std::string_view resource, const json::Value& response, bool strict);

}  // namespace pawl::asl
