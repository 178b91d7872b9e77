// Where state machines, activities and definitions are kept: plain rows. Implemented on PostgreSQL (pg_store.h) and in
// memory (memory_store.h).
//
// Thread rule: calls come from the engine's thread; completions run on the Executor given at construction.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::catalog {

struct MachineKey {
  std::string account;
  std::string region;
  std::string name;
  friend auto operator<=>(const MachineKey&, const MachineKey&) = default;
};
using ActivityKey = MachineKey;

struct MachineRow {
  MachineKey key;
  gateway::StateMachine machine;  // arn and definition filled
  std::string definition_digest;  // lower-case hex SHA-256 of the definition
};

struct PublishedVersion {
  int64_t number = 0;  // 0: refused, the machine's revision is another
  base::WallTime created;
  std::string current_revision;  // of the machine; "INITIAL" before its first update
};

class CatalogStore {
 public:
  template <typename T>
  using Done = std::function<void(absl::StatusOr<T>)>;

  virtual ~CatalogStore() = default;
  virtual void FindMachine(MachineKey key, Done<std::optional<MachineRow>> done) = 0;
  // False: one of that name is there already, and was left alone.
  virtual void InsertMachine(MachineRow row, Done<bool> done) = 0;
  // False: there is none of that name.
  virtual void ReplaceMachine(MachineRow row, Done<bool> done) = 0;
  virtual void DeleteMachine(MachineKey key, Done<bool> done) = 0;
  // False: there is none of that name.
  virtual void SetMachineTags(MachineKey key, std::vector<gateway::Tag> tags, Done<bool> done) = 0;
  virtual void SetActivityTags(ActivityKey key, std::vector<gateway::Tag> tags, Done<bool> done) = 0;
  // Nothing: there is no such machine. A revision that has a version already keeps it.
  virtual void PublishVersion(MachineKey key, std::optional<std::string> revision_id, std::string description,
                              base::WallTime now, Done<std::optional<PublishedVersion>> done) = 0;
  // The machine as it was, with the version's creation and description.
  virtual void FindVersion(MachineKey key, int64_t version, Done<std::optional<MachineRow>> done) = 0;
  // Those below `before` (0: all), the newest first.
  virtual void ListVersions(MachineKey key, int64_t before, int limit, Done<std::vector<PublishedVersion>> done) = 0;
  virtual void DeleteVersion(MachineKey key, int64_t version, Done<bool> done) = 0;
  // By name, those after `after_name`; definitions left out.
  virtual void ListMachines(std::string account, std::string region, std::string after_name, int limit,
                            Done<std::vector<MachineRow>> done) = 0;
  // False: it is there already.
  virtual void InsertDefinition(std::string digest, std::string text, Done<bool> done) = 0;
  virtual void FindDefinition(std::string digest, Done<std::optional<std::string>> done) = 0;

  virtual void FindActivity(ActivityKey key, Done<std::optional<gateway::Activity>> done) = 0;
  virtual void InsertActivity(ActivityKey key, gateway::Activity activity, Done<bool> done) = 0;
  virtual void DeleteActivity(ActivityKey key, Done<bool> done) = 0;
  virtual void ListActivities(std::string account, std::string region, std::string after_name, int limit,
                              Done<std::vector<gateway::Activity>> done) = 0;
};

}  // namespace pawl::catalog
