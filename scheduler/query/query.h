// The read side: describes, lists and shows histories from committed data only.
//
// Thread rule: one thread, that of the executor which the log's completions run on (a thread of its own in production,
// so that folding a long history holds up nobody's decision).
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "history/log/event_log.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::query {

class Query {
 public:
  explicit Query(history::EventLog& log) : log_(log) {}

  // NOT_FOUND as ExecutionDoesNotExist.
  void Describe(const std::string& execution_arn, gateway::Done<gateway::Execution> done);
  // The digest of the definition that the execution pins, and its state machine's ARN and role.
  struct Pinned {
    std::string definition_digest;
    std::string machine_arn;
    std::string role_arn;
  };
  void FindPinned(const std::string& execution_arn, gateway::Done<Pinned> done);
  void FindEntity(const std::string& execution_arn, gateway::Done<history::IndexedExecution> done);
  void List(const gateway::ListExecutionsRequest& request, gateway::Done<gateway::PageOf<gateway::Execution>> done);
  void History(const gateway::HistoryRequest& request, gateway::Done<gateway::HistoryPage> done);

 private:
  // Reads all decisions of an entity, a thousand at a time.
  void ReadAll(base::EntityId entity, std::function<void(absl::StatusOr<std::vector<history::DecisionRow>>)> done);
  void Fold(const std::string& execution_arn,
            std::function<void(absl::StatusOr<history::IndexedExecution>, std::vector<history::DecisionRow>)> done);

  history::EventLog& log_;
};

}  // namespace pawl::query
