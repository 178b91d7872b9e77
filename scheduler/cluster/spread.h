// How partitions are spread: nobody owns more than its share, ceil(partitions / live members), and nobody who has less
// leaves a free one alone. Each node decides for itself from the same view; where two reach for the same partition the
// lease settles it, and the next view shows who got it. Pure.
#pragma once

#include <set>
#include <string>

#include "scheduler/cluster/members.h"

namespace pawl::cluster {

// What `node` should own: what it has (`owned`, which may be newer than the view), less what is beyond its share, plus
// free ones up to its share. `giving_up`: what it is about to release. Nothing for a node that is leaving.
std::set<base::PartitionId> WantedBy(const std::string& node, const View& view,
                                     const std::set<base::PartitionId>& owned,
                                     const std::set<base::PartitionId>& giving_up = {});

}  // namespace pawl::cluster
