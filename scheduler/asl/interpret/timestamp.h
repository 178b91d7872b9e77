// Points in time as workflows write them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

#include "shared/base/clock.h"

namespace pawl::asl {

// Exact to the nanosecond, unlike base::WallTime.
struct Instant {
  int64_t seconds = 0;  // since 1970-01-01T00:00:00Z
  int32_t nanoseconds = 0;
  friend auto operator<=>(const Instant&, const Instant&) = default;
};

// RFC 3339 with capital T and Z or an offset ("2016-03-14T01:59:00.5+01:00"), as Timestamp and the Timestamp operators
// demand (Amazon States Language specification, "Timestamps").
std::optional<Instant> ParseTimestamp(std::string_view text);

// Rounded down to milliseconds.
base::WallTime ToWallTime(const Instant& instant);

}  // namespace pawl::asl
