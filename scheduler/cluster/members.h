// Who lives, and who owns what, as the database says it. A node announces itself every 3/7 of a lease and is told the
// rest in the same statement. That goes with the renewal of the node's leases where it has some: so an idle node sends
// one statement in that time.
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

struct Announcement {
  Member self;
  std::chrono::milliseconds ttl;  // it lives for so long from now on
  std::function<void(absl::StatusOr<View>)> done;
};

class MemberStore {
 public:
  virtual ~MemberStore() = default;
  // From now on `announcement` is asked whenever the node's leases are about to be renewed: what it gives is carried
  // out with the renewal, or fails with it. Given by whoever outlives the store's use, once.
  virtual void Ride(std::function<std::optional<Announcement>()> announcement) = 0;
  // By itself, at once.
  virtual void Announce(Announcement announcement) = 0;
  // It has gone, and what is announced from now on fails: it would bring it back for the time of an announcement.
  virtual void Withdraw(const std::string& node, std::function<void()> done) = 0;
};

}  // namespace pawl::cluster
