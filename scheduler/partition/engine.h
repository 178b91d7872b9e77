// The engine of a node: it owns partitions, decides commands on their executions, makes the decisions durable in
// batches, and only then lets their effects out.
//
//   turn:  take commands while they are there, within a budget; decide each -> the batch's rows and releases
//          log.Append(batch)            one transaction for the batches of all partitions of the node
//          committed -> release: effects and replies, in order
//          refused   -> these partitions' leases are lost: drop their memory; the others' releases stand
//          unknown   -> drop everything in memory, claim again, read again; never guess
//
// While a batch commits the next one is decided; if the first fails, the second dies with it. There is no undo code:
// memory is a cache of the log (ARCHITECTURE.md, "The partition"). Thread rule: everything runs on the executor's
// thread; other threads Post to it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "history/codec/codec.h"
#include "history/log/event_log.h"
#include "history/state/state.h"
#include "scheduler/asl/program.h"
#include "scheduler/core/decide.h"
#include "scheduler/dispatch/dispatcher.h"
#include "scheduler/dispatch/fair_queue.h"
#include "scheduler/dispatch/limiter.h"
#include "scheduler/dispatch/sessions.h"
#include "scheduler/partition/timer_key.h"
#include "scheduler/timers/timer_queue.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"
#include "shared/base/random.h"

namespace pawl::partition {

// Where pinned definitions come from. `done` runs on the engine's thread.
using LoadProgram = std::function<void(std::string digest,
                                       std::function<void(absl::StatusOr<std::shared_ptr<const asl::Program>>)> done)>;

struct Settings {
  std::string node;  // this incarnation's id
  int32_t partitions = 64;
  std::chrono::milliseconds lease{5'000};
  // Wants all partitions, as a node that is alone; otherwise none until SetWanted.
  bool wants_all = true;
  core::Limits limits;
  core::BindingOptions binding;
  // Commands waiting to be decided, and their texts; more are refused. Reports of work that is done may take as much
  // again.
  size_t mailbox_max = 200'000;
  size_t mailbox_bytes_max = 256u << 20;
  size_t batch_decisions_max = 4'000;
  size_t batch_bytes_max = 8u << 20;
  // An execution that waits for nothing but timers and tokens, for at least this long, leaves memory.
  std::chrono::milliseconds park_after{60'000};
  // Parked executions that come back into memory with each batch that goes to the log, and timers that fire in a turn:
  // where thousands are due at the same moment, others have their turn in between.
  size_t unpark_at_once = 16;
  size_t timers_at_once = 256;
  // With a snapshot, where reading it back would otherwise fold at least so many decisions.
  int64_t snapshot_decisions_min = 8;
  dispatch::Sessions::Settings sessions;
};

// What happened, for metrics. Calls come on the engine's thread and must be cheap.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void ExecutionStarted(const std::string& /*machine*/) {}
  virtual void ExecutionEnded(const std::string& /*machine*/, history::ExecutionStatus, std::chrono::milliseconds) {}
  virtual void StateLeft(history::StateKind, std::chrono::milliseconds) {}
  virtual void TaskStarted(const std::string& /*queue*/, std::chrono::milliseconds /*waited*/) {}
  virtual void TaskEnded(const std::string& /*queue*/, bool /*succeeded*/, std::chrono::milliseconds /*ran*/) {}
  virtual void BatchCommitted(size_t /*decisions*/, std::chrono::microseconds) {}
  virtual void LogLine(const std::string& /*sentence*/) {}
  virtual void MailShed() {}  // a command was refused, for the mailbox is full
};

struct StartRequest {
  history::ExecutionStarted start;
  std::shared_ptr<const asl::Program> program;
  bool name_is_given = true;  // made-up names need no look-up
};
struct Started {
  base::EntityId entity;
  base::WallTime at;
};

// "Nothing was recorded, and another node (or this one, a moment later) may serve it": always UNAVAILABLE, and safe to
// send again.
absl::Status NotServed(const std::string& why);
bool IsNotServed(const absl::Status& status);

// How an execution ended.
struct Outcome {
  history::ExecutionStatus status = history::ExecutionStatus::kRunning;
  base::WallTime started_at;
  base::WallTime stopped_at;
  std::optional<std::string> output;
  std::optional<std::string> error;
  std::optional<std::string> cause;
};

class Engine {
 public:
  struct Parts {
    base::Executor& executor;
    base::Clock& clock;
    base::Random& random;
    history::EventLog& log;
    LoadProgram load_program;
    std::function<std::string(const core::TaskRef&)> token;
    Observer& observer;
    // A partition is served from now on, or was given up and can be claimed by others. May be empty.
    std::function<void(base::PartitionId, base::Epoch)> on_serving = {};
    std::function<void(const std::vector<base::PartitionId>&)> on_released = {};
    // Takes what sessions of this node owe to executions of partitions that others own. May be empty.
    std::function<void(base::EntityId, core::Command)> submit_elsewhere = {};
    // Of limits on tasks; null: none are kept.
    dispatch::PermitStore* permits = nullptr;
  };

  Engine(Settings settings, Parts parts);
  ~Engine();

  // Claims what wanted partitions are free, recovers them, and keeps the leases until Stop.
  void Run();
  // Which partitions this node is to own: claims those of them that are free. Of others that it owns it takes no more
  // commands (NotServed); once what was decided on them is durable, they are released.
  void SetWanted(std::set<base::PartitionId> wanted);
  // Those that it owns and does not give up just now.
  std::set<base::PartitionId> Owned() const;
  // Those that it gives up, until the log knows.
  std::set<base::PartitionId> GivingUp() const;
  bool Owns(base::Slot slot) const;
  // Owned, and its log is read.
  bool Serves(base::Slot slot) const;
  base::PartitionId PartitionOf(base::Slot slot) const { return history::PartitionOfSlot(slot, settings_.partitions); }
  int32_t partition_count() const { return settings_.partitions; }
  // Takes no more commands, commits what is decided, gives the partitions up, then calls `done`.
  void Stop(std::function<void()> done);

  // OK, or why this node cannot serve just now.
  absl::Status Health() const;
  // False while the database cannot be used.
  bool CanAppend() const { return trouble_.empty(); }

  // ---- commands. Replies come after the commit; UNAVAILABLE means "not recorded as far as is known: ask again".

  void Start(StartRequest request, std::function<void(absl::StatusOr<Started>)> reply);
  void Submit(base::EntityId entity, core::Command command, std::function<void(absl::Status)> reply);

  // Calls `done` when the execution has ended; false where it is not open here (ended, or never was).
  bool WhenEnded(base::EntityId entity, std::function<void(absl::StatusOr<Outcome>)> done);
  // Calls `done` once, at the next commit of a decision on the execution; false where it is not open here.
  bool WhenChanged(base::EntityId entity, std::function<void()> done);

  // False where the hand-out is known to be over: answered, timed out or given to another, by what the log says. An end
  // that is decided but not durable yet does not count, and a node without a lease knows nothing.
  bool HasTask(const core::TaskRef& task) const;

  // The open execution of that name, if this node has it.
  std::optional<base::EntityId> FindOpen(const history::NameKey& key) const;

  dispatch::Dispatcher& dispatcher() { return dispatcher_; }
  // All limits that there are, from now on. Tasks that run count, and those that wait do so under the new ones.
  void SetLimits(const dispatch::Limits& limits);
  const dispatch::Limiter& limiter() const { return limiter_; }
  // Of all that wait, held back by a limit or not.
  std::vector<dispatch::QueueStats> QueueStats() const;
  dispatch::Sessions& sessions() { return sessions_; }
  // The sweep of silent sessions looks again; after something was added to sessions().
  void SessionsChanged() { ArmWakeUp(); }

  struct Stats {
    size_t open_executions = 0;
    size_t parked_executions = 0;  // of those
    size_t partitions_owned = 0;
    size_t timers = 0;
    size_t mailbox = 0;
    size_t mailbox_bytes = 0;
  };
  Stats stats() const;

  // For tests: what memory holds of an open execution; null where it is not open here, or memory runs ahead of the log.
  const history::ExecutionState* Peek(base::EntityId entity) const;

 private:
  struct Entity;
  struct Partition;
  struct Mail;
  struct Release;
  struct Batch;

  // engine.cc: the loop
  void Enqueue(Mail mail);
  // Into the mailbox, whatever it holds already.
  void PutIn(Mail mail);
  dispatch::FlowId FlowOf(const history::ExecutionStarted& start);
  dispatch::FlowId FlowOf(Entity& entity);
  void ScheduleTurn();
  void Turn();
  // Hands the batch that is being decided to the log, which is idle.
  void AppendDecided();
  void DecideOne(Mail mail);
  // Replies to a command that changed nothing, once all that its refusal may rest on is durable.
  void AnswerWithout(Mail mail, const Partition& partition, absl::Status refusal);
  // Lets out what waits in a batch without decisions.
  void ReleaseIdle();
  void OnAppended(std::unique_ptr<Batch> batch, base::MonotonicTime began, history::AppendResult result);
  void ReleaseOne(Release& release);
  // Answers UNAVAILABLE and gives claims back: what was decided is not, or may not be, recorded.
  void AbandonOne(Release& release, const std::string& why, bool is_unknown);
  void Abandon(Batch& batch, const std::string& why, bool is_unknown);
  void Observe(Entity& entity, const std::vector<history::Event>& events);

  // effects.cc
  void Perform(base::EntityId entity, core::Effect effect);
  void Arm(const TimerKey& key, base::WallTime due);
  // wall_clock.cc: what a wall clock that jumps does to timeouts (decisions/0008).
  void NoteWallClock();
  bool IsPaused(core::TimerKind kind, base::MonotonicTime now) const;
  void ArmWakeUp();
  void WakeUp();
  void FireDue(base::MonotonicTime now);
  // Of executions that ended a while ago, at most so many.
  void ForgetEndedNames(base::MonotonicTime now, int count_max);

  // park.cc
  // When an execution that only waits must be looked at; none where it does anything else, or not for long.
  std::optional<base::WallTime> IdleUntil(Entity& entity) const;
  // Adds to a decision what the log must know of the execution's parking.
  void RecordParking(Entity& entity, history::PartitionBatch& rows);
  // Lets go of one that only waits: at once, or later where it is large. All that memory has of it must be durable.
  void ParkIfIdle(Entity& entity);
  void ParkDue(base::MonotonicTime now);
  void Park(Entity& entity, base::WallTime wake_at);
  // An execution that recovery left in the log.
  void AddParked(const history::ExecutionParked& parked, base::PartitionId partition);
  // Has the parked execution read: before those that are only due where a command for it waits.
  void Unpark(base::EntityId id, Entity& entity, bool has_command);
  struct Reading;
  void ReadParked();
  // A batch of so many decisions has gone to the log, or there is none: the next slice may come.
  void ReadNextParked(size_t decisions);
  void FinishReading(const std::shared_ptr<Reading>& reading, absl::StatusOr<history::StoredEntity> stored);
  // The execution that is being read, if it is still to be.
  Entity* ReadFor(const Reading& reading);
  static absl::StatusOr<std::unique_ptr<history::ExecutionState>> Fold(const history::StoredEntity& stored);
  // Whoever waits for the execution hears that it is not here any more.
  static void Dismiss(Entity& entity, const absl::Status& why);

  // ownership.cc
  void ClaimFree();
  void Renew();
  void RenewSoon();
  void Recover(base::PartitionId partition, base::Epoch epoch);
  void Recovered(base::PartitionId partition, base::Epoch epoch);
  // The partition as claimed under `epoch`; null where it was dropped since.
  Partition* ClaimedUnder(base::PartitionId partition, base::Epoch epoch);
  void DropPartition(base::PartitionId partition);
  // Takes what memory has of an execution of a partition that is dropped out of timers and queues.
  void Forget(base::EntityId id, const Entity& entity);
  void ForgetEnded(const Batch& batch, base::PartitionId id);
  // Releases the partitions that are given up and of which nothing is under way.
  void ReleaseLeaving();
  void DropEverything(const std::string& why);

  // limits.cc
  // Tells the limiter what runs of an execution of a partition that is served; gives the tasks that wait.
  std::vector<core::OfferTask> CountTasks(const Entity& entity);
  void CountTasksOf(const Partition& partition);
  void OfferTask(base::EntityId execution, const core::OfferTask& offer);
  // A poll's slot, for a task that is scheduled just now.
  std::optional<core::Claim> ClaimFor(const std::string& queue);

  // trouble.cc
  void NoteTrouble(const std::string& error);
  // Something worked.
  void TroubleMayBeOver();
  // Drops partitions that are not this node's any more, and says so soon, in one line with others that follow.
  void GiveUp(const std::vector<base::PartitionId>& partitions, const std::string& why);
  void TellGivenUp();

  // starts.cc
  void LookUpNames();
  void Admit(StartRequest request, history::NameKey key, base::Epoch epoch,
             std::function<void(absl::StatusOr<Started>)> reply);

  Partition* PartitionOf(base::EntityId entity);
  // What memory says of the partition is ground for a refusal: nobody else can have claimed it yet.
  bool HasLease(const Partition& partition) const;

  const Settings settings_;
  Parts parts_;
  dispatch::Dispatcher dispatcher_;
  dispatch::Limiter limiter_;
  dispatch::Sessions sessions_;

  std::map<base::PartitionId, std::unique_ptr<Partition>> partitions_;
  std::unordered_map<base::EntityId, std::unique_ptr<Entity>> entities_;
  size_t parked_ = 0;  // how many of them are parked
  // Lines of those that wait to be read: with a command, or due. One may stand in both.
  std::deque<std::shared_ptr<Reading>> to_read_;
  std::deque<std::shared_ptr<Reading>> to_wake_;
  bool is_reading_ = false;             // one reading is under way at a time
  bool has_undecided_reading_ = false;  // the last one's executions are back, and have not had their turn
  size_t read_last_ = 0;                // how many these are
  size_t to_read_at_once_ = 0;
  std::deque<std::pair<base::MonotonicTime, base::EntityId>> to_park_;  // when to look at it

  std::set<base::PartitionId> wanted_;
  std::set<base::PartitionId> releasing_;  // not to be claimed before the log has answered
  bool is_leaving_ = false;                // some partition is being given up

  // Fair between state machines: one that floods does not hold up the others.
  dispatch::FairQueue<Mail> mailbox_;
  size_t mailbox_bytes_ = 0;
  std::unique_ptr<Batch> deciding_;
  const Batch* at_log_ = nullptr;  // while appending_
  bool appending_ = false;
  bool turn_scheduled_ = false;
  bool claiming_ = false;  // one claim is under way at a time
  bool stopping_ = false;
  std::function<void()> stopped_;
  // Raised when memory is thrown away: what was under way under an older one is void.
  uint64_t generation_ = 0;
  std::string trouble_;    // the last error of a database that cannot be used; empty where it can
  uint64_t troubles_ = 0;  // errors so far
  bool is_trouble_told_ = false;
  bool is_on_probation_ = false;  // it works again, but not for long yet
  int failures_in_a_row_ = 0;
  std::set<base::PartitionId> given_up_;  // and not told yet
  std::vector<std::string> given_up_why_;

  // An execution's name is unique for as long as it is stored; open ones and those that ended a moment ago are here, so
  // that a look-up that was under way while one started and ended cannot miss it.
  struct Name {
    base::EntityId entity;
    history::InputDigest input_digest{};
    base::WallTime started_at;
    bool ended = false;
    // Who else asked for that name before its start was durable; null once it is.
    std::shared_ptr<std::vector<std::function<void(absl::Status)>>> until_durable;
  };
  std::map<history::NameKey, Name> names_;
  std::deque<std::pair<base::MonotonicTime, history::NameKey>> ended_names_;
  struct LookUp {
    StartRequest request;
    history::NameKey key;
    base::Epoch epoch;  // of the partition when the look-up began
    std::function<void(absl::StatusOr<Started>)> reply;
  };
  std::vector<LookUp> look_ups_;
  bool looking_up_ = false;

  timers::TimerQueue<TimerKey, base::MonotonicTime> timers_;
  // The clocks when they were last compared; until when no timeout counts, since the wall clock jumped.
  base::WallTime wall_seen_;
  std::optional<base::MonotonicTime> wall_seen_at_;
  base::MonotonicTime timeouts_from_;
  base::Executor::TimerHandle wake_up_ = 0;
  std::optional<base::MonotonicTime> wake_up_due_;
  base::Executor::TimerHandle renewal_ = 0;
  bool is_renewal_soon_ = false;
};

// SHA-256 based keys (decisions/0002).
history::NameKey MakeNameKey(const std::string& account, const std::string& region, const std::string& machine,
                             const std::string& name);
history::InputDigest MakeInputDigest(const std::string& input);

}  // namespace pawl::partition
