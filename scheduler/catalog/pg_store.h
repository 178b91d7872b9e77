// CatalogStore on PostgreSQL: the tables of history/migrations/sql/0002_catalog.sql.
#pragma once

#include "scheduler/catalog/store.h"
#include "shared/base/executor.h"
#include "shared/pg/pool.h"

namespace pawl::catalog {

class PgStore : public CatalogStore {
 public:
  // Both outlive the store.
  PgStore(pg::Pool& pool, base::Executor& executor) : pool_(pool), executor_(executor) {}

  void FindMachine(MachineKey key, Done<std::optional<MachineRow>> done) override;
  void InsertMachine(MachineRow row, Done<bool> done) override;
  void ReplaceMachine(MachineRow row, Done<bool> done) override;
  void SetMachineTags(MachineKey key, std::vector<gateway::Tag> tags, Done<bool> done) override;
  void SetActivityTags(ActivityKey key, std::vector<gateway::Tag> tags, Done<bool> done) override;
  void PublishVersion(MachineKey key, std::optional<std::string> revision_id, std::string description,
                      base::WallTime now, Done<std::optional<PublishedVersion>> done) override;
  void FindVersion(MachineKey key, int64_t version, Done<std::optional<MachineRow>> done) override;
  void ListVersions(MachineKey key, int64_t before, int limit, Done<std::vector<PublishedVersion>> done) override;
  void DeleteVersion(MachineKey key, int64_t version, Done<bool> done) override;
  void DeleteMachine(MachineKey key, Done<bool> done) override;
  void ListMachines(std::string account, std::string region, std::string after_name, int limit,
                    Done<std::vector<MachineRow>> done) override;
  void InsertDefinition(std::string digest, std::string text, Done<bool> done) override;
  void FindDefinition(std::string digest, Done<std::optional<std::string>> done) override;
  void FindActivity(ActivityKey key, Done<std::optional<gateway::Activity>> done) override;
  void InsertActivity(ActivityKey key, gateway::Activity activity, Done<bool> done) override;
  void DeleteActivity(ActivityKey key, Done<bool> done) override;
  void ListActivities(std::string account, std::string region, std::string after_name, int limit,
                      Done<std::vector<gateway::Activity>> done) override;

 private:
  // Runs `query` on a pool thread and brings its answer, or what went wrong, to the executor.
  template <typename T, typename Query>
  void Ask(Query query, Done<T> done);

  pg::Pool& pool_;
  base::Executor& executor_;
};

}  // namespace pawl::catalog
