// Limits on tasks under harm: engines over one store and one table of permits, while they are killed, frozen, given
// other partitions and cut off from either, and requests for permits are late, lost, or carried out unheard.
//
// Checked on what is durable: of a limited handler no more tasks run at any moment than the limit says, in no window do
// more begin than its rate allows, and when the harm is over everything ends and all permits go back.
// SIM_SEED=n runs one seed and prints its story; SIM_RUNS=n that many from SIM_FROM. SIM_PLANTED=1 stops at the first.
#include <cstdio>
#include <cstdlib>
#include <deque>

#include "gtest/gtest.h"
#include "history/memory/memory_log.h"
#include "scheduler/asl/validate/compile.h"
#include "scheduler/partition/engine.h"
#include "tests/simulation/ledger.h"
#include "tests/simulation/story.h"
#include "tests/simulation/world.h"

namespace pawl::simulation {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kPartitions = 6;
constexpr int kExecutions = 40;
constexpr char kProgram[] = R"({"StartAt": "All", "States": {"All": {"Type": "Parallel", "End": true, "Branches": [
  {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:gpu",
     "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "IntervalSeconds": 1}], "Next": "B"},
   "B": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:tune",
     "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "IntervalSeconds": 1}], "End": true}}},
  {"StartAt": "C", "States": {"C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:000000000000:function:free",
     "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 50, "IntervalSeconds": 1}], "End": true}}}]}}})";

// What a database would hold. A request acts once, late or never; its answer may get lost.
class Permits : public dispatch::PermitStore {
 public:
  struct Table {
    dispatch::Limits limits;
    std::map<std::string, dispatch::PermitRows> rows;
    std::map<std::string, dispatch::TokenBucket> buckets;
    bool is_harmful = true;
  };
  Permits(World& world, Process& process, Table& table)
      : world_(world), process_(process), table_(table), chance_(world.Stream("permits")) {}
  ~Permits() override { *alive_ = false; }

  void Exchange(dispatch::PermitRequest request,
                std::function<void(absl::StatusOr<dispatch::PermitResponse>)> done) override {
    const bool never = table_.is_harmful && chance_.Happens(0.05), unheard = table_.is_harmful && chance_.Happens(0.1);
    const milliseconds late(table_.is_harmful && chance_.Happens(0.1) ? chance_.Below(6'000) : chance_.Below(5));
    auto answer = [this, alive = alive_, done = std::move(done)](absl::StatusOr<dispatch::PermitResponse> response) {
      if (*alive) process_.Post([done, response = std::move(response)] { done(response); });
    };
    if (never || unheard) {
      world_.After(milliseconds(chance_.Below(300)), [answer] { answer(absl::UnavailableError("lost")); });
    }
    if (never) return;
    world_.After(late, [&world = world_, &table = table_, request = std::move(request), answer, unheard] {
      dispatch::PermitResponse response = Act(world, table, request);
      if (!unheard) world.After(milliseconds(1), [answer, response] { answer(response); });
    });
  }

 private:
  static dispatch::PermitResponse Act(World& world, Table& table, const dispatch::PermitRequest& request) {
    const auto now = std::chrono::duration_cast<milliseconds>(world.now().time_since_epoch());
    dispatch::PermitResponse response;
    for (const dispatch::PermitAsk& ask : request.permits) {
      response.contended[ask.key] = dispatch::AllocatePermits(*table.limits.at(ask.key).concurrency, now, {ask},
                                                              table.rows[ask.key], response.permits);
    }
    for (const dispatch::TokenAsk& ask : request.tokens) {
      response.tokens.push_back(dispatch::TakeTokens(*table.limits.at(ask.key).rate, now, ask, table.buckets[ask.key]));
    }
    return response;
  }

  World& world_;
  Process& process_;
  Table& table_;
  Chance chance_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

class Harm : public history::FaultPlan {
 public:
  Harm(World& world, const bool& is_on) : chance_(world.Stream("log")), is_on_(is_on) {}
  history::CallFate Next(history::CallKind) override {
    using Outcome = history::CallFate::Outcome;
    history::CallFate fate{Outcome::kAnswered, milliseconds(chance_.Below(10)), milliseconds(chance_.Below(10))};
    if (!is_on_ || !chance_.Happens(0.01)) return fate;
    fate.outcome = chance_.Happens(0.5) ? Outcome::kLostAfter : Outcome::kLostMeanwhile;
    return fate;
  }

 private:
  Chance chance_;
  const bool& is_on_;
};

class Story {
 public:
  Story(uint64_t seed, bool keep_trace)
      : world_(seed),
        chance_(world_.Stream("story")),
        wires_(world_),
        store_(std::make_shared<history::MemoryStore>(world_)),
        ledger_(store_),
        harm_(world_, is_harmful_) {
    if (keep_trace) world_.KeepTrace();
    limit_ = chance_.Between(1, 4);
    rate_ = chance_.Happens(0.5) ? 2 : 5;
    table_.limits["gpu"] = {{"gpu", "tune"}, limit_, {}};
    if (chance_.Happens(0.5)) {
      table_.limits["free"] = {{"free"}, {}, rate_};
      table_.buckets["free"].filled_at = std::chrono::duration_cast<milliseconds>(world_.now().time_since_epoch());
    }
  }

  std::string Go() {
    program_ = asl::Compile(kProgram).program;
    if (program_ == nullptr) return "the program does not compile";
    for (size_t i = 0; i < 3; ++i) Boot(i);
    Spread();
    for (int i = 0; i < kExecutions; ++i) {
      world_.After(milliseconds(chance_.Below(30'000)), [this, i] { Start(i); });
    }
    for (int i = 0; i < 6; ++i) world_.After(milliseconds(chance_.Below(60'000)), [this] { Trouble(); });
    RunFor(seconds(70));
    world_.Tell("nemesis", "stops");
    is_harmful_ = table_.is_harmful = false;
    for (int minutes = 0; minutes < 90 && !AllEnded() && ledger_.violation().empty(); ++minutes) {
      Spread();  // as a membership does, over and over
      RunFor(seconds(60));
    }
    if (!AllEnded()) AccuseOfStanding();
    RunFor(seconds(60));
    for (const auto& [partition, row] : table_.rows["gpu"]) {
      if (row.held != 0) ledger_.Accuse("nothing runs, but permits are held");
    }
    return ledger_.violation();
  }
  const std::vector<std::string>& trace() const { return world_.trace(); }

 private:
  struct Observer : partition::Observer {
    Observer(World& its_world, std::string its_name) : world(its_world), name(std::move(its_name)) {}
    void LogLine(const std::string& sentence) override { world.Tell(name, sentence); }
    World& world;
    const std::string name;
  };
  struct Node {
    Node(World& world, const std::string& name) : process(world), observer(world, name), chance(world.Stream(name)) {}
    ~Node() { process.Kill(); }
    Process process;
    Observer observer;
    Chance chance;
    std::unique_ptr<Permits> permits;
    std::unique_ptr<history::MemoryLog> log;
    std::unique_ptr<partition::Engine> engine;
    std::set<core::TaskRef> held;
  };

  void Boot(size_t index) {
    const std::string name = "node-" + std::to_string(index) + "." + std::to_string(++boots_);
    world_.Tell(name, "boots");
    auto node = std::make_shared<Node>(world_, name);
    node->permits = std::make_unique<Permits>(world_, node->process, table_);
    node->log = std::make_unique<history::MemoryLog>(store_, wires_, world_, &harm_);
    partition::Settings settings{.node = name, .partitions = kPartitions, .wants_all = false};
    node->engine = std::make_unique<partition::Engine>(
        settings, partition::Engine::Parts{.executor = node->process,
                                           .clock = node->process,
                                           .random = node->chance,
                                           .log = *node->log,
                                           .load_program =
                                               [this, &process = node->process](const std::string&, auto done) {
                                                 process.Post([this, done = std::move(done)] { done(program_); });
                                               },
                                           .token = [](const core::TaskRef& task) { return Describe(task); },
                                           .observer = node->observer,
                                           .permits = node->permits.get()});
    node->engine->SetLimits(table_.limits);
    nodes_[index] = node;
    node->process.Post([this, node = node.get()] {
      node->engine->Run();
      Poll(node);
    });
  }

  // Each partition to some node.
  void Spread() {
    std::vector<std::set<base::PartitionId>> wanted(3);
    for (int32_t i = 0; i < kPartitions; ++i) {
      wanted[static_cast<size_t>(chance_.Below(3))].insert(base::PartitionId(i));
    }
    wanted_ = wanted;
    for (size_t i = 0; i < nodes_.size(); ++i) Want(i);
  }
  void Want(size_t index) {
    auto node = nodes_[index];
    if (node == nullptr) return;
    node->process.Post([node = node.get(), wanted = wanted_[index]] { node->engine->SetWanted(wanted); });
  }

  void Trouble() {
    const auto index = static_cast<size_t>(chance_.Below(3));
    switch (chance_.Below(4)) {
      case 0:
        world_.Tell("nemesis", "kills node " + std::to_string(index));
        nodes_[index].reset();
        world_.After(milliseconds(chance_.Below(8'000)), [this, index] {
          if (nodes_[index] != nullptr) return;
          Boot(index);
          Want(index);
        });
        break;
      case 1: {
        if (nodes_[index] == nullptr) return;
        world_.Tell("nemesis", "freezes node " + std::to_string(index));
        // Others take its partitions, and give them back by and by.
        nodes_[index]->process.PauseUntil(world_.now() + milliseconds(chance_.Between(500, 15'000)));
        Spread();
        break;
      }
      default:
        world_.Tell("nemesis", "spreads the partitions anew");
        Spread();
    }
  }

  // The worker of a node: takes tasks, works for a while, reports; its heartbeats are its polls.
  void Poll(Node* node) {
    dispatch::Sessions& sessions = node->engine->sessions();
    const base::MonotonicTime now = node->process.MonotonicNow();
    const std::string session = node->observer.name + "/worker";
    sessions.PollBegan(session, now);
    for (const core::TaskRef& task : node->held) sessions.Expect(session, task, now, std::nullopt);
    node->engine->SessionsChanged();
    auto finished = std::make_shared<bool>(false);
    const auto poll = node->engine->dispatcher().AddPoll(
        {.worker = session,
         .session = session,
         .handlers = {{"gpu", false}, {"tune", false}, {"free", false}},
         .activity_arn = {},
         .slots = 5,
         .respond = [this, node, session, finished](const std::vector<core::TaskDetails>& tasks) {
           *finished = true;
           for (const core::TaskDetails& details : tasks) {
             ledger_.OnHandedOut(details.task);
             node->held.insert(details.task);
             node->process.PostAt(node->process.MonotonicNow() + milliseconds(chance_.Between(20, 2'000)),
                                  [this, node, task = details.task] { Complete(node, task); });
           }
           node->engine->sessions().PollEnded(session, node->process.MonotonicNow());
           node->process.PostAt(node->process.MonotonicNow() + milliseconds(5), [this, node] { Poll(node); });
         }});
    node->process.PostAt(now + seconds(2), [node, poll, finished] {
      if (*finished) return;
      node->engine->dispatcher().Hurry(poll);
      node->engine->dispatcher().Flush();
    });
  }

  // By whichever node owns the execution's partition.
  void Complete(Node* node, const core::TaskRef& task) {
    for (const auto& other : nodes_) {
      if (other == nullptr || !other->engine->Serves(task.entity.slot())) continue;
      other->process.Post([this, node, other = other.get(), task] {
        other->engine->Submit(task.entity,
                              core::CompleteTask{.task = task, .outcome = core::TaskSuccess{"{}"}, .from_holder = true},
                              [this, node, task](const absl::Status& status) {
                                if (absl::IsUnavailable(status)) return Again(node, task);
                                Drop(node, task);
                              });
      });
      return;
    }
    Again(node, task);
  }
  void Again(Node* node, const core::TaskRef& task) {
    if (!IsAlive(node)) return;
    node->process.PostAt(node->process.MonotonicNow() + milliseconds(300),
                         [this, node, task] { Complete(node, task); });
  }
  void Drop(Node* node, const core::TaskRef& task) {
    if (!IsAlive(node)) return;
    node->process.Post([node, task] {
      node->held.erase(task);
      node->engine->sessions().Drop(task, false);
    });
  }
  bool IsAlive(const Node* node) const {
    return std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& one) { return one.get() == node; });
  }

  void Start(int index) {
    partition::StartRequest request;
    request.start.input = history::Payload::FromText("{}");
    request.start.account = "000000000000";
    request.start.region = "us-east-1";
    request.start.machine = "sim";
    request.start.name = "run-" + std::to_string(index);
    request.start.definition_digest = "digest";
    request.program = program_;
    const auto key = partition::MakeNameKey("000000000000", "us-east-1", "sim", request.start.name);
    auto again = [this, index] { world_.After(milliseconds(300), [this, index] { Start(index); }); };
    for (const auto& node : nodes_) {
      if (node == nullptr || !node->engine->Serves(history::SlotOfName(key))) continue;
      auto answered = std::make_shared<bool>(false);
      node->process.Post([=, node = node.get()] {
        node->engine->Start(request, [again, answered](const auto& started) {
          if (std::exchange(*answered, true)) return;
          if (!started.ok() && !absl::IsAlreadyExists(started.status())) again();
        });
      });
      world_.After(seconds(20), [again, answered] {
        if (!std::exchange(*answered, true)) again();
      });
      return;
    }
    again();
  }

  // ---- checking

  void RunFor(seconds time) {
    world_.RunUntil(world_.now() + time, [this] {
      Check();
      return ledger_.violation().empty();
    });
  }

  void Check() {
    const size_t rows = ledger_.rows();
    ledger_.CatchUp();
    if (ledger_.rows() == rows) return;
    int64_t running = 0;
    for (const auto& [id, state] : ledger_.executions()) {
      if (!state.is_running()) continue;
      for (const auto& [frame_id, frame] : state.frames) {
        const auto* task = std::get_if<history::WaitingForTask>(&frame.waiting);
        if (task == nullptr || !task->started) continue;
        if (task->task.queue == "free") {
          if (begun_.insert({id, frame_id, task->scheduled_event, task->attempt}).second) NoteBegin();
        } else {
          ++running;
        }
      }
    }
    if (running > limit_) {
      ledger_.Accuse(std::to_string(running) + " tasks run, but the limit is " + std::to_string(limit_));
    }
  }

  // In no window of T seconds more than rate * (T + 3) + 1. One that began and ended between two looks is missed.
  void NoteBegin() {
    if (!table_.limits.contains("free")) return;
    begins_.push_back(world_.now());
    for (size_t i = begins_.size() > 200 ? begins_.size() - 200 : 0; i < begins_.size(); ++i) {
      const double window = std::chrono::duration<double>(begins_.back() - begins_[i]).count();
      const double most = rate_ * (window + 3) + 1;
      if (static_cast<double>(begins_.size() - i) > most)
        return ledger_.Accuse("more tasks begin than the rate allows");
    }
  }

  void AccuseOfStanding() {
    std::string found = std::to_string(ledger_.executions().size()) + " executions were started";
    for (const auto& [id, state] : ledger_.executions()) {
      if (state.is_running()) found += "; " + state.start.name + " stands still: " + DescribeWaiting(state);
    }
    for (const auto& node : nodes_) {
      if (node == nullptr) continue;
      found += "; " + node->observer.name + " has " + std::to_string(node->engine->stats().partitions_owned);
      for (const auto& one : node->engine->limiter().stats()) {
        found += ", of " + one.key + " " + std::to_string(one.waiting) + " waiting, " + std::to_string(one.granted) +
                 " granted, " + std::to_string(one.held) + " held";
      }
    }
    ledger_.Accuse(found);
  }

  bool AllEnded() {
    ledger_.CatchUp();
    size_t ended = 0;
    for (const auto& [id, state] : ledger_.executions()) ended += state.is_running() ? 0 : 1;
    return ended == kExecutions;
  }

  World world_;
  Chance chance_;
  Process wires_;
  std::shared_ptr<history::MemoryStore> store_;
  Ledger ledger_;
  bool is_harmful_ = true;
  Harm harm_;
  Permits::Table table_;
  int64_t limit_ = 1;
  double rate_ = 1;
  std::shared_ptr<const asl::Program> program_;
  std::vector<std::set<base::PartitionId>> wanted_{3};
  std::vector<std::shared_ptr<Node>> nodes_{3};
  std::set<core::TaskRef> begun_;
  std::vector<base::MonotonicTime> begins_;
  int boots_ = 0;
};

uint64_t FromEnvironment(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr ? std::strtoull(value, nullptr, 10) : otherwise;
}

TEST(LimitsSimulation, SwarmKeepsEveryPromise) {
  auto run = [](uint64_t seed, bool keep_trace) {
    Story story(seed, keep_trace);
    const std::string violation = story.Go();
    for (const std::string& line : story.trace()) std::fprintf(stderr, "%s\n", line.c_str());
    if (!violation.empty()) {
      ADD_FAILURE() << violation << "\nreproduce: SIM_SEED=" << seed << " limits_simulation_test";
    }
    return violation.empty();
  };
  if (std::getenv("SIM_SEED") != nullptr) {
    run(FromEnvironment("SIM_SEED", 1), true);
    return;
  }
  const uint64_t from = FromEnvironment("SIM_FROM", static_cast<uint64_t>(std::time(nullptr)) / 86'400 * 100'000);
  const uint64_t runs = FromEnvironment("SIM_RUNS", 60);
  int failed = 0;
  const int failed_max = std::getenv("SIM_PLANTED") != nullptr ? 1 : 3;
  for (uint64_t seed = from; seed < from + runs && failed < failed_max; ++seed) failed += run(seed, false) ? 0 : 1;
}

}  // namespace
}  // namespace pawl::simulation
