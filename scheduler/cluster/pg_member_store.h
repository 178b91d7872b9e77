// MemberStore on pawl.nodes and pawl.partitions. One statement an announcement, or none where it rides: then it is part
// of the one by which the log renews the leases, and what further servers have to say is part of theirs.
//
// A rider asks something else in the same statement, so that an idle node need not send one of its own for it.
//
// Thread rule: MemberStore's; the statement runs on a pool thread, `done` on the executor.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/cluster/members.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"
#include "shared/pg/rider.h"

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

  void Ride(std::function<std::optional<Announcement>()> announcement) override {
    announcement_ = std::move(announcement);
  }
  void Announce(Announcement announcement) override;
  void Withdraw(const std::string& node, std::function<void()> done) override;

  // For the log of the server of that number: what goes with its next renewal. Asked for one server after the other,
  // beginning with the first.
  std::optional<pg::Rider> Board(size_t server, int first_parameter);

 private:
  struct Round;
  // What one server has to say, or why it does not.
  void Hear(const std::shared_ptr<Round>& round, size_t server, const absl::StatusOr<std::string>& text);
  void ReadFurther(const std::shared_ptr<Round>& round, size_t server);
  void Delete(const std::string& node, std::function<void()> done);
  void Answer(std::function<void()> work);

  base::Executor& executor_;
  const Rider rider_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  // What the further servers said last: one that is away keeps its partitions in the view.
  struct Further;

  std::function<std::optional<Announcement>()> announcement_;  // that rides
  std::shared_ptr<Round> riding_;                              // with the renewals that are being sent
  bool is_withdrawn_ = false;
  std::function<void()> after_ride_;  // the withdrawal, where one is under way
  std::unique_ptr<pg::Pool> pool_;
  std::vector<std::unique_ptr<Further>> further_;
};

}  // namespace pawl::cluster
