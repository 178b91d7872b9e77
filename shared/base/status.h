// What absl::Status of Debian's 2022 Abseil lacks: early-return macros and a string constructor without Abseil's view.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the error of `expr` from the enclosing function, if it is one.
#define PAWL_RETURN_IF_ERROR(expr)                                                   \
  do {                                                                               \
    if (absl::Status pawl_status_ = (expr); !pawl_status_.ok()) return pawl_status_; \
  } while (false)

#define PAWL_CONCAT_INNER(a, b) a##b
#define PAWL_CONCAT(a, b) PAWL_CONCAT_INNER(a, b)

// PAWL_ASSIGN_OR_RETURN(auto value, Make()); returns Make()'s error from the enclosing function, if it is one.
#define PAWL_ASSIGN_OR_RETURN(declaration, expr) \
  PAWL_ASSIGN_OR_RETURN_INNER(PAWL_CONCAT(pawl_or_, __LINE__), declaration, expr)
#define PAWL_ASSIGN_OR_RETURN_INNER(temporary, declaration, expr) \
  auto temporary = (expr);                                        \
  if (!temporary.ok()) return std::move(temporary).status();      \
  declaration = std::move(temporary).value()

namespace pawl::base {

// `status` with "context: " before its message; the code and payloads stay. OK stays OK.
absl::Status Annotate(const absl::Status& status, const std::string& context);

}  // namespace pawl::base
