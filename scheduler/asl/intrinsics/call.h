// The syntax tree of an intrinsic invocation and its parser. Internal to this folder.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/asl/intrinsics/intrinsics.h"

namespace pawl::asl::intrinsics {

enum class Function {
  kArray,
  kArrayContains,
  kArrayGetItem,
  kArrayLength,
  kArrayPartition,
  kArrayRange,
  kArrayUnique,
  kBase64Decode,
  kBase64Encode,
  kFormat,
  kHash,
  kJsonMerge,
  kJsonToString,
  kMathAdd,
  kMathRandom,
  kStringSplit,
  kStringToJson,
  kUuid,
};

struct Argument;

struct Call {
  Function function = Function::kArray;
  std::vector<Argument> arguments;
};

struct PathNumber {  // an index into Invocation::paths
  size_t number;
};

struct Argument {
  std::variant<json::Value, PathNumber, Call> source;
  // Of a string literal: the text between the quotes with its backslashes, which States.Format reads itself.
  std::string raw;
};

struct Invocation {
  std::string name;  // of the outermost function, "States.Format"
  Call call;
  std::vector<Intrinsic::PathArgument> paths;
};

inline constexpr int kNestingMax = 10;  // STEP_FUNCTIONS.md 2.3

// INVALID_ARGUMENT with the position (in bytes, from 1) and what was expected.
absl::StatusOr<Invocation> ParseInvocation(std::string_view text);

}  // namespace pawl::asl::intrinsics
