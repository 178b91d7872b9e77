#include "scheduler/catalog/pg_store.h"

#include <pqxx/pqxx>
#include <utility>

#include "nlohmann/json.hpp"
#include "scheduler/catalog/pg_ask.h"
#include "scheduler/gateway/arn.h"

namespace pawl::catalog {
namespace {

constexpr char kMachineColumns[] =
    "m.account, m.region, m.name, m.type, m.status, m.role_arn, m.definition_digest, m.revision_id, m.logging, "
    "m.tracing, m.encryption, m.tags, (extract(epoch from m.created_at) * 1000)::bigint, "
    "(extract(epoch from m.updated_at) * 1000)::bigint";

base::WallTime TimeOf(const pqxx::field& field) {
  return base::WallTime(std::chrono::milliseconds(field.as<int64_t>()));
}
int64_t Ms(base::WallTime time) { return time.time_since_epoch().count(); }

std::string TextOrEmpty(const pqxx::field& field) { return field.is_null() ? std::string() : field.as<std::string>(); }

// Empty text means null.
const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

std::string TagsToJson(const std::vector<gateway::Tag>& tags) {
  nlohmann::json list = nlohmann::json::array();
  for (const gateway::Tag& tag : tags) list.push_back({{"key", tag.key}, {"value", tag.value}});
  return list.dump();
}

std::vector<gateway::Tag> TagsFromJson(const std::string& text) {
  std::vector<gateway::Tag> tags;
  for (const nlohmann::json& tag : nlohmann::json::parse(text)) {
    tags.push_back({tag.value("key", ""), tag.value("value", "")});
  }
  return tags;
}

MachineRow ReadMachine(const pqxx::row& row) {
  MachineRow machine;
  machine.key = {row[0].as<std::string>(), row[1].as<std::string>(), row[2].as<std::string>()};
  machine.definition_digest = row[6].as<std::string>();
  gateway::StateMachine& info = machine.machine;
  info.arn = gateway::MakeStateMachineArn({machine.key.account, machine.key.region}, machine.key.name);
  info.name = machine.key.name;
  info.type = row[3].as<std::string>();
  info.status = row[4].as<std::string>();
  info.role_arn = row[5].as<std::string>();
  info.revision_id = row[7].as<std::string>();
  info.logging_json = TextOrEmpty(row[8]);
  info.tracing_json = TextOrEmpty(row[9]);
  info.encryption_json = TextOrEmpty(row[10]);
  info.tags = TagsFromJson(row[11].as<std::string>());
  info.created = TimeOf(row[12]);
  info.updated = TimeOf(row[13]);
  return machine;
}

gateway::Activity ReadActivity(const pqxx::row& row) {
  gateway::Activity activity;
  gateway::Caller caller{row[0].as<std::string>(), row[1].as<std::string>()};
  activity.name = row[2].as<std::string>();
  activity.arn = gateway::MakeActivityArn(caller, activity.name);
  activity.encryption_json = TextOrEmpty(row[3]);
  activity.tags = TagsFromJson(row[4].as<std::string>());
  activity.created = TimeOf(row[5]);
  return activity;
}

constexpr char kActivityColumns[] =
    "account, region, name, encryption, tags, (extract(epoch from created_at) * 1000)::bigint";

bool StoreDefinition(pqxx::work& tx, const std::string& digest, const std::string& text) {
  return tx.exec_params("insert into pawl.definitions (digest, text) values ($1, $2) on conflict do nothing", digest,
                        text)
             .affected_rows() == 1;
}

}  // namespace

void PgStore::FindMachine(MachineKey key, Done<std::optional<MachineRow>> done) {
  Ask<std::optional<MachineRow>>(
      [key = std::move(key)](pqxx::work& tx) -> std::optional<MachineRow> {
        pqxx::result rows =
            tx.exec_params(std::string("select ") + kMachineColumns +
                               ", d.text from pawl.state_machines m join pawl.definitions d on d.digest "
                               "= m.definition_digest where account = $1 and region = $2 and name = $3",
                           key.account, key.region, key.name);
        if (rows.empty()) return std::nullopt;
        MachineRow machine = ReadMachine(rows[0]);
        machine.machine.definition = rows[0][14].as<std::string>();
        return machine;
      },
      std::move(done));
}

void PgStore::InsertMachine(MachineRow row, Done<bool> done) {
  Ask<bool>(
      [row = std::move(row)](pqxx::work& tx) {
        StoreDefinition(tx, row.definition_digest, row.machine.definition);
        const gateway::StateMachine& m = row.machine;
        return tx.exec_params(
                     "insert into pawl.state_machines (account, region, name, type, status, role_arn, "
                     "definition_digest, revision_id, logging, tracing, encryption, tags, created_at, updated_at) "
                     "values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, to_timestamp($13::bigint / 1000.0), "
                     "to_timestamp($14::bigint / 1000.0)) on conflict do nothing",
                     row.key.account, row.key.region, row.key.name, m.type, m.status, m.role_arn, row.definition_digest,
                     m.revision_id, OrNull(m.logging_json), OrNull(m.tracing_json), OrNull(m.encryption_json),
                     TagsToJson(m.tags), Ms(m.created), Ms(m.updated))
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::ReplaceMachine(MachineRow row, Done<bool> done) {
  Ask<bool>(
      [row = std::move(row)](pqxx::work& tx) {
        StoreDefinition(tx, row.definition_digest, row.machine.definition);
        const gateway::StateMachine& m = row.machine;
        return tx.exec_params(
                     "update pawl.state_machines set role_arn = $4, definition_digest = $5, revision_id = $6, "
                     "logging = $7, tracing = $8, encryption = $9, tags = $10, updated_at = "
                     "to_timestamp($11::bigint / 1000.0) where account = $1 and region = $2 and name = $3",
                     row.key.account, row.key.region, row.key.name, m.role_arn, row.definition_digest, m.revision_id,
                     OrNull(m.logging_json), OrNull(m.tracing_json), OrNull(m.encryption_json), TagsToJson(m.tags),
                     Ms(m.updated))
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::SetMachineTags(MachineKey key, std::vector<gateway::Tag> tags, Done<bool> done) {
  Ask<bool>(
      [key = std::move(key), json = TagsToJson(tags)](pqxx::work& tx) {
        return tx.exec_params(
                     "update pawl.state_machines set tags = $4 where account = $1 and region = $2 and name = $3",
                     key.account, key.region, key.name, json)
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::SetActivityTags(ActivityKey key, std::vector<gateway::Tag> tags, Done<bool> done) {
  Ask<bool>(
      [key = std::move(key), json = TagsToJson(tags)](pqxx::work& tx) {
        return tx.exec_params("update pawl.activities set tags = $4 where account = $1 and region = $2 and name = $3",
                              key.account, key.region, key.name, json)
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::DeleteMachine(MachineKey key, Done<bool> done) {
  Ask<bool>(
      [key = std::move(key)](pqxx::work& tx) {
        return tx.exec_params("delete from pawl.state_machines where account = $1 and region = $2 and name = $3",
                              key.account, key.region, key.name)
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::ListMachines(std::string account, std::string region, std::string after_name, int limit,
                           Done<std::vector<MachineRow>> done) {
  Ask<std::vector<MachineRow>>(
      [=](pqxx::work& tx) {
        std::vector<MachineRow> machines;
        for (const pqxx::row& row : tx.exec_params(std::string("select ") + kMachineColumns +
                                                       " from pawl.state_machines m where account = $1 and region = "
                                                       "$2 and name > $3 order by name limit $4",
                                                   account, region, after_name, limit)) {
          machines.push_back(ReadMachine(row));
        }
        return machines;
      },
      std::move(done));
}

void PgStore::InsertDefinition(std::string digest, std::string text, Done<bool> done) {
  Ask<bool>([digest = std::move(digest),
             text = std::move(text)](pqxx::work& tx) { return StoreDefinition(tx, digest, text); },
            std::move(done));
}

void PgStore::FindDefinition(std::string digest, Done<std::optional<std::string>> done) {
  Ask<std::optional<std::string>>(
      [digest = std::move(digest)](pqxx::work& tx) -> std::optional<std::string> {
        pqxx::result rows = tx.exec_params("select text from pawl.definitions where digest = $1", digest);
        if (rows.empty()) return std::nullopt;
        return rows[0][0].as<std::string>();
      },
      std::move(done));
}

void PgStore::FindActivity(ActivityKey key, Done<std::optional<gateway::Activity>> done) {
  Ask<std::optional<gateway::Activity>>(
      [key = std::move(key)](pqxx::work& tx) -> std::optional<gateway::Activity> {
        pqxx::result rows = tx.exec_params(std::string("select ") + kActivityColumns +
                                               " from pawl.activities where account = $1 and region = $2 and name = $3",
                                           key.account, key.region, key.name);
        if (rows.empty()) return std::nullopt;
        return ReadActivity(rows[0]);
      },
      std::move(done));
}

void PgStore::InsertActivity(ActivityKey key, gateway::Activity activity, Done<bool> done) {
  Ask<bool>(
      [key = std::move(key), activity = std::move(activity)](pqxx::work& tx) {
        return tx.exec_params(
                     "insert into pawl.activities (account, region, name, encryption, tags, created_at) values "
                     "($1, $2, $3, $4, $5, to_timestamp($6::bigint / 1000.0)) on conflict do nothing",
                     key.account, key.region, key.name, OrNull(activity.encryption_json), TagsToJson(activity.tags),
                     Ms(activity.created))
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::DeleteActivity(ActivityKey key, Done<bool> done) {
  Ask<bool>(
      [key = std::move(key)](pqxx::work& tx) {
        return tx.exec_params("delete from pawl.activities where account = $1 and region = $2 and name = $3",
                              key.account, key.region, key.name)
                   .affected_rows() == 1;
      },
      std::move(done));
}

void PgStore::ListActivities(std::string account, std::string region, std::string after_name, int limit,
                             Done<std::vector<gateway::Activity>> done) {
  Ask<std::vector<gateway::Activity>>(
      [=](pqxx::work& tx) {
        std::vector<gateway::Activity> activities;
        for (const pqxx::row& row : tx.exec_params(std::string("select ") + kActivityColumns +
                                                       " from pawl.activities where account = $1 and region = $2 and "
                                                       "name > $3 order by name limit $4",
                                                   account, region, after_name, limit)) {
          activities.push_back(ReadActivity(row));
        }
        return activities;
      },
      std::move(done));
}

}  // namespace pawl::catalog
