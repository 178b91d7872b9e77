// Which node owns a partition and where it is reached, as far as this node has heard: from the database's view, and
// sooner from other nodes' notices. May be behind; whoever is asked in error says so. Thread rule: the engine's thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/cluster/members.h"

namespace pawl::cluster {

class Directory {
 public:
  explicit Directory(std::string self) : self_(std::move(self)) {}

  void Update(const View& view);
  // `node` serves the partition since `epoch`. Older news than what is known is ignored.
  void Owns(base::PartitionId partition, base::Epoch epoch, const std::string& node);
  void Released(base::PartitionId partition, const std::string& node);
  void Left(const std::string& node);

  // The owner, if it is known, is not this node, and can be reached.
  std::optional<Member> OwnerOf(base::PartitionId partition) const;
  // All that live but this node.
  std::vector<Member> Others() const;
  std::vector<Member> Members() const;
  std::vector<Ownership> Partitions() const;
  bool IsAlone() const { return members_.empty() || (members_.size() == 1 && members_.contains(self_)); }
  const std::string& self() const { return self_; }

 private:
  const std::string self_;
  std::map<std::string, Member> members_;
  std::map<base::PartitionId, Ownership> partitions_;
};

}  // namespace pawl::cluster
