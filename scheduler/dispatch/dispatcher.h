// Matches tasks with waiting polls, in memory: what waits follows from the executions' states and is offered again
// after a take-over, so nothing here is stored.
//
// A poll has slots. A decision that schedules a task may take one at once (TryClaim), so that scheduling and start
// leave in one batch; otherwise the task is offered and the next poll takes it by a StartTask command. Either way the
// task is told to the worker only when its start is durable (HandOut, then Flush). Thread rule: the engine's thread
// only.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "scheduler/core/decide.h"
#include "scheduler/core/effect.h"
#include "scheduler/dispatch/fair_queue.h"
#include "scheduler/dispatch/flows.h"
#include "shared/base/clock.h"

namespace pawl::dispatch {

struct PollHandler {
  std::string name;
  bool restartable = false;
};

struct Poll {
  std::string worker;
  std::string session;                // empty: GetActivityTask
  std::vector<PollHandler> handlers;  // gRPC workers: names
  std::string activity_arn;           // GetActivityTask: takes tasks of exactly this queue
  int slots = 1;
  // Another node's, whose worker waits there. It takes what is here, and is not lent any further: who watches over the
  // worker has to be told by the owner of the task itself.
  bool is_lent = false;
  // Called once, with what was handed out; empty when the wait is over.
  std::function<void(std::vector<core::TaskDetails>)> respond;
};

// Where an offered task stands in its queue: higher priorities first, and within one fairly between flows.
struct Standing {
  FlowId flow = Flows::kNone;
  int32_t priority = 0;
};

struct QueueStats {
  std::string handler;
  int64_t backlog = 0;
  int64_t pollers = 0;
};

class Dispatcher {
 public:
  using PollId = uint64_t;
  // Sends StartTask to the task's execution; the reply says whether it was taken.
  using Submit = std::function<void(core::StartTask)>;

  explicit Dispatcher(Submit submit) : submit_(std::move(submit)) {}

  // ---- polls

  PollId AddPoll(Poll poll);
  // The poll answers at the next Flush at which none of its claims is under way, even without a task.
  void Hurry(PollId poll);
  // The caller has gone: the poll takes nothing more. True where nothing is under way for it; otherwise what its claims
  // bring is still handed out to `respond`.
  bool CancelPoll(PollId poll);

  // ---- decisions and effects

  std::optional<core::Claim> TryClaim(const std::string& queue);
  // Likewise, for another node's task: a slot of a poll that waits at this node.
  std::optional<core::Claim> ClaimToLend(const std::string& queue);
  // The batch in which the claim was used has died, or the start was refused.
  void ReturnClaim(uint64_t claim);
  void Offer(const core::OfferTask& offer, Standing standing = {});
  // Takes an offered task out of its queue; false where it is not there.
  bool Revoke(const core::TaskRef& task, const std::string& queue);
  void HandOut(core::HandOutTask hand_out);
  // Answers the polls that have something to say. Once after each released batch.
  void Flush();

  // ---- tasks and polls that find no partner here, for whoever asks other nodes

  // `on_waiting`: a task was put in the queue. `on_poll`: a poll has free slots and nothing to fill them with. Both may
  // be called often, and must not call back at once.
  void Watch(std::function<void(const std::string& queue)> on_waiting, std::function<void()> on_poll) {
    on_waiting_ = std::move(on_waiting);
    on_poll_ = std::move(on_poll);
  }
  size_t WaitingIn(const std::string& queue) const;

  // Forgets all offers (the engine reads the log again).
  void ForgetOffers();

  std::vector<QueueStats> Stats() const;

  // Who shares what with whom, and how: state machines within a queue, queues of a worker that serves several.
  Flows& flows() { return flows_; }

 private:
  struct WaitingPoll {
    Poll poll;
    int under_way = 0;  // claims whose batch has not been released
    bool hurry = false;
    bool gone = false;
    std::vector<core::TaskDetails> tasks;
  };
  // Offered tasks of one queue, by priority, the highest first; revoked ones are skipped when their turn comes.
  struct Queue {
    std::map<int32_t, FairQueue<core::TaskRef>, std::greater<>> lines;
    std::unordered_set<core::TaskRef> waiting;
    size_t standing = 0;  // in all lines, revoked ones included
    FlowId flow = Flows::kNone;
    // What it was given, divided by its weight: of several queues the one that had least is next (start-time fair
    // queueing). One that was empty begins where the others are.
    double share = 0;
  };

  // Polls with free slots, the front is next. Stale entries are dropped on sight.
  struct Line {
    std::deque<PollId> own;
    std::deque<PollId> lent;
  };

  // Polls end without leaving the lines of handlers that had nothing for them, and tasks are revoked without leaving
  // their queue: what is stale goes when it outweighs what is not, so that a line costs O(1) per entry.
  void StandInLine(Line& line, PollId id);
  static void Compact(Queue& queue);
  Queue* NextQueueOf(const Poll& poll, const PollHandler** handler);
  void Fill(PollId id);
  void FillFromHere(PollId id);
  static std::optional<core::TaskRef> TakeFrom(Queue& queue);
  std::optional<core::Claim> ClaimOf(PollId id, const std::string& handler);
  std::optional<core::Claim> ClaimFrom(std::deque<PollId>& line, const std::string& handler);
  std::optional<core::Claim> ClaimFromLine(Line& line, const std::string& handler, bool to_lend);
  std::optional<core::Claim> ClaimOfQueue(const std::string& queue, bool to_lend);

  Submit submit_;
  std::function<void(const std::string& queue)> on_waiting_;
  std::function<void()> on_poll_;
  PollId last_poll_ = 0;
  Flows flows_;
  double share_ = 0;  // of the queue that was served last
  std::unordered_map<PollId, WaitingPoll> polls_;
  std::unordered_map<std::string, Queue> queues_;
  // Which queues a handler's name serves: itself, and activities' ARNs ending in it.
  std::unordered_map<std::string, std::vector<std::string>> queues_of_handler_;
  std::unordered_map<std::string, Line> line_of_handler_;   // by handler name
  std::unordered_map<std::string, Line> line_of_activity_;  // by activity ARN
  std::vector<PollId> touched_;                             // to look at in Flush
};

}  // namespace pawl::dispatch
