#include "scheduler/query/query.h"

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "history/codec/codec.h"
#include "history/state/apply.h"
#include "history/view/view.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"
#include "scheduler/partition/engine.h"
#include "scheduler/query/waits.h"

namespace pawl::query {

using gateway::Reason;
using gateway::Refuse;
using history::DecisionRow;
using history::IndexedExecution;

namespace {

constexpr int kRowsAtOnce = 1000;
constexpr size_t kWaitsMax = 100;  // that a description tells; a Map may stand in thousands of places

std::optional<int16_t> StatusNumber(const std::string& name) {
  for (int16_t number = 0; number <= static_cast<int16_t>(history::ExecutionStatus::kAborted); ++number) {
    if (name == history::ExecutionStatusName(static_cast<history::ExecutionStatus>(number))) return number;
  }
  return std::nullopt;
}

gateway::Execution Summary(const IndexedExecution& indexed) {
  const history::ExecutionOpened& opened = indexed.opened;
  gateway::Execution execution;
  execution.arn = gateway::MakeExecutionArn(opened.region, opened.account, opened.machine, opened.name);
  execution.state_machine_arn = gateway::MakeStateMachineArn({opened.account, opened.region}, opened.machine);
  execution.name = opened.name;
  execution.status = history::ExecutionStatusName(static_cast<history::ExecutionStatus>(indexed.status));
  execution.started = opened.started_at;
  execution.stopped = indexed.stopped_at;
  return execution;
}

// Folds rows into a state; DATA_LOSS where they cannot be read.
absl::StatusOr<history::ExecutionState> FoldRows(const std::vector<DecisionRow>& rows) {
  history::ExecutionState state;
  history::Decoder decoder;
  for (const DecisionRow& row : rows) {
    auto events = decoder.DecodeDecision(row.bytes);
    if (!events.ok()) return events.status();
    for (const history::Event& event : *events) history::Apply(state, event);
    state.revision = row.revision;
  }
  return state;
}

std::optional<int64_t> ParseNumber(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status BadToken() { return Refuse(Reason::kInvalidToken, "Invalid Token: 'Invalid token'"); }

}  // namespace

void Query::FindEntity(const std::string& arn, gateway::Done<IndexedExecution> done) {
  auto parsed = gateway::ParseExecutionArn(arn);
  if (!parsed) return done(Refuse(Reason::kInvalidArn, "Invalid Arn: '" + arn + "'"));
  log_.FindByName({partition::MakeNameKey(parsed->account, parsed->region, parsed->machine, parsed->name)},
                  [arn, done = std::move(done)](auto found) {
                    if (!found.ok()) return done(found.status());
                    if (!found->front()) {
                      return done(Refuse(Reason::kExecutionDoesNotExist, "Execution Does Not Exist: '" + arn + "'"));
                    }
                    done(*std::move(found->front()));
                  });
}

void Query::ReadAll(base::EntityId entity, std::function<void(absl::StatusOr<std::vector<DecisionRow>>)> done) {
  auto all = std::make_shared<std::vector<DecisionRow>>();
  auto next = std::make_shared<std::function<void(int64_t)>>();
  *next = [this, entity, all, next, done = std::move(done)](int64_t from) {
    log_.ReadDecisions(entity, from, kRowsAtOnce, [all, next, done](auto rows) {
      if (!rows.ok()) {
        *next = nullptr;
        return done(rows.status());
      }
      size_t count = rows->size();
      std::move(rows->begin(), rows->end(), std::back_inserter(*all));
      if (count == kRowsAtOnce) return (*next)(all->back().revision + 1);
      auto finish = done;
      *next = nullptr;  // breaks the cycle of the closure with itself
      finish(std::move(*all));
    });
  };
  (*next)(1);
}

void Query::Fold(const std::string& arn,
                 std::function<void(absl::StatusOr<IndexedExecution>, std::vector<DecisionRow>)> done) {
  FindEntity(arn, [this, done = std::move(done)](absl::StatusOr<IndexedExecution> found) {
    if (!found.ok()) return done(found.status(), {});
    auto indexed = std::make_shared<IndexedExecution>(*std::move(found));
    ReadAll(indexed->opened.entity, [indexed, done](absl::StatusOr<std::vector<DecisionRow>> rows) {
      if (!rows.ok()) return done(rows.status(), {});
      done(*indexed, *std::move(rows));
    });
  });
}

void Query::Describe(const std::string& arn, gateway::Done<gateway::Execution> done) {
  Fold(arn, [done = std::move(done)](absl::StatusOr<IndexedExecution> found, std::vector<DecisionRow> rows) {
    if (!found.ok()) return done(found.status());
    auto state = FoldRows(rows);
    if (!state.ok()) return done(state.status());
    gateway::Execution execution = Summary(*found);
    // The rows are at least as new as the index row was.
    execution.status = history::ExecutionStatusName(state->status);
    execution.stopped = state->stopped_at;
    execution.input = state->start.input.text();
    if (state->output) execution.output = state->output->text();
    execution.error = state->error;
    execution.cause = state->cause;
    execution.trace_header = state->start.trace_header;
    execution.waits = WaitsOf(*state, kWaitsMax);
    done(std::move(execution));
  });
}

void Query::FindPinned(const std::string& arn, gateway::Done<Pinned> done) {
  FindEntity(arn, [this, done = std::move(done)](absl::StatusOr<IndexedExecution> found) {
    if (!found.ok()) return done(found.status());
    std::string machine_arn = Summary(*found).state_machine_arn;
    log_.ReadDecisions(found->opened.entity, 1, 1, [machine_arn, done](auto rows) {
      if (!rows.ok()) return done(rows.status());
      auto state = FoldRows(*rows);
      if (!state.ok()) return done(state.status());
      done(Pinned{state->start.definition_digest, machine_arn, state->start.role_arn});
    });
  });
}

void Query::List(const gateway::ListExecutionsRequest& request,
                 gateway::Done<gateway::PageOf<gateway::Execution>> done) {
  auto parsed = gateway::ParseStateMachineArn(request.state_machine_arn);
  if (!parsed) return done(Refuse(Reason::kInvalidArn, "Invalid Arn: '" + request.state_machine_arn + "'"));
  history::ListQuery query{.account = parsed->account, .region = parsed->region, .machine = parsed->name};
  query.limit = request.page.limit + 1;
  if (!request.status.empty()) query.status = StatusNumber(request.status);
  if (!request.page.token.empty()) {
    size_t dot = request.page.token.find('.');
    auto at = ParseNumber(std::string_view(request.page.token).substr(0, dot));
    base::EntityId entity =
        base::EntityId::FromHex(dot == std::string::npos ? "" : std::string_view(request.page.token).substr(dot + 1));
    if (!at || entity.is_none()) return done(BadToken());
    query.before = {base::WallTime(std::chrono::milliseconds(*at)), entity};
  }
  log_.List(std::move(query), [limit = request.page.limit, done = std::move(done)](auto found) {
    if (!found.ok()) return done(found.status());
    gateway::PageOf<gateway::Execution> page;
    for (const IndexedExecution& indexed : *found) {
      if (static_cast<int>(page.items.size()) == limit) {
        const history::ExecutionOpened& last = (*found)[limit - 1].opened;
        page.next_token = std::to_string(last.started_at.time_since_epoch().count()) + "." + last.entity.ToString();
        break;
      }
      page.items.push_back(Summary(indexed));
    }
    done(std::move(page));
  });
}

// A page's token is the id of the last event on the page before; any page size, both directions, concatenated, equals
// the whole.
void Query::History(const gateway::HistoryRequest& request, gateway::Done<gateway::HistoryPage> done) {
  std::optional<int64_t> after;
  if (request.after_event_id > 0) {
    after = request.after_event_id;
  } else if (!request.page.token.empty()) {
    after = ParseNumber(request.page.token);
    if (!after) return done(BadToken());
  }
  Fold(request.execution_arn,
       [request, after, done = std::move(done)](absl::StatusOr<IndexedExecution> found, std::vector<DecisionRow> rows) {
         if (!found.ok()) return done(found.status());
         history::Decoder decoder;
         std::vector<history::Event> events;
         bool ended = false;
         for (const DecisionRow& row : rows) {
           auto decoded = decoder.DecodeDecision(row.bytes);
           if (!decoded.ok()) return done(decoded.status());
           for (history::Event& event : *decoded) {
             ended = ended || std::holds_alternative<history::ExecutionSucceeded>(event.body) ||
                     std::holds_alternative<history::ExecutionFailed>(event.body) ||
                     std::holds_alternative<history::ExecutionAborted>(event.body) ||
                     std::holds_alternative<history::ExecutionTimedOut>(event.body);
             if (event.is_public()) events.push_back(std::move(event));
           }
         }
         if (request.reverse) std::reverse(events.begin(), events.end());
         gateway::HistoryPage page;
         bool cut = false;
         for (const history::Event& event : events) {
           int64_t id = event.id.value();
           if (after && (request.reverse ? id >= *after : id <= *after)) continue;
           if (static_cast<int>(page.events.size()) == request.page.limit) {
             cut = true;
             break;
           }
           page.events.push_back(history::ViewEvent(event, request.include_data));
           page.next_token = std::to_string(id);
         }
         if (!cut) page.next_token.clear();
         page.ended = ended && !cut;
         done(std::move(page));
       });
}

}  // namespace pawl::query
