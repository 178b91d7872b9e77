#include "tests/simulation/cluster_worker.h"

#include <utility>

#include "tests/simulation/program.h"

namespace pawl::simulation {

using core::TaskRef;
using std::chrono::milliseconds;

ClusterWorker::ClusterWorker(Network& network, Ledger& ledger, std::string name, const Nodes& nodes,
                             const Faults& faults)
    : network_(network),
      world_(network.world()),
      ledger_(ledger),
      name_(std::move(name)),
      nodes_(nodes),
      faults_(faults),
      chance_(world_.Stream(name_)) {}

void ClusterWorker::Begin() {
  auto life = std::make_shared<Life>();
  life->session = name_ + "#" + std::to_string(++lives_);
  life->home = AnyPlace();
  Poll(life);
}

void ClusterWorker::TurnElsewhere(const LifePtr& life) {
  life->home = AnyPlace();
  life->in_touch = false;
  world_.Tell(life->session, "turns to place " + std::to_string(life->home));
  world_.After(milliseconds(100), [this, life] { Poll(life); });
}

void ClusterWorker::Poll(const LifePtr& life) {
  if (life->over) return;
  auto node = nodes_[life->home];
  if (node == nullptr) return TurnElsewhere(life);
  ClusterNode::Poll poll{life->session, {life->held.begin(), life->held.end()}, !life->in_touch};
  auto answered = std::make_shared<bool>(false);
  network_.Send(life->session, node->name(), [this, life, answered, poll, from = node->name()](ClusterNode& there) {
    there.TakePoll(poll, [this, life, answered, from](const auto& tasks, const auto& over) {
      network_.Carry(from, life->session, [this, life, answered, tasks, over] {
        if (!std::exchange(*answered, true)) OnPolled(life, tasks, over);
      });
    });
  });
  world_.After(milliseconds(7'000), [this, life, answered] {
    if (!std::exchange(*answered, true)) TurnElsewhere(life);
  });
}

void ClusterWorker::OnPolled(const LifePtr& life, const std::vector<core::TaskDetails>& tasks,
                             const std::vector<TaskRef>& over) {
  if (life->over) return;
  life->in_touch = true;
  for (const TaskRef& task : over) life->held.erase(task);
  for (const core::TaskDetails& details : tasks) {
    if (!life->over) Take(life, details);
  }
  if (chance_.Happens(faults_.roam)) return TurnElsewhere(life);
  world_.After(milliseconds(life->held.size() > 3 ? 800 : 5), [this, life] { Poll(life); });
}

void ClusterWorker::Take(const LifePtr& life, const core::TaskDetails& details) {
  if (chance_.Happens(faults_.die)) {
    world_.Tell(life->session, "dies before it begins " + Describe(details.task));
    life->over = true;
    world_.After(milliseconds(chance_.Between(100, 8'000)), [this] { Begin(); });
    return;
  }
  life->held.insert(details.task);
  world_.Tell(life->session, "begins " + Describe(details.task));
  ledger_.OnBegun(details.task);
  TaskAnswer answer = AnswerOf(nlohmann::json::parse(details.input));
  std::optional<std::string> output;
  if (answer.succeeds) output = answer.output.dump();
  Beat(life, details.task, chance_.Happens(faults_.beat_by_token));
  milliseconds work(chance_.Happens(0.1) ? chance_.Between(5'000, 20'000) : chance_.Between(1, 2'000));
  world_.After(work, [this, life, task = details.task, output] { Report(life, task, output); });
}

void ClusterWorker::Beat(const LifePtr& life, const TaskRef& task, bool by_token) {
  if (life->over || !life->held.contains(task)) return;
  if (auto node = nodes_[by_token ? AnyPlace() : life->home]; node != nullptr) {
    network_.Send(life->session, node->name(), [session = life->session, task, by_token](ClusterNode& there) {
      if (by_token) return there.BeatByToken(task);
      there.Beat(session, task);
    });
  }
  world_.After(milliseconds(300), [this, life, task, by_token] { Beat(life, task, by_token); });
}

void ClusterWorker::Report(const LifePtr& life, const TaskRef& task, std::optional<std::string> output) {
  if (life->over || !life->held.contains(task)) return;
  auto again = [this, life, task, output] {
    world_.After(milliseconds(200), [this, life, task, output] { Report(life, task, output); });
  };
  auto node = nodes_[life->home];
  if (node == nullptr) return again();
  auto answered = std::make_shared<bool>(false);
  network_.Send(life->session, node->name(), [=, this, from = node->name()](ClusterNode& there) {
    there.Complete(task, output, [=, this](const absl::Status& status) {
      network_.Carry(from, life->session, [=] {
        if (std::exchange(*answered, true)) return;
        if (absl::IsUnavailable(status)) return again();
        life->held.erase(task);
      });
    });
  });
  world_.After(milliseconds(6'000), [=] {
    if (!std::exchange(*answered, true)) again();
  });
}

}  // namespace pawl::simulation
