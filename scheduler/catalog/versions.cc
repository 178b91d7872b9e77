// Versions of state machines.
#include <charconv>
#include <utility>

#include "scheduler/catalog/catalog.h"
#include "scheduler/gateway/arn.h"
#include "scheduler/gateway/reason.h"

namespace pawl::catalog {

using gateway::Reason;
using gateway::Refuse;
using gateway::StateMachineVersion;

namespace {

absl::Status NoSuchMachine(const std::string& arn) {
  return Refuse(Reason::kStateMachineDoesNotExist, "State Machine Does Not Exist: '" + arn + "'");
}

absl::Status BadArn(const std::string& arn) {
  return Refuse(Reason::kInvalidArn, "Invalid Arn: 'Invalid ARN prefix: " + arn + "'");
}

// 0 where the text is no version number.
int64_t NumberOf(const std::string& text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0 ? number : 0;
}

std::string ArnOf(const MachineKey& key, int64_t version) {
  return gateway::MakeStateMachineArn({key.account, key.region}, key.name) + ":" + std::to_string(version);
}

}  // namespace

void Catalog::PublishVersion(gateway::PublishVersionRequest request, gateway::Done<StateMachineVersion> done) {
  const auto parsed = gateway::ParseStateMachineArn(request.arn);
  if (!parsed) return done(BadArn(request.arn));
  if (!parsed->qualifier.empty()) return done(NoSuchMachine(request.arn));
  const MachineKey key{parsed->account, parsed->region, parsed->name};
  store_.PublishVersion(
      key, request.revision_id, request.description, clock_.WallNow(),
      [key, request, done = std::move(done)](absl::StatusOr<std::optional<PublishedVersion>> published) {
        if (!published.ok()) return done(published.status());
        if (!*published) return done(NoSuchMachine(request.arn));
        const PublishedVersion& version = **published;
        if (version.number > 0) return done(StateMachineVersion{ArnOf(key, version.number), version.created});
        // Recorded: publish_state_machine_version.
        done(Refuse(Reason::kConflict, "Failed to publish the State Machine version for revision " +
                                           *request.revision_id + ". The current State Machine revision is " +
                                           version.current_revision + "."));
      });
}

void Catalog::ListVersions(const std::string& arn, gateway::Page page,
                           gateway::Done<gateway::PageOf<StateMachineVersion>> done) {
  const auto parsed = gateway::ParseStateMachineArn(arn);
  if (!parsed) return done(BadArn(arn));
  const MachineKey key{parsed->account, parsed->region, parsed->name};
  const int64_t before = page.token.empty() ? 0 : NumberOf(page.token);
  if (!page.token.empty() && before == 0) return done(Refuse(Reason::kInvalidToken, "Invalid Token: 'Invalid token'"));
  store_.ListVersions(key, before, page.limit + 1,
                      [key, page, done = std::move(done)](absl::StatusOr<std::vector<PublishedVersion>> versions) {
                        if (!versions.ok()) return done(versions.status());
                        gateway::PageOf<StateMachineVersion> answer;
                        for (const PublishedVersion& version : *versions) {
                          if (static_cast<int>(answer.items.size()) == page.limit) {
                            const std::string& last = answer.items.back().arn;
                            answer.next_token = last.substr(last.rfind(':') + 1);
                            break;
                          }
                          answer.items.push_back({ArnOf(key, version.number), version.created});
                        }
                        done(std::move(answer));
                      });
}

void Catalog::DeleteVersion(const std::string& arn, gateway::Done<gateway::Nothing> done) {
  const auto parsed = gateway::ParseStateMachineArn(arn);
  const int64_t version = parsed ? NumberOf(parsed->qualifier) : 0;
  if (version == 0) return done(BadArn(arn));
  store_.DeleteVersion({parsed->account, parsed->region, parsed->name}, version,
                       [done = std::move(done)](absl::StatusOr<bool> deleted) {
                         if (!deleted.ok()) return done(deleted.status());
                         done(gateway::Nothing{});
                       });
}

void Catalog::FindVersion(const MachineKey& key, int64_t version, const std::string& arn,
                          gateway::Done<std::shared_ptr<const Machine>> done) {
  store_.FindVersion(key, version,
                     [this, arn, done = std::move(done)](absl::StatusOr<std::optional<MachineRow>> found) {
                       if (!found.ok()) return done(found.status());
                       if (!*found) return done(NoSuchMachine(arn));
                       MachineRow row = **std::move(found);
                       row.machine.arn = arn;
                       auto program = Compile(row.definition_digest, row.machine.definition, row.machine.type);
                       if (!program.ok()) return done(program.status());
                       done(std::make_shared<const Machine>(Machine{std::move(row), *std::move(program)}));
                     });
}

void Catalog::Answer(const gateway::StateMachine& machine, const std::optional<gateway::Publishing>& publish,
                     gateway::Done<gateway::StateMachine> done) {
  if (!publish) return done(machine);
  PublishVersion({machine.arn, std::nullopt, publish->description},
                 [machine, done = std::move(done)](absl::StatusOr<StateMachineVersion> version) {
                   if (!version.ok()) return done(version.status());
                   gateway::StateMachine answer = machine;
                   answer.version_arn = version->arn;
                   done(std::move(answer));
                 });
}

}  // namespace pawl::catalog
