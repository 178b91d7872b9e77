// The slot in an execution's id (shared/base/ids.h), as an expression of PostgreSQL's on a uuid.
#pragma once

#include <string>

namespace pawl::history {

inline std::string SlotOf(const std::string& entity) {
  return "(get_byte(uuid_send(" + entity + "), 6) * 256 + get_byte(uuid_send(" + entity + "), 7))";
}

}  // namespace pawl::history
