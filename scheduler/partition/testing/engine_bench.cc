#include "scheduler/partition/testing/engine_bench.h"

#include <algorithm>
#include <utility>

#include "history/log/event_log.h"
#include "scheduler/asl/validate/compile.h"
#include "shared/base/check.h"

namespace pawl::partition {

using std::chrono::milliseconds;

VirtualTime::TimerHandle VirtualTime::PostAt(base::MonotonicTime due, Work work) {
  TimerHandle handle = ++last_;
  due = std::max(due, now_);
  work_.emplace(Key{due, handle}, std::move(work));
  due_.emplace(handle, due);
  return handle;
}

void VirtualTime::Cancel(TimerHandle handle) {
  auto found = due_.find(handle);
  if (found == due_.end()) return;
  work_.erase(Key{found->second, handle});
  due_.erase(found);
}

base::WallTime VirtualTime::WallNow() const {
  return base::WallTime(milliseconds(1'800'000'000'000)) +
         std::chrono::duration_cast<milliseconds>(now_.time_since_epoch()) + wall_offset_;
}

void VirtualTime::RunFor(milliseconds time) {
  const base::MonotonicTime until = now_ + time;
  while (!work_.empty() && work_.begin()->first.first <= until) {
    auto next = work_.begin();
    now_ = next->first.first;
    Work work = std::move(next->second);
    due_.erase(next->first.second);
    work_.erase(next);
    work();
  }
  now_ = until;
}

template <>
bool Reply<absl::StatusOr<Started>>::has(absl::StatusCode code) const {
  return value && value->status().code() == code;
}
template <>
bool Reply<absl::Status>::has(absl::StatusCode code) const {
  return value && value->code() == code;
}

history::CallFate EngineBench::Fates::Next(history::CallKind kind) {
  if (kind == history::CallKind::kRenew && std::exchange(loses_renewal, false)) {
    return {.outcome = history::CallFate::Outcome::kLostBefore};
  }
  if (kind != history::CallKind::kAppend) return {};
  ++appends;
  if (fates.empty()) return {};
  history::CallFate fate = fates.front();
  fates.pop_front();
  return fate;
}

EngineBench::EngineBench(int partitions)
    : partitions_(partitions), store_(std::make_shared<history::MemoryStore>(time_)) {}
EngineBench::~EngineBench() = default;

EngineBench::Node& EngineBench::Boot(const std::string& name, std::function<void(Settings&)> adjust) {
  Settings settings{.node = name + "." + std::to_string(time_.MonotonicNow().time_since_epoch().count()),
                    .partitions = partitions_};
  if (adjust) adjust(settings);
  auto& node = nodes_[name];
  node = std::make_unique<Node>(*this, std::move(settings));
  node->engine().Run();
  Run(milliseconds(1));
  return *node;
}

std::string EngineBench::NameIn(int partition, int number) const {
  for (int i = 0;; ++i) {
    std::string name = "run-" + std::to_string(i);
    base::Slot slot = history::SlotOfName(MakeNameKey("000000000000", "us-east-1", "m", name));
    if (history::PartitionOfSlot(slot, partitions_).value() == partition && number-- == 0) return name;
  }
}

const std::string& EngineBench::DigestOf(const std::string& definition) {
  auto [place, is_new] = digests_.try_emplace(definition, "digest-" + std::to_string(digests_.size()));
  if (is_new) {
    asl::CompileResult compiled = asl::Compile(definition);
    PAWL_CHECK(compiled.program != nullptr, "a test's definition is valid");
    programs_[place->second] = compiled.program;
  }
  return place->second;
}

// A node's executor: what is posted vanishes with the node.
class EngineBench::Node::Process : public base::Executor {
 public:
  Process(VirtualTime& time, std::shared_ptr<bool> alive) : time_(time), alive_(std::move(alive)) {}
  void Post(Work work) override { time_.Post(Guarded(std::move(work))); }
  TimerHandle PostAt(base::MonotonicTime due, Work work) override {
    return time_.PostAt(due, Guarded(std::move(work)));
  }
  void Cancel(TimerHandle handle) override { time_.Cancel(handle); }

 private:
  Work Guarded(Work work) {
    return [alive = alive_, work = std::move(work)] {
      if (*alive) work();
    };
  }
  VirtualTime& time_;
  std::shared_ptr<bool> alive_;
};

EngineBench::Node::Node(EngineBench& bench, Settings settings)
    : bench_(bench),
      process_(std::make_unique<Process>(bench.time_, alive_)),
      log_(bench.store_, bench.time_, bench.time_, &bench.faults_) {
  auto load = [this](std::string digest,
                     std::function<void(absl::StatusOr<std::shared_ptr<const asl::Program>>)> done) {
    process_->Post([this, digest, done = std::move(done)] {
      auto found = bench_.programs_.find(digest);
      if (found == bench_.programs_.end()) return done(absl::NotFoundError("no such definition"));
      done(found->second);
    });
  };
  engine_ = std::make_unique<Engine>(
      std::move(settings),
      Engine::Parts{.executor = *process_,
                    .clock = bench.time_,
                    .random = random_,
                    .log = log_,
                    .load_program = load,
                    .token = [](const core::TaskRef& task) { return std::to_string(task.attempt); },
                    .observer = *this});
}

EngineBench::Node::~Node() { *alive_ = false; }

StartReply EngineBench::Node::Start(const std::string& name, const std::string& definition, const std::string& input,
                                    const std::string& machine) {
  StartRequest request;
  request.start.input = history::Payload::FromText(input);
  request.start.account = "000000000000";
  request.start.region = "us-east-1";
  request.start.machine = machine;
  request.start.name = name;
  request.start.definition_digest = bench_.DigestOf(definition);
  request.program = bench_.programs_.at(request.start.definition_digest);
  auto reply = std::make_shared<Reply<absl::StatusOr<Started>>>();
  engine_->Start(std::move(request), [reply](absl::StatusOr<Started> started) { reply->value = std::move(started); });
  return reply;
}

StatusReply EngineBench::Node::Submit(base::EntityId entity, core::Command command) {
  auto reply = std::make_shared<Reply<absl::Status>>();
  engine_->Submit(entity, std::move(command), [reply](const absl::Status& status) { reply->value = status; });
  return reply;
}

StatusReply EngineBench::Node::Complete(const core::TaskRef& task, const std::string& output) {
  return Submit(task.entity, core::CompleteTask{task, core::TaskSuccess{output}, true});
}

PollReply EngineBench::Node::Poll(int slots, const std::string& session) {
  auto reply = std::make_shared<Reply<std::vector<core::TaskDetails>>>();
  engine_->sessions().PollBegan(session, bench_.time_.MonotonicNow());
  engine_->SessionsChanged();
  dispatch::Poll poll{.worker = "worker",
                      .session = session,
                      .handlers = {{"a", false}},
                      .activity_arn = {},
                      .slots = slots,
                      .respond = [reply](std::vector<core::TaskDetails> tasks) { reply->value = std::move(tasks); }};
  engine_->dispatcher().AddPoll(std::move(poll));
  return reply;
}

bool EngineBench::Node::Said(const std::string& part) const {
  return std::any_of(log_lines_.begin(), log_lines_.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

}  // namespace pawl::partition
