// How much disk a workflow takes, everything included: a workflow of ten activities in a row, as the engine decides it,
// 60 of them at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <list>
#include <optional>
#include <string>
#include <thread>

#include "history/codec/codec.h"
#include "history/state/apply.h"
#include "tests/contract/postgres_target.h"

namespace pawl::test {
namespace {

using namespace history;

constexpr int kSteps = 10;
constexpr int kAtATime = 60;
constexpr int kWorkflows = 3000;
constexpr int64_t kBytesMax = 2500;

// One execution, told decision by decision.
class Chain {
 public:
  explicit Chain(int number) : number_(number), now_(StartOf(0) + std::chrono::milliseconds(number * 3)) {
    state_.id = base::EntityId::Make(now_.time_since_epoch().count(), base::Slot(number * 97 % 4096),
                                     0x9e3779b97f4a7c15u * static_cast<uint64_t>(number + 1));
  }

  bool HasEnded() const { return step_ > kSteps; }

  // The next decision goes into `batch`.
  void Decide(PartitionBatch& batch) {
    events_.clear();
    size_t names_before = state_.names.size();
    now_ += std::chrono::milliseconds(4);
    if (step_ == 0) {
      Begin(batch);
    } else {
      Payload result = Payload::FromText(R"({"step":)" + std::to_string(step_) + R"(,"status":"ok"})");
      Emit(1, TaskSucceeded{.output = result});
      flowing_ = Payload::Ref(state_.last_event, 0, result);
      Emit(1, StateExited{.name = StateName(), .kind = StateKind::kTask, .output = flowing_});
    }
    ++step_;
    if (HasEnded()) {
      Emit(1, ExecutionSucceeded{flowing_});
      batch.closed.push_back({.entity = state_.id, .status = 1, .stopped_at = now_});
    } else {
      EnterStep();
    }
    batch.decisions.push_back({.entity = state_.id,
                               .revision = ++state_.revision,
                               .first_event = events_.front().id,
                               .bytes = EncodeDecision(events_, names_before, state_.names)});
  }

 private:
  std::string StateName() const { return "Step" + std::to_string(step_); }

  void Begin(PartitionBatch& batch) {
    ExecutionStarted start{.input = Payload::FromText(R"({"order":)" + std::to_string(number_) + "}"),
                           .role_arn = "arn:aws:iam::000000000000:role/pawl",
                           .account = "000000000000",
                           .region = "us-east-1",
                           .machine = "chain10",
                           .name = Name(),
                           .definition_digest = std::string(64, 'd')};
    flowing_ = Payload::Ref(base::EventId(1), 0, start.input);
    Emit(0, std::move(start));
    NameKey key = state_.id.bytes();
    std::reverse(key.begin(), key.end());
    batch.opened.push_back({.entity = state_.id,
                            .name_key = key,
                            .input_digest = key,
                            .account = "000000000000",
                            .region = "us-east-1",
                            .machine = "chain10",
                            .name = Name(),
                            .started_at = now_});
  }

  void EnterStep() {
    std::string resource = "arn:aws:states:us-east-1:000000000000:activity:noop";
    Emit(1, StateEntered{.name = StateName(), .kind = StateKind::kTask, .input = flowing_});
    Emit(1, TaskScheduled{.resource = resource, .queue = resource, .input = flowing_});
    Emit(1, TaskStarted{.worker = "worker-1", .session = "0f9a3c52-7d0b-4c55-a9a1-55d7c1b2e0aa"});
  }

  std::string Name() const { return state_.id.ToString(); }

  void Emit(int64_t frame, EventBody body) {
    const Frame* here = state_.Find(base::FrameId(frame));
    events_.push_back({.id = state_.last_event.next(),
                       .previous = here ? here->last_event : base::EventId(0),
                       .at = now_,
                       .frame = base::FrameId(frame),
                       .body = std::move(body)});
    Apply(state_, events_.back());
  }

  int number_;
  base::WallTime now_;
  ExecutionState state_;
  Payload flowing_;
  int step_ = 0;
  std::vector<Event> events_;
};

TEST(StoredBytes, AWorkflowOfTenStepsStaysWithinItsBudget) {
  PostgresTarget target;
  std::optional<Driver> session(std::in_place, target);
  Driver& driver = *session;
  driver.Claim("a", {0});
  int64_t sequence = 1;
  size_t row_bytes = 0;
  // As they come in a running service: in every batch some begin and some end.
  std::list<Chain> running;
  int begun = 0;
  for (int round = 0; begun < kWorkflows || !running.empty(); ++round) {
    for (int i = 0; i < kAtATime / (kSteps + 1) && begun < kWorkflows; ++i) running.emplace_back(begun++);
    PartitionBatch batch = Batch(0, 1, sequence);
    for (Chain& chain : running) chain.Decide(batch);
    running.remove_if([](const Chain& chain) { return chain.HasEnded(); });
    for (const DecisionRow& row : batch.decisions) row_bytes += row.bytes.size();
    sequence += static_cast<int64_t>(batch.decisions.size());
    AppendResult result = driver.Append({std::move(batch)});
    ASSERT_EQ(result.code, AppendCode::kCommitted) << result.error;
    ASSERT_TRUE(result.refused.empty());
    if (round % 20 == 0) driver.Renew("a");
  }
  // As autovacuum does: the table of open executions stays as small as they are few.
  ASSERT_TRUE(target.Connect()->Execute("vacuum pawl.open_executions").ok());
  auto bytes_of = [&](const std::string& tables) {
    return target.Number(
               "select sum(pg_total_relation_size(c.oid))::bigint from pg_class c join pg_namespace n on "
               "n.oid = c.relnamespace where n.nspname = 'pawl' and c.relkind = 'r' and c.relname ~ '" +
               tables + "'") /
           kWorkflows;
  };
  int64_t log = bytes_of("^log_");
  int64_t index = bytes_of("^executions$");
  int64_t open = bytes_of("^open_executions$");
  RecordProperty("encoded_bytes_per_workflow", std::to_string(row_bytes / kWorkflows));
  RecordProperty("log_bytes_per_workflow", std::to_string(log));
  RecordProperty("execution_bytes_per_workflow", std::to_string(index));
  RecordProperty("open_bytes_per_workflow", std::to_string(open));
  std::printf("bytes a workflow: encoded %zu, log %ld, executions %ld, open %ld\n", row_bytes / kWorkflows,
              static_cast<long>(log), static_cast<long>(index), static_cast<long>(open));
  EXPECT_LE(log + index + open, kBytesMax);

  // Closing an execution changes its index row within the page. A backend reports what it did when it ends.
  session.reset();
  const auto updates = [&](const std::string& column) {
    return target.Number("select " + column + " from pg_stat_user_tables where relname = 'executions'");
  };
  for (int i = 0; i < 500 && updates("n_tup_upd") < kWorkflows; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  ASSERT_EQ(updates("n_tup_upd"), kWorkflows);
  EXPECT_GT(updates("n_tup_hot_upd") * 100 / kWorkflows, 90);
}

}  // namespace
}  // namespace pawl::test
