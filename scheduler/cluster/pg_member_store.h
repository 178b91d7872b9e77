// MemberStore on pawl.nodes and pawl.partitions. One statement an announcement.
//
// Thread rule: MemberStore's; the statement runs on a pool thread, `done` on the executor.
#pragma once

#include <memory>
#include <string>

#include "scheduler/cluster/members.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pawl::cluster {

class PgMemberStore : public MemberStore {
 public:
  // Destroy it on the executor's thread or after that thread has ended; no completion runs after.
  PgMemberStore(const std::string& conninfo, base::Executor& executor);
  ~PgMemberStore() override;

  void Announce(const Member& self, std::chrono::milliseconds ttl,
                std::function<void(absl::StatusOr<View>)> done) override;
  void Withdraw(const std::string& node, std::function<void()> done) override;

 private:
  void Answer(std::function<void()> work);

  base::Executor& executor_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<pg::Pool> pool_;
};

}  // namespace pawl::cluster
