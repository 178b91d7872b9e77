#include "worker/sdk/activity.h"

#include "nlohmann/json.hpp"
#include "shared/base/check.h"

namespace pawl::worker {

ActivityResult Succeed(const nlohmann::json& output) { return ActivityOutput{output.dump()}; }

ActivityResult Fail(std::string error, std::string cause) { return ActivityError{std::move(error), std::move(cause)}; }

void Registry::Add(HandlerOptions options, Handler handler) {
  std::string name = options.name;
  bool inserted = entries_.emplace(name, Entry{std::move(options), std::move(handler)}).second;
  PAWL_CHECK(inserted, "a handler name is registered once");
}

const Registry::Entry* Registry::Find(const std::string& name) const {
  auto found = entries_.find(name);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace pawl::worker
