// The numbered .sql files of history/migrations/sql, as built into this binary.
#pragma once

#include <string>
#include <vector>

namespace pawl::history {

struct Migration {
  std::string name;  // "0001_log"; the number counts from 1 without gaps
  std::string sql;
};

const std::vector<Migration>& Migrations();

}  // namespace pawl::history
