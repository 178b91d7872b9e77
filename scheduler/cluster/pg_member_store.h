// MemberStore on pawl.nodes and pawl.partitions. One statement an announcement.
//
// A rider asks something else in the same statement, so that an idle node need not send one of its own for it.
//
// Thread rule: MemberStore's; the statement runs on a pool thread, `done` on the executor.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "scheduler/cluster/members.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pawl::cluster {

class PgMemberStore : public MemberStore {
 public:
  struct Rider {
    std::string sql;  // an expression that is a text
    // On the executor, before the announcement is answered.
    std::function<void(const std::string& value)> heard;
  };
  // Destroy it on the executor's thread or after that thread has ended; no completion runs after.
  // `postgres`: the cluster's servers; the first one has the nodes, each some of the partitions.
  PgMemberStore(const std::vector<std::string>& postgres, base::Executor& executor, Rider rider);
  ~PgMemberStore() override;

  void Announce(const Member& self, std::chrono::milliseconds ttl,
                std::function<void(absl::StatusOr<View>)> done) override;
  void Withdraw(const std::string& node, std::function<void()> done) override;

 private:
  void Answer(std::function<void()> work);

  base::Executor& executor_;
  const Rider rider_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // What the further servers said last: one that is away keeps its partitions in the view.
  struct Further;
  void ReadFurther(size_t number, std::shared_ptr<View> view, std::function<void(absl::StatusOr<View>)> done,
                   const std::string& node);

  std::unique_ptr<pg::Pool> pool_;
  std::vector<std::unique_ptr<Further>> further_;
};

}  // namespace pawl::cluster
