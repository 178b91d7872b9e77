// Task tokens: signed, and carrying what they stand for; nothing to look up, nothing to guess (decisions/0012).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/core/task_ref.h"

namespace pawl::gateway {

// Thread rule: immutable after construction; any thread.
class TokenMaker {
 public:
  // `secret`: the cluster's, at least 16 bytes.
  explicit TokenMaker(std::string secret) : secret_(std::move(secret)) {}
  std::string Make(const core::TaskRef& task) const;
  // Nothing where the text is no token of this cluster.
  std::optional<core::TaskRef> Parse(std::string_view token) const;

 private:
  std::string secret_;
};

}  // namespace pawl::gateway
