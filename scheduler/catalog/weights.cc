#include "scheduler/catalog/weights.h"

#include <pqxx/pqxx>

#include "shared/pg/pool.h"

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

}  // namespace pawl::catalog
