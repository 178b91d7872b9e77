#include "scheduler/cluster/spread.h"

#include <iterator>
#include <map>

namespace pawl::cluster {

// All walk the free partitions in the same order and leave to those before them what these may take, so nodes with the
// same view do not collide.
std::set<base::PartitionId> WantedBy(const std::string& node, const View& view,
                                     const std::set<base::PartitionId>& owned,
                                     const std::set<base::PartitionId>& giving_up) {
  std::map<std::string, size_t> count_of;
  for (const Member& member : view.members) {
    if (!member.leaving) count_of[member.node] = 0;
  }
  if (!count_of.contains(node)) return {};
  std::set<base::PartitionId> free;
  std::set<base::PartitionId> unheld;  // ours by the lease, but not in the engine's memory
  for (const Ownership& ownership : view.partitions) {
    if (owned.contains(ownership.partition) || giving_up.contains(ownership.partition)) continue;
    auto owner = count_of.find(ownership.node);
    if (ownership.node == node) {
      unheld.insert(ownership.partition);
    } else if (ownership.expired || ownership.node.empty()) {
      free.insert(ownership.partition);
    } else if (owner != count_of.end()) {
      ++owner->second;
    }
  }
  count_of[node] = owned.size();
  const size_t share = (view.partitions.size() + count_of.size() - 1) / count_of.size();

  std::set<base::PartitionId> wanted = owned;
  while (wanted.size() > share) wanted.erase(std::prev(wanted.end()));
  // Nobody else can take these before the node has taken them up again, and given them up.
  wanted.insert(unheld.begin(), unheld.end());
  count_of[node] = wanted.size();
  for (auto& [member, count] : count_of) {
    for (; count < share && !free.empty(); ++count) {
      if (member == node) wanted.insert(*free.begin());
      free.erase(free.begin());
    }
  }
  return wanted;
}

}  // namespace pawl::cluster
