#include "shared/base/status.h"

namespace pawl::base {

absl::Status Annotate(const absl::Status& status, const std::string& context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), context + ": " + std::string(status.message()));
  status.ForEachPayload([&annotated](auto key, const absl::Cord& value) { annotated.SetPayload(key, value); });
  return annotated;
}

}  // namespace pawl::base
