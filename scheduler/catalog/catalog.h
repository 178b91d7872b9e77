// State machines and activities, with compiled programs at hand.
//
// What was read is kept for a second before it is read again, so a change made through another node is seen within that
// time; a change made here is seen at once. Programs are kept by digest as long as anything uses them.
// Thread rule: the engine's thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/asl/program.h"
#include "scheduler/catalog/store.h"
#include "scheduler/gateway/gateway.h"
#include "shared/base/clock.h"
#include "shared/base/random.h"

namespace pawl::catalog {

struct Machine {
  MachineRow row;
  std::shared_ptr<const asl::Program> program;
};

class Catalog {
 public:
  Catalog(CatalogStore& store, const base::Clock& clock, base::Random& random)
      : store_(store), clock_(clock), random_(random) {}

  void Create(const gateway::Caller& caller, gateway::CreateStateMachineRequest request,
              gateway::Done<gateway::StateMachine> done);
  void Update(gateway::UpdateStateMachineRequest request, gateway::Done<gateway::StateMachine> done);
  void Delete(const std::string& arn, gateway::Done<gateway::Nothing> done);
  void List(const gateway::Caller& caller, gateway::Page page,
            gateway::Done<gateway::PageOf<gateway::StateMachine>> done);
  // A version by its own ARN. NOT_FOUND as StateMachineDoesNotExist.
  void Find(const std::string& arn, gateway::Done<std::shared_ptr<const Machine>> done);
  // Keeps a definition that belongs to no machine, so that an execution can pin it.
  struct KeptDefinition {
    std::string digest;
    std::shared_ptr<const asl::Program> program;
  };
  void KeepDefinition(const std::string& text, std::function<void(absl::StatusOr<KeptDefinition>)> done);
  void LoadProgram(const std::string& digest,
                   std::function<void(absl::StatusOr<std::shared_ptr<const asl::Program>>)> done);

  void PublishVersion(gateway::PublishVersionRequest request, gateway::Done<gateway::StateMachineVersion> done);
  void ListVersions(const std::string& arn, gateway::Page page,
                    gateway::Done<gateway::PageOf<gateway::StateMachineVersion>> done);
  // No error where there is none.
  void DeleteVersion(const std::string& arn, gateway::Done<gateway::Nothing> done);

  // Of a state machine or an activity.
  void ListTags(const std::string& arn, gateway::Done<std::vector<gateway::Tag>> done);
  void ChangeTags(const std::string& arn, std::vector<gateway::Tag> set, std::vector<std::string> removed,
                  gateway::Done<gateway::Nothing> done);

  void CreateActivity(const gateway::Caller& caller, std::string name, std::vector<gateway::Tag> tags,
                      std::string encryption_json, gateway::Done<gateway::Activity> done);
  void FindActivity(const std::string& arn, gateway::Done<gateway::Activity> done);
  void DeleteActivity(const std::string& arn, gateway::Done<gateway::Nothing> done);
  void ListActivities(const gateway::Caller& caller, gateway::Page page,
                      gateway::Done<gateway::PageOf<gateway::Activity>> done);

 private:
  struct Cached {
    std::shared_ptr<const Machine> machine;
    base::MonotonicTime read_at;
  };
  absl::StatusOr<std::shared_ptr<const asl::Program>> Compile(const std::string& digest, const std::string& text,
                                                              const std::string& type);
  absl::StatusOr<std::shared_ptr<const Machine>> Keep(MachineRow row);
  void FindVersion(const MachineKey& key, int64_t version, const std::string& arn,
                   gateway::Done<std::shared_ptr<const Machine>> done);
  // Publishes what `machine` is now, where that is asked, and answers with it.
  void Answer(const gateway::StateMachine& machine, const std::optional<gateway::Publishing>& publish,
              gateway::Done<gateway::StateMachine> done);

  CatalogStore& store_;
  const base::Clock& clock_;
  base::Random& random_;
  std::map<MachineKey, Cached> machines_;
  // Who waits for a read that is under way: what thousands of starts need, one read brings.
  std::map<MachineKey, std::vector<gateway::Done<std::shared_ptr<const Machine>>>> finding_;
  std::unordered_map<std::string, std::weak_ptr<const asl::Program>> programs_;
};

std::string Sha256Hex(const std::string& text);

}  // namespace pawl::catalog
