#include "history/postgres/losses.h"

#include <pqxx/pqxx>

#include "shared/base/status.h"
#include "shared/pg/conninfo.h"
#include "shared/pg/errors.h"

namespace pawl::history {
namespace {

absl::Status Connected(const std::string& conninfo, const std::function<void(pqxx::connection&)>& work) {
  absl::Status status;
  try {
    pqxx::connection connection(conninfo);
    status = pg::Guard([&] {
      work(connection);
      return absl::OkStatus();
    });
  } catch (const std::exception& error) {
    return pg::ConnectError(conninfo, error.what());
  }
  return base::Annotate(status, "database (" + pg::DescribeConnection(conninfo) + ")");
}

}  // namespace

std::string DescribeLoss(const Loss& loss) {
  if (loss.decisions() == 0) {
    return "partition " + std::to_string(loss.partition.value()) + " may lack decisions from sequence " +
           std::to_string(loss.first_missing.value()) + " on";
  }
  return "partition " + std::to_string(loss.partition.value()) + " lacks sequences " +
         std::to_string(loss.first_missing.value()) + " to " + std::to_string(loss.last_missing.value()) + " (" +
         std::to_string(loss.decisions()) + " decisions)";
}

absl::StatusOr<std::vector<Loss>> ReadLosses(const std::string& conninfo) {
  std::vector<Loss> losses;
  PAWL_RETURN_IF_ERROR(Connected(conninfo, [&](pqxx::connection& connection) {
    pqxx::nontransaction query(connection);
    for (const pqxx::row& row : query.exec("select partition, first_missing, last_missing, node from pawl.losses where "
                                           "accepted_at is null order by partition, first_missing")) {
      losses.push_back({base::PartitionId(row[0].as<int32_t>()), base::Sequence(row[1].as<int64_t>()),
                        base::Sequence(row[2].as<int64_t>()), row[3].c_str()});
    }
  }));
  return losses;
}

absl::StatusOr<int> AcceptLosses(const std::string& conninfo, const std::vector<Loss>& losses) {
  int accepted = 0;
  PAWL_RETURN_IF_ERROR(Connected(conninfo, [&](pqxx::connection& connection) {
    pqxx::work transaction(connection);
    for (const Loss& loss : losses) {
      // Exactly what was shown: one that has grown meanwhile has to be looked at again.
      accepted += static_cast<int>(
          transaction
              .exec_params("update pawl.losses set accepted_at = now() where partition = $1 "
                           "and first_missing = $2 and last_missing = $3 and accepted_at is null",
                           loss.partition.value(), loss.first_missing.value(), loss.last_missing.value())
              .affected_rows());
    }
    transaction.commit();
  }));
  return accepted;
}

}  // namespace pawl::history
