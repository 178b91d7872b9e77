#include "scheduler/ctl/hint.h"

namespace pawl::ctl {

std::string HintFor(std::string_view code) {
  struct Row {
    std::string_view code, hint;
  };
  static constexpr Row kHints[] = {
      {"INVALID_JSON_DESCRIPTION",
       "the file must be one JSON object; look for a missing comma, quote or bracket before this place"},
      {"MISSING_DESCRIPTION", "the file is empty"},
      {"INVALID_RESOURCE",
       "a Resource is an activity or Lambda ARN, or arn:aws:states:::SERVICE:ACTION, such as "
       "arn:aws:states:::lambda:invoke"},
      {"MISSING_END_STATE", "give the last state \"End\": true, or end in a Succeed or Fail state"},
      {"DUPLICATE_STATE_NAME", "state names are unique in the whole definition, also inside Parallel and Map"},
      {"INVALID_STATE_NAME", "a state name has at most 80 characters"},
      {"MISSING_TRANSITION_TARGET",
       "a transition names a state of the same States block; check the spelling, and that no branch leads out of its "
       "block"},
      {"TOO_DEEPLY_NESTED", "move inner Parallel or Map states into a state machine of their own"},
      {"NO_DOLLAR", "to use a path or an intrinsic function, let the field's name end in \".$\""},
      {"NO_PATH", "to take the value from the input, use the field's form that ends in \"Path\""},
      {"PASS_RESULT_IS_STATIC", "Result is used as it is written; use Parameters for paths"},
  };
  for (const Row& row : kHints) {
    if (row.code == code) return std::string(row.hint);
  }
  return "";
}

}  // namespace pawl::ctl
