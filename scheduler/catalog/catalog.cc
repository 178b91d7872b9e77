#include "scheduler/catalog/catalog.h"

#include <openssl/sha.h>

#include <utility>

#include "scheduler/asl/validate/compile.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::catalog {

using gateway::Reason;
using gateway::Refuse;

std::string Sha256Hex(const std::string& text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

namespace {

constexpr std::chrono::seconds kFresh{1};
constexpr size_t kMachinesMax = 10'000;

absl::StatusOr<MachineKey> KeyOfMachine(const std::string& arn) {
  auto parsed = gateway::ParseStateMachineArn(arn);
  if (!parsed) return Refuse(Reason::kInvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + arn + "'");
  return MachineKey{parsed->account, parsed->region, parsed->name};
}

absl::StatusOr<ActivityKey> KeyOfActivity(const std::string& arn) {
  auto parsed = gateway::ParseActivityArn(arn);
  if (!parsed) return Refuse(Reason::kInvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + arn + "'");
  return ActivityKey{parsed->account, parsed->region, parsed->name};
}

absl::Status NoSuchMachine(const std::string& arn) {
  return Refuse(Reason::kStateMachineDoesNotExist, "State Machine Does Not Exist: '" + arn + "'");
}

absl::Status NoSuchActivity(const std::string& arn) {
  return Refuse(Reason::kActivityDoesNotExist, "Activity Does Not Exist: '" + arn + "'");
}

// Step Functions' idempotency key of CreateStateMachine; role and tags are not part of it (STEP_FUNCTIONS.md 1.2).
bool SameRequest(const gateway::StateMachine& a, const gateway::StateMachine& b) {
  return a.definition == b.definition && a.type == b.type && a.logging_json == b.logging_json &&
         a.tracing_json == b.tracing_json && a.encryption_json == b.encryption_json;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const asl::Program>> Catalog::Compile(const std::string& digest, const std::string& text,
                                                                     const std::string& type) {
  // What a Standard machine may say, an Express machine may not, so its definition is checked for itself.
  const bool is_express = type == "EXPRESS";
  const std::string key = is_express ? "EXPRESS " + digest : digest;
  if (auto kept = programs_.find(key); kept != programs_.end()) {
    if (auto program = kept->second.lock()) return program;
  }
  asl::CompileResult result =
      asl::Compile(text, {.type = is_express ? asl::MachineType::kExpress : asl::MachineType::kStandard});
  if (result.program == nullptr) {
    return Refuse(Reason::kInvalidDefinition, asl::InvalidDefinitionMessage(result.diagnostics));
  }
  programs_[key] = result.program;
  return result.program;
}

absl::StatusOr<std::shared_ptr<const Machine>> Catalog::Keep(MachineRow row) {
  auto program = Compile(row.definition_digest, row.machine.definition, row.machine.type);
  if (!program.ok()) return program.status();
  MachineKey key = row.key;
  auto machine = std::make_shared<const Machine>(Machine{std::move(row), *std::move(program)});
  if (machines_.size() >= kMachinesMax) machines_.clear();
  machines_[key] = {machine, clock_.MonotonicNow()};
  return std::shared_ptr<const Machine>(machine);
}

void Catalog::Create(const gateway::Caller& caller, gateway::CreateStateMachineRequest request,
                     gateway::Done<gateway::StateMachine> done) {
  MachineRow row;
  row.key = {caller.account, caller.region, request.name};
  row.definition_digest = Sha256Hex(request.definition);
  auto program = Compile(row.definition_digest, request.definition, request.type);
  if (!program.ok()) return done(program.status());
  gateway::StateMachine& machine = row.machine;
  machine.arn = gateway::MakeStateMachineArn(caller, request.name);
  machine.name = std::move(request.name);
  machine.definition = std::move(request.definition);
  machine.role_arn = std::move(request.role_arn);
  machine.type = std::move(request.type);
  machine.created = machine.updated = clock_.WallNow();
  machine.logging_json = std::move(request.logging_json);
  machine.tracing_json = std::move(request.tracing_json);
  machine.encryption_json = std::move(request.encryption_json);
  machine.tags = std::move(request.tags);

  auto wanted = std::make_shared<MachineRow>(std::move(row));
  store_.InsertMachine(*wanted, [this, wanted, publish = request.publish, done = std::move(done),
                                 keep = *program](absl::StatusOr<bool> inserted) {
    if (!inserted.ok()) return done(inserted.status());
    if (*inserted) {
      auto kept = Keep(*wanted);
      return kept.ok() ? Answer((*kept)->row.machine, publish, done) : done(kept.status());
    }
    store_.FindMachine(wanted->key, [this, wanted, publish, done](absl::StatusOr<std::optional<MachineRow>> found) {
      if (!found.ok()) return done(found.status());
      if (!*found) return done(Refuse(Reason::kConflict, "the state machine is being deleted; ask again"));
      if (SameRequest((*found)->machine, wanted->machine)) return Answer((*found)->machine, publish, done);
      done(Refuse(Reason::kStateMachineAlreadyExists, "State Machine Already Exists: '" + wanted->machine.arn + "'"));
    });
  });
}

void Catalog::Update(gateway::UpdateStateMachineRequest request, gateway::Done<gateway::StateMachine> done) {
  Find(request.arn, [this, request, done = std::move(done)](absl::StatusOr<std::shared_ptr<const Machine>> found) {
    if (!found.ok()) return done(found.status());
    auto row = std::make_shared<MachineRow>((*found)->row);
    gateway::StateMachine& machine = row->machine;
    if (request.definition) {
      row->definition_digest = Sha256Hex(*request.definition);
      auto program = Compile(row->definition_digest, *request.definition, machine.type);
      if (!program.ok()) return done(program.status());
      machine.definition = *request.definition;
    }
    if (request.role_arn) machine.role_arn = *request.role_arn;
    if (request.logging_json) machine.logging_json = *request.logging_json;
    if (request.tracing_json) machine.tracing_json = *request.tracing_json;
    if (request.encryption_json) machine.encryption_json = *request.encryption_json;
    // Recorded: what changes nothing makes no revision (create_update_state_machine_same_parameters).
    const gateway::StateMachine& before = (*found)->row.machine;
    if (SameRequest(machine, before) && machine.role_arn == before.role_arn) {
      return Answer(before, request.publish, done);
    }
    machine.updated = clock_.WallNow();
    machine.revision_id = base::RandomUuid(random_);
    store_.ReplaceMachine(*row, [this, row, publish = request.publish, done](absl::StatusOr<bool> replaced) {
      if (!replaced.ok()) return done(replaced.status());
      if (!*replaced) return done(NoSuchMachine(row->machine.arn));
      auto kept = Keep(*row);
      return kept.ok() ? Answer((*kept)->row.machine, publish, done) : done(kept.status());
    });
  });
}

void Catalog::Delete(const std::string& arn, gateway::Done<gateway::Nothing> done) {
  auto key = KeyOfMachine(arn);
  if (!key.ok()) return done(key.status());
  machines_.erase(*key);
  store_.DeleteMachine(*key, [this, key = *key, done = std::move(done)](absl::StatusOr<bool> deleted) {
    machines_.erase(key);
    if (!deleted.ok()) return done(deleted.status());
    done(gateway::Nothing{});
  });
}

void Catalog::List(const gateway::Caller& caller, gateway::Page page,
                   gateway::Done<gateway::PageOf<gateway::StateMachine>> done) {
  store_.ListMachines(caller.account, caller.region, page.token, page.limit + 1,
                      [page, done = std::move(done)](absl::StatusOr<std::vector<MachineRow>> rows) {
                        if (!rows.ok()) return done(rows.status());
                        gateway::PageOf<gateway::StateMachine> answer;
                        for (MachineRow& row : *rows) {
                          if (static_cast<int>(answer.items.size()) == page.limit) {
                            answer.next_token = answer.items.back().name;
                            break;
                          }
                          answer.items.push_back(std::move(row.machine));
                        }
                        done(std::move(answer));
                      });
}

void Catalog::Find(const std::string& arn, gateway::Done<std::shared_ptr<const Machine>> done) {
  auto key = KeyOfMachine(arn);
  if (!key.ok()) return done(key.status());
  const std::string qualifier = gateway::ParseStateMachineArn(arn)->qualifier;
  if (!qualifier.empty()) {
    const bool is_number = qualifier.size() < 10 && qualifier.find_first_not_of("0123456789") == std::string::npos;
    if (!is_number) return done(NoSuchMachine(arn));
    return FindVersion(*key, std::stoll(qualifier), arn, std::move(done));
  }
  if (auto cached = machines_.find(*key);
      cached != machines_.end() && clock_.MonotonicNow() - cached->second.read_at < kFresh) {
    return done(cached->second.machine);
  }
  auto [waiting, is_first] = finding_.try_emplace(*key);
  waiting->second.push_back(std::move(done));
  if (!is_first) return;
  base::MonotonicTime began = clock_.MonotonicNow();
  store_.FindMachine(*key, [this, key = *key, arn, began](absl::StatusOr<std::optional<MachineRow>> found) {
    auto answer = [&]() -> absl::StatusOr<std::shared_ptr<const Machine>> {
      // What was written here while the read was under way is newer than what it saw.
      auto cached = machines_.find(key);
      if (cached != machines_.end() && cached->second.read_at > began) return cached->second.machine;
      if (!found.ok()) return found.status();
      if (*found) return Keep(**std::move(found));
      machines_.erase(key);
      return NoSuchMachine(arn);
    }();
    auto waited = std::move(finding_.extract(key).mapped());
    for (auto& one : waited) one(answer);
  });
}

void Catalog::KeepDefinition(const std::string& text, std::function<void(absl::StatusOr<KeptDefinition>)> done) {
  KeptDefinition kept{Sha256Hex(text), nullptr};
  auto program = Compile(kept.digest, text, "STANDARD");
  if (!program.ok()) return done(program.status());
  kept.program = *std::move(program);
  store_.InsertDefinition(kept.digest, text, [kept, done = std::move(done)](absl::StatusOr<bool> inserted) {
    if (!inserted.ok()) return done(inserted.status());
    done(kept);
  });
}

void Catalog::LoadProgram(const std::string& digest,
                          std::function<void(absl::StatusOr<std::shared_ptr<const asl::Program>>)> done) {
  if (auto kept = programs_.find(digest); kept != programs_.end()) {
    if (auto program = kept->second.lock()) return done(program);
  }
  store_.FindDefinition(digest,
                        [this, digest, done = std::move(done)](absl::StatusOr<std::optional<std::string>> text) {
                          if (!text.ok()) return done(text.status());
                          if (!*text)
                            return done(absl::NotFoundError("there is no definition with the digest " + digest));
                          done(Compile(digest, **text, "STANDARD"));
                        });
}

void Catalog::CreateActivity(const gateway::Caller& caller, std::string name, std::vector<gateway::Tag> tags,
                             std::string encryption_json, gateway::Done<gateway::Activity> done) {
  ActivityKey key{caller.account, caller.region, name};
  auto activity = std::make_shared<gateway::Activity>();
  activity->arn = gateway::MakeActivityArn(caller, name);
  activity->name = std::move(name);
  activity->created = clock_.WallNow();
  activity->encryption_json = std::move(encryption_json);
  activity->tags = std::move(tags);
  store_.InsertActivity(key, *activity, [this, key, activity, done = std::move(done)](absl::StatusOr<bool> inserted) {
    if (!inserted.ok()) return done(inserted.status());
    if (*inserted) return done(*activity);
    // Idempotent by name; only another encryption configuration is a conflict.
    store_.FindActivity(key, [activity, done](absl::StatusOr<std::optional<gateway::Activity>> found) {
      if (!found.ok()) return done(found.status());
      if (!*found) return done(Refuse(Reason::kConflict, "the activity is being deleted; ask again"));
      if ((*found)->encryption_json == activity->encryption_json) return done(**found);
      done(Refuse(Reason::kActivityAlreadyExists, "Activity Already Exists: '" + activity->arn + "'"));
    });
  });
}

void Catalog::FindActivity(const std::string& arn, gateway::Done<gateway::Activity> done) {
  auto key = KeyOfActivity(arn);
  if (!key.ok()) return done(key.status());
  store_.FindActivity(*key, [arn, done = std::move(done)](absl::StatusOr<std::optional<gateway::Activity>> found) {
    if (!found.ok()) return done(found.status());
    if (!*found) return done(NoSuchActivity(arn));
    done(**std::move(found));
  });
}

void Catalog::DeleteActivity(const std::string& arn, gateway::Done<gateway::Nothing> done) {
  auto key = KeyOfActivity(arn);
  if (!key.ok()) return done(key.status());
  store_.DeleteActivity(*key, [done = std::move(done)](absl::StatusOr<bool> deleted) {
    if (!deleted.ok()) return done(deleted.status());
    done(gateway::Nothing{});
  });
}

void Catalog::ListActivities(const gateway::Caller& caller, gateway::Page page,
                             gateway::Done<gateway::PageOf<gateway::Activity>> done) {
  store_.ListActivities(caller.account, caller.region, page.token, page.limit + 1,
                        [page, done = std::move(done)](absl::StatusOr<std::vector<gateway::Activity>> rows) {
                          if (!rows.ok()) return done(rows.status());
                          gateway::PageOf<gateway::Activity> answer;
                          for (gateway::Activity& row : *rows) {
                            if (static_cast<int>(answer.items.size()) == page.limit) {
                              answer.next_token = answer.items.back().name;
                              break;
                            }
                            answer.items.push_back(std::move(row));
                          }
                          done(std::move(answer));
                        });
}

}  // namespace pawl::catalog
