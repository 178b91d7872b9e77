// Worker sessions (decisions/0009): who holds which task, and who has gone silent. In memory only; kept alive by polls
// and heartbeats, never by the database. Thread rule: the engine's thread only.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "scheduler/core/task_ref.h"
#include "scheduler/timers/timer_queue.h"
#include "shared/base/clock.h"

namespace pawl::dispatch {

class Sessions {
 public:
  struct Settings {
    std::chrono::milliseconds session{10'000};
    // A task handed out less than this ago may be missing from a poll that was on its way at the same time.
    std::chrono::milliseconds hand_out_grace{5'000};
  };

  explicit Sessions(Settings settings) : settings_(settings) {}

  // The session was heard of. A poll that is under way keeps it alive until PollEnded.
  void Heard(const std::string& session, base::MonotonicTime now);
  void PollBegan(const std::string& session, base::MonotonicTime now);
  void PollEnded(const std::string& session, base::MonotonicTime now);

  // The session holds the task from now on; with a heartbeat, it has to be heard of within `heartbeat`.
  void Hold(const std::string& session, const core::TaskRef& task, base::MonotonicTime now,
            std::optional<std::chrono::milliseconds> heartbeat);
  // After a take-over: the session is said to hold the task and has one session time to name it, in a poll or with a
  // heartbeat. The hand-out may still be on its way to it, or may have got lost with the owner before.
  void Await(const std::string& session, const core::TaskRef& task, base::MonotonicTime now,
             std::optional<std::chrono::milliseconds> heartbeat);
  // The session names the task as one that it holds.
  void Expect(const std::string& session, const core::TaskRef& task, base::MonotonicTime now,
              std::optional<std::chrono::milliseconds> heartbeat);
  // A poll listed all it holds: gives the tasks that were handed out here, that the session should hold and does not;
  // they are held no more. Those that are awaited keep their time. `grace`,
  // where it is not the settings': zero where no other poll can have been on its way.
  std::vector<core::TaskRef> Missing(const std::string& session, const std::vector<core::TaskRef>& held,
                                     base::MonotonicTime now, std::optional<std::chrono::milliseconds> grace = {});
  // The task was heard of.
  void Beat(const core::TaskRef& task, base::MonotonicTime now);
  // The task is over. `tell`: its holder has not answered and is to be told.
  void Drop(const core::TaskRef& task, bool tell);
  // What the session is to be told to stop.
  std::vector<core::TaskRef> TakeCancelled(const std::string& session);
  // ---- tasks that another node handed to a worker of its own, and watches over in its stead

  // `watcher`, a name that begins with '@', answers for the task from now on; heartbeats are its business. False where
  // a session or another watcher has taken the task from it: it is not to answer for it any more.
  bool Entrust(const std::string& watcher, const core::TaskRef& task, base::MonotonicTime now);
  // The watcher that answers for the task; empty where none does.
  std::string WatcherOf(const core::TaskRef& task) const;
  // A session of this node has the task, so this node counts its heartbeats.
  bool IsHeldHere(const core::TaskRef& task) const;
  // The task's partition is another node's now: what was only awaited or entrusted is forgotten, what a session of this
  // node has it still watches over.
  void Forget(const core::TaskRef& task);
  // Tasks of watchers that have gone silent, held by nobody any more.
  std::vector<core::TaskRef> TakeUnwatched() { return std::exchange(unwatched_, {}); }
  // What sessions of this node hold, whoever owns it.
  void ForEachHeld(const std::function<void(const std::string& session, const core::TaskRef& task)>& each) const;

  // Ends the session; gives what it held.
  std::vector<core::TaskRef> End(const std::string& session);

  // Tasks of sessions that have gone silent, and those that were awaited for too long.
  std::vector<core::TaskRef> TakeLost(base::MonotonicTime now);
  // Tasks whose heartbeat is overdue.
  std::vector<core::TaskRef> TakeSilent(base::MonotonicTime now);
  std::optional<base::MonotonicTime> NextDue() const;

  size_t size() const { return sessions_.size(); }

 private:
  struct Session {
    int polls = 0;
    std::unordered_map<core::TaskRef, base::MonotonicTime> held;  // since when; lists of it are sorted
    std::vector<core::TaskRef> cancelled;
  };
  Session& Touch(const std::string& session, base::MonotonicTime now);

  Settings settings_;
  std::unordered_map<std::string, Session> sessions_;
  std::unordered_map<core::TaskRef, std::string> holder_;
  // Watchers from whom a task was taken, until they are told.
  std::unordered_map<core::TaskRef, std::set<std::string>> former_;
  std::vector<core::TaskRef> unwatched_;
  std::unordered_map<core::TaskRef, std::chrono::milliseconds> heartbeat_of_;
  timers::TimerQueue<std::string, base::MonotonicTime> expiry_;
  timers::TimerQueue<core::TaskRef, base::MonotonicTime> beats_;
  timers::TimerQueue<core::TaskRef, base::MonotonicTime> awaited_;  // until when the holder has to name them
};

}  // namespace pawl::dispatch
