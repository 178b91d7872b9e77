#include "scheduler/catalog/weights.h"

#include <pqxx/pqxx>
#include <utility>

namespace pawl::catalog {
namespace {

pg::PoolOptions OfTool() { return {.threads = 1, .application_name = "pawl admin"}; }

Weights Read(pqxx::connection_base& connection) {
  Weights weights;
  pqxx::nontransaction statement(connection);
  for (const pqxx::row& row : statement.exec("select flow, weight from pawl.weights")) {
    weights[row[0].as<std::string>()] = row[1].as<uint32_t>();
  }
  return weights;
}

}  // namespace

absl::StatusOr<Weights> ReadWeights(const std::string& conninfo) {
  Weights weights;
  absl::Status status = pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    weights = Read(connection);
    return absl::OkStatus();
  });
  if (!status.ok()) return status;
  return weights;
}

absl::Status WriteWeight(const std::string& conninfo, const std::string& flow, uint32_t weight) {
  return pg::Pool(conninfo, OfTool()).Run([&](pqxx::connection_base& connection) {
    pqxx::nontransaction statement(connection);
    if (weight == 1) {
      statement.exec_params("delete from pawl.weights where flow = $1", flow);
    } else {
      statement.exec_params(
          "insert into pawl.weights (flow, weight) values ($1, $2) "
          "on conflict (flow) do update set weight = excluded.weight, updated_at = now()",
          flow, weight);
    }
    return absl::OkStatus();
  });
}

WeightWatch::WeightWatch(pg::Pool& pool, base::Executor& executor, const base::Clock& clock,
                         std::chrono::milliseconds every, std::function<void(const Weights&)> changed)
    : pool_(pool), executor_(executor), clock_(clock), every_(every), changed_(std::move(changed)) {}

void WeightWatch::Run() {
  auto read = std::make_shared<Weights>();
  pool_.Submit(
      [read](pqxx::connection_base& connection) {
        *read = Read(connection);
        return absl::OkStatus();
      },
      [this, alive = alive_, read, &executor = executor_](const absl::Status& status) {
        executor.Post([this, alive, read, ok = status.ok()] {
          if (!*alive) return;
          if (ok && *read != last_) {
            last_ = *read;
            changed_(last_);
          }
          executor_.PostAt(clock_.MonotonicNow() + every_, [this, alive] {
            if (*alive) Run();
          });
        });
      });
}

}  // namespace pawl::catalog
