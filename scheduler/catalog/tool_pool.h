// How `pawl admin` connects. Internal to scheduler/catalog.
#pragma once

#include "shared/pg/pool.h"

namespace pawl::catalog {

inline pg::PoolOptions OfTool() { return {.threads = 1, .application_name = "pawl admin"}; }

}  // namespace pawl::catalog
