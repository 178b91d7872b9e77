// PgStore: versions of state machines.
#include <pqxx/pqxx>
#include <utility>

#include "scheduler/catalog/pg_ask.h"
#include "scheduler/catalog/pg_store.h"
#include "scheduler/gateway/arn.h"

namespace pawl::catalog {
namespace {

base::WallTime TimeOf(const pqxx::field& field) {
  return base::WallTime(std::chrono::milliseconds(field.as<int64_t>()));
}

std::string TextOrEmpty(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }

constexpr char kInitial[] = "INITIAL";

}  // namespace

void PgStore::PublishVersion(MachineKey key, std::optional<std::string> revision_id, std::string description,
                             base::WallTime now, Done<std::optional<PublishedVersion>> done) {
  Ask<std::optional<PublishedVersion>>(
      [=](pqxx::work& tx) -> std::optional<PublishedVersion> {
        // The lock makes the number, and the question whether the revision has one already, this call's alone.
        const pqxx::result machine = tx.exec_params(
            "select revision_id, versions_made from pawl.state_machines where account = $1 and region = $2 and name = "
            "$3 "
            "for update",
            key.account, key.region, key.name);
        if (machine.empty()) return std::nullopt;
        PublishedVersion version;
        const auto revision = machine[0][0].as<std::string>();
        version.current_revision = revision.empty() ? kInitial : revision;
        if (revision_id && *revision_id != version.current_revision) return version;
        const pqxx::result same = tx.exec_params(
            "select version, (extract(epoch from created_at) * 1000)::bigint from pawl.state_machine_versions where "
            "account = $1 and region = $2 and name = $3 and revision_id = $4 order by version desc limit 1",
            key.account, key.region, key.name, revision);
        if (!same.empty()) {
          version.number = same[0][0].as<int64_t>();
          version.created = TimeOf(same[0][1]);
          return version;
        }
        version.number = machine[0][1].as<int64_t>() + 1;
        version.created = now;
        tx.exec_params(
            "insert into pawl.state_machine_versions (account, region, name, version, role_arn, definition_digest, "
            "revision_id, description, logging, tracing, encryption, created_at) select account, region, name, $4, "
            "role_arn, definition_digest, revision_id, $5, logging, tracing, encryption, to_timestamp($6::bigint / "
            "1000.0) from pawl.state_machines where account = $1 and region = $2 and name = $3",
            key.account, key.region, key.name, version.number, description, now.time_since_epoch().count());
        tx.exec_params(
            "update pawl.state_machines set versions_made = $4 where account = $1 and region = $2 and name = $3",
            key.account, key.region, key.name, version.number);
        return version;
      },
      std::move(done));
}

void PgStore::FindVersion(MachineKey key, int64_t version, Done<std::optional<MachineRow>> done) {
  Ask<std::optional<MachineRow>>(
      [=](pqxx::work& tx) -> std::optional<MachineRow> {
        const pqxx::result rows = tx.exec_params(
            "select m.type, m.status, v.role_arn, v.definition_digest, v.revision_id, v.logging, v.tracing, "
            "v.encryption, v.description, (extract(epoch from v.created_at) * 1000)::bigint, d.text from "
            "pawl.state_machine_versions v join pawl.state_machines m using (account, region, name) join "
            "pawl.definitions d on d.digest = v.definition_digest where account = $1 and region = $2 and name = $3 and "
            "version = $4",
            key.account, key.region, key.name, version);
        if (rows.empty()) return std::nullopt;
        const pqxx::row found = rows[0];
        MachineRow row;
        row.key = key;
        row.definition_digest = found[3].as<std::string>();
        gateway::StateMachine& machine = row.machine;
        machine.arn = gateway::MakeStateMachineArn({key.account, key.region}, key.name);
        machine.name = key.name;
        machine.type = found[0].as<std::string>();
        machine.status = found[1].as<std::string>();
        machine.role_arn = found[2].as<std::string>();
        machine.revision_id = found[4].as<std::string>();
        machine.logging_json = TextOrEmpty(found[5]);
        machine.tracing_json = TextOrEmpty(found[6]);
        machine.encryption_json = TextOrEmpty(found[7]);
        machine.description = found[8].as<std::string>();
        machine.created = machine.updated = TimeOf(found[9]);
        machine.definition = found[10].as<std::string>();
        return row;
      },
      std::move(done));
}

void PgStore::ListVersions(MachineKey key, int64_t before, int limit, Done<std::vector<PublishedVersion>> done) {
  Ask<std::vector<PublishedVersion>>(
      [=](pqxx::work& tx) {
        std::vector<PublishedVersion> versions;
        for (const pqxx::row& row : tx.exec_params(
                 "select version, (extract(epoch from created_at) * 1000)::bigint from pawl.state_machine_versions "
                 "where account = $1 and region = $2 and name = $3 and ($4 = 0::bigint or version < $4) order by "
                 "version desc limit $5",
                 key.account, key.region, key.name, before, limit)) {
          versions.push_back({row[0].as<int64_t>(), TimeOf(row[1]), ""});
        }
        return versions;
      },
      std::move(done));
}

void PgStore::DeleteVersion(MachineKey key, int64_t version, Done<bool> done) {
  Ask<bool>(
      [=](pqxx::work& tx) {
        return tx.exec_params(
                     "delete from pawl.state_machine_versions where account = $1 and region = $2 and name = $3 and "
                     "version = $4",
                     key.account, key.region, key.name, version)
                   .affected_rows() == 1;
      },
      std::move(done));
}

}  // namespace pawl::catalog
