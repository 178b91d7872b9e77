// The writing side of PostgresLog: one connection that appends, claims, renews and releases, and what it holds.
// Internal to history/postgres.
//
// Fence. Each connection is a row of pawl.writers; a partition names its writer. An append locks its writer's row and
// goes through only if `taken` is what this session last saw. A claim first locks the partition rows, then updates the
// rows of the writers it takes from: it waits for an append under way (and ends a backend that does not finish), and
// what that writer appends later finds `taken` moved and writes nothing. The session then looks up what it still holds
// and appends the rest, so exactly the lost partitions are refused.
//
// A server that has less than this session was told is committed is noticed on connecting (log_watch.h).
//
// A session that lost its connection holds nothing: its partitions name the old writer, and claiming them again goes
// the same way as taking them from somebody else.
//
// Thread rule: one thread at a time; calls block, but SendAhead.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "history/log/event_log.h"
#include "history/postgres/append_statement.h"
#include "history/postgres/log_watch.h"
#include "history/postgres/losses.h"
#include "shared/pg/append_connection.h"
#include "shared/pg/rider.h"

namespace pawl::history {

struct AppendSessionOptions {
  std::chrono::milliseconds connect_timeout{5000};
  std::chrono::milliseconds statement_timeout{30000};
  // Between attempts to connect, doubling.
  std::chrono::milliseconds retry_first{100};
  std::chrono::milliseconds retry_last{3000};
  // How long a claim waits for an append under way before it ends that backend.
  std::chrono::milliseconds claim_patience{1000};
  // How many partitions this node takes the cluster to have: where it has another number, nothing is claimed. 0: any.
  int32_t partition_count = 0;
  // Called on the session's thread where the losses that wait to be accepted are others than before: their partitions
  // cannot be claimed. May be empty.
  std::function<void(std::vector<Loss>)> on_losses = {};
};

class AppendSession {
 public:
  // Once `interrupted` is true, every call fails soon.
  AppendSession(std::string conninfo, AppendSessionOptions options, const std::atomic<bool>& interrupted);

  AppendResult Append(const std::vector<PartitionBatch>& batches);
  // Sends the append where that takes no waiting and nothing to find out before; Append, the next call, with the same
  // batches, then only waits for the answer. False where nothing was sent.
  bool SendAhead(const std::vector<PartitionBatch>& batches);
  // After SendAhead said true: whether Append would not wait.
  bool HasAnswer() { return connection_->HasAnswer(); }
  absl::StatusOr<std::vector<Claimed>> Claim(const ClaimRequest& request);
  // What rides with a renewal has parameters from here on.
  static constexpr int kRiderParameter = 8;
  struct Renewed {
    std::vector<base::PartitionId> held;
    std::string value;  // the rider's
  };
  // `rider` may be null.
  absl::StatusOr<Renewed> Renew(const std::string& node, std::chrono::milliseconds lease, const pg::Rider* rider);
  absl::Status Release(const std::string& node, const std::vector<base::PartitionId>& partitions);

 private:
  struct Holding {
    base::Epoch epoch;
    base::Sequence next_sequence;
  };
  struct Found {  // a partition that a claim may take
    int32_t partition = 0;
    int64_t writer = 0;
    int64_t next_sequence = 0;
    int64_t epoch = 0;
    bool is_doubtful = false;  // claimed on an earlier timeline last, where nothing protected its commits
  };

  absl::Status EnsureConnected(const std::string& node);
  absl::Status Register(const std::string& node);
  // Passes on what the rows say of losses: partition, first and last missing, node; of other rows the second is null.
  void TellLosses(const pg::Rows& rows);
  void Drop();
  // Remembers what an error means for the connection, and passes it on.
  absl::Status Failed(absl::Status status);

  bool Holds(const PartitionBatch& batch) const;
  bool KnowsMachines(const PartitionBatch& batch) const;
  absl::Status LoadMachines(const std::vector<const PartitionBatch*>& batches);
  absl::Status Refresh();
  // Of what it held this is left.
  void Keep(std::map<base::PartitionId, Holding> held);
  // OK and true: written. OK and false: nothing was written, because something was taken.
  absl::StatusOr<bool> Write(const std::vector<const PartitionBatch*>& batches);

  absl::StatusOr<std::vector<Claimed>> ClaimOnce(const ClaimRequest& request);
  absl::StatusOr<std::vector<Found>> LockClaimable(const ClaimRequest& request);
  absl::Status StopWriters(const std::vector<Found>& found);
  absl::Status ReadMarks(std::vector<Found>& found);
  absl::Status SetDoubtfulAside(std::vector<Found>& found);
  absl::StatusOr<std::vector<Claimed>> TakeOver(const ClaimRequest& request, const std::vector<Found>& found);
  absl::Status EndBlockedWriters(const ClaimRequest& request);

  const std::string conninfo_;
  const AppendSessionOptions options_;
  const std::atomic<bool>& interrupted_;

  std::unique_ptr<pg::AppendConnection> connection_;
  std::chrono::steady_clock::time_point retry_at_;
  std::chrono::milliseconds retry_after_{0};
  absl::Status last_failure_;

  WriterPosition position_;
  bool is_sent_ = false;       // by SendAhead
  int64_t folded_number_ = 0;  // up to which the last renewal folded this writer's marks
  std::map<base::PartitionId, Holding> held_;
  MachineIds machines_;
  LogWatch watch_;
  std::vector<Loss> told_losses_;
};

}  // namespace pawl::history
