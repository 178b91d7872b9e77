// State machines and activities.
#include <utility>

#include "scheduler/asl/validate/variable_references.h"
#include "scheduler/gateway/reason.h"
#include "scheduler/gateway/service.h"

namespace pawl::gateway {

void Service::CreateStateMachine(const Caller& caller, CreateStateMachineRequest request, Done<StateMachine> done) {
  parts_.executor.Post([this, caller, request = std::move(request), done = std::move(done)]() mutable {
    parts_.catalog.Create(caller, std::move(request), std::move(done));
  });
}

void Service::UpdateStateMachine(const Caller&, UpdateStateMachineRequest request, Done<StateMachine> done) {
  parts_.executor.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    parts_.catalog.Update(std::move(request), std::move(done));
  });
}

void Service::DescribeStateMachine(const Caller&, std::string arn, Done<StateMachine> done) {
  parts_.executor.Post([this, arn = std::move(arn), done = std::move(done)] {
    parts_.catalog.Find(arn, [done](absl::StatusOr<std::shared_ptr<const catalog::Machine>> found) {
      if (!found.ok()) return done(found.status());
      StateMachine machine = (*found)->row.machine;
      machine.variable_references = asl::VariableReferences(*(*found)->program);
      done(std::move(machine));
    });
  });
}

void Service::DescribeStateMachineForExecution(const Caller&, std::string execution_arn, Done<StateMachine> done) {
  parts_.query_executor.Post([this, execution_arn = std::move(execution_arn), done = std::move(done)] {
    parts_.query.FindPinned(execution_arn, [this, done](absl::StatusOr<query::Query::Pinned> pinned) {
      if (!pinned.ok()) return done(pinned.status());
      parts_.executor.Post([this, done, pinned = *pinned] {
        parts_.catalog.LoadProgram(pinned.definition_digest, [this, done, pinned](auto program) {
          if (!program.ok()) return done(program.status());
          StateMachine pinned_machine;
          pinned_machine.arn = pinned.machine_arn;
          pinned_machine.name = pinned.machine_arn.substr(pinned.machine_arn.rfind(':') + 1);
          pinned_machine.definition = (*program)->text();
          pinned_machine.role_arn = pinned.role_arn;
          pinned_machine.variable_references = asl::VariableReferences(**program);
          // The rest is today's, where the state machine is still there.
          parts_.catalog.Find(pinned.machine_arn, [done, pinned_machine](auto found) {
            StateMachine answer = found.ok() ? (*found)->row.machine : pinned_machine;
            answer.definition = pinned_machine.definition;
            answer.role_arn = pinned_machine.role_arn;
            answer.variable_references = pinned_machine.variable_references;
            done(std::move(answer));
          });
        });
      });
    });
  });
}

void Service::DeleteStateMachine(const Caller&, std::string arn, Done<Nothing> done) {
  parts_.executor.Post(
      [this, arn = std::move(arn), done = std::move(done)]() mutable { parts_.catalog.Delete(arn, std::move(done)); });
}

void Service::ListStateMachines(const Caller& caller, Page page, Done<PageOf<StateMachine>> done) {
  parts_.executor.Post([this, caller, page = std::move(page), done = std::move(done)]() mutable {
    parts_.catalog.List(caller, std::move(page), std::move(done));
  });
}

void Service::PublishVersion(PublishVersionRequest request, Done<StateMachineVersion> done) {
  parts_.executor.Post([this, request = std::move(request), done = std::move(done)]() mutable {
    parts_.catalog.PublishVersion(std::move(request), std::move(done));
  });
}

void Service::ListVersions(std::string machine_arn, Page page, Done<PageOf<StateMachineVersion>> done) {
  parts_.executor.Post([this, arn = std::move(machine_arn), page = std::move(page), done = std::move(done)]() mutable {
    parts_.catalog.ListVersions(arn, std::move(page), std::move(done));
  });
}

void Service::DeleteVersion(std::string version_arn, Done<Nothing> done) {
  parts_.executor.Post([this, arn = std::move(version_arn), done = std::move(done)]() mutable {
    parts_.catalog.DeleteVersion(arn, std::move(done));
  });
}

void Service::ListTags(std::string arn, Done<std::vector<Tag>> done) {
  parts_.executor.Post([this, arn = std::move(arn), done = std::move(done)]() mutable {
    parts_.catalog.ListTags(arn, std::move(done));
  });
}

void Service::ChangeTags(std::string arn, std::vector<Tag> set, std::vector<std::string> removed, Done<Nothing> done) {
  parts_.executor.Post([this, arn = std::move(arn), set = std::move(set), removed = std::move(removed),
                        done = std::move(done)]() mutable {
    parts_.catalog.ChangeTags(arn, std::move(set), std::move(removed), std::move(done));
  });
}

void Service::CreateActivity(const Caller& caller, std::string name, std::vector<Tag> tags, std::string encryption_json,
                             Done<Activity> done) {
  parts_.executor.Post([this, caller, name = std::move(name), tags = std::move(tags),
                        encryption_json = std::move(encryption_json), done = std::move(done)]() mutable {
    parts_.catalog.CreateActivity(caller, std::move(name), std::move(tags), std::move(encryption_json),
                                  std::move(done));
  });
}

void Service::DescribeActivity(const Caller&, std::string arn, Done<Activity> done) {
  parts_.executor.Post([this, arn = std::move(arn), done = std::move(done)]() mutable {
    parts_.catalog.FindActivity(arn, std::move(done));
  });
}

void Service::ListActivities(const Caller& caller, Page page, Done<PageOf<Activity>> done) {
  parts_.executor.Post([this, caller, page = std::move(page), done = std::move(done)]() mutable {
    parts_.catalog.ListActivities(caller, std::move(page), std::move(done));
  });
}

void Service::DeleteActivity(const Caller&, std::string arn, Done<Nothing> done) {
  parts_.executor.Post([this, arn = std::move(arn), done = std::move(done)]() mutable {
    parts_.catalog.DeleteActivity(arn, std::move(done));
  });
}

}  // namespace pawl::gateway
