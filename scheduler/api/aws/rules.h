// The constraints of AWS's service model that several operations share (STEP_FUNCTIONS.md 1.1), and the names and ARNs
// behind them. Internal to scheduler/api/aws.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "scheduler/api/aws/fields.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::aws {

// STEP_FUNCTIONS.md 1.1, "Sizes" and "Pagination".
inline constexpr TextRule kArn{.required = true, .length_min = 1, .length_max = 256};
inline constexpr TextRule kOptionalArn{.required = false, .length_min = 1, .length_max = 256};
inline constexpr TextRule kName{.required = true, .length_min = 1, .length_max = 80};
inline constexpr TextRule kOptionalName{.required = false, .length_min = 1, .length_max = 80};
inline constexpr TextRule kTaskToken{.required = true, .length_min = 1, .length_max = 2048};
inline constexpr TextRule kErrorName{.required = false, .length_min = 0, .length_max = 256};
inline constexpr TextRule kCause{.required = false, .length_min = 0, .length_max = 32'768};
inline constexpr size_t kDescriptionCharactersMax = 256;
inline constexpr size_t kPageTokenCharactersMax = 1024;
inline constexpr size_t kListExecutionsTokenCharactersMax = 3096;

// maxResults and nextToken; 0 results means 100.
gateway::Page ReadPage(Fields& fields, size_t token_characters_max = kPageTokenCharactersMax);

// False for includedData=METADATA_ONLY.
bool ReadIncludesData(Fields& fields);

// InvalidName in Step Functions' words, or OK.
absl::Status CheckName(const std::string& name);

// The caller's tags; violations go to `fields`.
std::vector<gateway::Tag> ReadTags(Fields& fields);

}  // namespace pawl::api::aws
