#include "scheduler/catalog/weights.h"

#include <pqxx/pqxx>

#include "scheduler/catalog/tool_pool.h"

namespace pawl::catalog {

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
