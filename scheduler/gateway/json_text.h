// What is wrong with a text that should be JSON, in the words that Step Functions clients know (those of its JSON
// parser): "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or
// 'false')". Whether it is JSON at all is for json::IsValid to say; this only explains. Pure; constant stack.
#pragma once

#include <string>
#include <string_view>

namespace pawl::gateway {

// A sentence about the first fault; empty where none is found.
std::string ExplainInvalidJson(std::string_view text);

}  // namespace pawl::gateway
