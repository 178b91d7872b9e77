// The commands of `pawl admin` that work on the databases, and the option that they share.
#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

#include "scheduler/ctl/cli.h"

namespace pawl::ctl {

void AddAdminCheck(CLI::App& admin, Cli& cli);   // admin_check.cc
void AddAdminLimit(CLI::App& admin, Cli& cli);   // admin_limit.cc: limit, limits
void AddAdminLoss(CLI::App& admin, Cli& cli);    // admin_loss.cc: losses, accept-loss
void AddAdminMove(CLI::App& admin, Cli& cli);    // admin_move.cc
void AddAdminSplit(CLI::App& admin, Cli& cli);   // admin_split.cc
void AddAdminWeight(CLI::App& admin, Cli& cli);  // admin_weight.cc: weight, weights

// --postgres, once for each of the scheduler's servers; also by PAWL_POSTGRES.
void AddPostgresOption(CLI::App& command, std::vector<std::string>& postgres);

}  // namespace pawl::ctl
