// Who lives, and who owns what, as the database says it. A node announces itself every 3/7 of a lease and is told the
// rest in the same statement, so knowing the cluster costs one statement a node and announcement.
//
// Implemented on PostgreSQL (pg_member_store.h) and by the simulator. Thread rule: calls from the engine's thread;
// `done` runs there, later. Errors: UNAVAILABLE while the database cannot be used.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "shared/base/ids.h"

namespace pawl::cluster {

struct Member {
  std::string node;      // id of this incarnation of the process
  std::string address;   // "HOST:PORT" of its gRPC port, as other nodes reach it
  bool leaving = false;  // takes no partitions: it drains, or it cannot use the database
  friend bool operator==(const Member&, const Member&) = default;
};

// As dispatch::Sessions knows a node that watches over tasks of others.
inline std::string WatcherName(const std::string& node) { return "@" + node; }

struct Ownership {
  base::PartitionId partition;
  base::Epoch epoch;
  std::string node;     // empty: nobody
  bool expired = true;  // anybody may claim it
};

// At one moment of the database's clock.
struct View {
  std::vector<Member> members;  // who was heard of in time, this node among them
  std::vector<Ownership> partitions;
  // Until the first lease or announcement of another node runs out, if nothing is heard of it.
  std::optional<std::chrono::milliseconds> next_expiry;
};

class MemberStore {
 public:
  virtual ~MemberStore() = default;
  // This node lives for `ttl` from now on.
  virtual void Announce(const Member& self, std::chrono::milliseconds ttl,
                        std::function<void(absl::StatusOr<View>)> done) = 0;
  // It has gone.
  virtual void Withdraw(const std::string& node, std::function<void()> done) = 0;
};

}  // namespace pawl::cluster
