// How `pawl explain` and `pawl simulate` show the way of the data: text for people, JSON for scripts.
#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "scheduler/asl/program.h"
#include "scheduler/ctl/data_flow.h"
#include "scheduler/ctl/service_client.h"

namespace pawl::ctl {

// One block a visit: its name, its stages, its rules and failures, where it went.
void PrintVisits(std::ostream& out, const asl::Program& program, std::span<const StateVisit> visits);

Json VisitsToJson(const asl::Program& program, std::span<const StateVisit> visits);

// A JSON value of the engine's as one of the command line's, member order kept.
Json ToCliJson(const json::Value& value);

}  // namespace pawl::ctl
