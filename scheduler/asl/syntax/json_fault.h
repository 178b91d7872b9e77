// What is wrong with a text that is no JSON, in the words of AWS's JSON parser, with the place where that parser stands
// when it notices. Pure; constant stack.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace pawl::asl::syntax {

struct JsonFault {
  std::string message;  // "Unrecognized token 'not': was expecting (JSON String, ...)"; empty where none was found
  size_t offset = 0;
};

JsonFault FindJsonFault(std::string_view text);

}  // namespace pawl::asl::syntax
