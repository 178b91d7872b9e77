// Takes a command to the node that owns its partition: here, or by Peers to another. Any node may so take any call.
//
// What was certainly not done (partition::NotServed: the partition is moving, its owner is unknown or cannot be
// reached) is tried again for `patience`, wherever the partition is by then; after that the answer is UNAVAILABLE.
// What was sent and not answered is unknown: it is sent again only where doing it twice is the same as once, and is
// UNAVAILABLE otherwise. So it is with what was sent to a node that does not own the partition any more, a moment after
// that is known: one that is frozen keeps its connections, and answers nothing. A call that came from another node is
// never passed on, so nothing runs in circles.
//
// Calls to the same node travel together: what arrives while one is on its way gathers into the next. Thread rule: the
// engine's thread.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/cluster/directory.h"
#include "scheduler/cluster/end_watch.h"
#include "scheduler/cluster/peers.h"
#include "scheduler/partition/engine.h"
#include "shared/base/clock.h"
#include "shared/base/executor.h"

namespace pawl::cluster {

class Router {
 public:
  using Reply = std::function<void(absl::Status)>;
  struct Parts {
    base::Executor& executor;
    const base::Clock& clock;
    partition::Engine& engine;
    const Directory& directory;
    Peers& peers;
    EndWatch& ends;
    partition::LoadProgram load_program;
    // The directory seems to be behind.
    std::function<void()> look_again;
    std::chrono::milliseconds patience{3'000};
  };
  explicit Router(Parts parts) : parts_(std::move(parts)) {}
  ~Router() { *alive_ = false; }

  // ---- as partition::Engine's

  struct Begun {
    partition::Started started;
    // How it ended, where that was wanted and another node told it with the start.
    std::optional<history::ExecutionStatus> ended;
  };
  void Start(partition::StartRequest request, bool wants_end, std::function<void(absl::StatusOr<Begun>)> reply);
  // CompleteTask, ReleaseTask, CheckpointTask and HeartbeatMissed.
  void Submit(core::Command command, Reply reply);
  // NOT_FOUND where no execution of that name is open.
  void Stop(const history::NameKey& name, core::StopExecution stop, Reply reply);
  // A sign of life; NOT_FOUND where the task is over.
  void Beat(const core::TaskRef& task, Reply reply);
  // Answers when the execution has ended, when it is not open, or when `wait` is over.
  void AwaitEnd(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done);
  // Answers when something was decided on the execution, when it is not open, or when `wait` is over.
  void AwaitChange(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done);

  // ---- from other nodes

  void OnCarry(std::vector<Call> calls, std::function<void(std::vector<Answer>)> done);
  void OnAwaitEnd(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done);
  void OnAwaitChange(const history::NameKey& name, std::chrono::milliseconds wait, Peers::Done<Awaited> done);

  // The directory has changed: what waits for an owner may have one.
  void OnChanged();

  // Commands of tasks go by the task's entity.
  static const core::TaskRef& TaskOf(const core::Command& command);

 private:
  using Done = std::function<void(Answer)>;
  struct Errand;
  struct Outbox {
    Member to;
    std::vector<std::shared_ptr<Errand>> waiting;
    int under_way = 0;
    bool flush_posted = false;
  };
  struct Wait;
  struct Trip;

  void Begin(Call call, std::shared_ptr<const asl::Program> program, base::Slot slot, Done done);
  void Go(const std::shared_ptr<Errand>& errand);
  // Carries a call out on this node's engine.
  void Do(Call call, std::shared_ptr<const asl::Program> program, Done done);
  void PassBeatOn(const core::TaskRef& task);
  void DoStart(StartCall call, std::shared_ptr<const asl::Program> program, Done done);
  void Later(const std::shared_ptr<Errand>& errand, const absl::Status& why);
  void Sweep();
  void ArmSweep();
  void Flush(const std::string& node);
  void OnCarried(const Trip& trip, absl::StatusOr<std::vector<Answer>> answers);
  void OnAnswer(const std::shared_ptr<Errand>& errand, Answer answer);
  void OnUnknown(const std::shared_ptr<Errand>& errand, const absl::Status& why);
  void AwaitAgain(const std::shared_ptr<Wait>& wait);
  void AwaitLater(const std::shared_ptr<Wait>& wait);
  bool IsOwnedBy(const std::string& node, base::Slot slot) const;
  bool IsAstray(const Trip& trip) const;
  void Doubt();
  void Abandon();
  void AwaitHere(const history::NameKey& name, bool end, std::chrono::milliseconds wait, Peers::Done<Awaited> done);

  Parts parts_;
  std::map<std::string, Outbox> outboxes_;          // by node
  std::vector<std::shared_ptr<Errand>> later_;      // wait for an owner
  std::vector<std::shared_ptr<Wait>> later_waits_;  // likewise
  std::list<std::shared_ptr<Trip>> trips_;          // what other nodes have not answered
  base::Executor::TimerHandle sweep_ = 0;
  bool is_doubting_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pawl::cluster
