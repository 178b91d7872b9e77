// pawl admin: nodes and partitions say who lives and who owns what, as one scheduler's operations port tells it; the
// commands that work on the log itself are in admin_check.cc, admin_loss.cc and admin_move.cc.
#include <cstdlib>
#include <map>
#include <memory>

#include "scheduler/ctl/admin.h"
#include "scheduler/ctl/cli.h"
#include "shared/net/http_client.h"

namespace pawl::ctl {
namespace {

struct AdminOptions {
  std::string ops_url = "http://127.0.0.1:9333";
};

absl::StatusOr<Json> ReadCluster(const AdminOptions& options) {
  net::HttpClient http;
  const std::string url = options.ops_url + "/cluster";
  absl::StatusOr<net::HttpAnswer> answer = http.Send({.method = "GET", .url = url});
  if (!answer.ok()) return answer.status();
  Json cluster = Json::parse(answer->body, nullptr, false);
  if (answer->status != 200 || !cluster.is_object()) {
    return absl::UnavailableError("expected a scheduler's operations port at " + options.ops_url +
                                  ", found one that answers " + std::to_string(answer->status));
  }
  return cluster;
}

int Nodes(const Cli& cli, const AdminOptions& options) {
  const absl::StatusOr<Json> cluster = ReadCluster(options);
  if (!cluster.ok()) return cli.Fail(cluster.status());
  std::map<std::string, int> owned;
  for (const Json& partition : cluster->at("partitions")) ++owned[partition.value("node", "")];
  Json nodes = Json::array();
  for (Json node : cluster->at("nodes")) {
    node["partitions"] = owned[node.value("node", "")];
    nodes.push_back(std::move(node));
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson(nodes);
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& node : nodes) {
    rows.push_back({node.value("node", ""), node.value("address", ""), std::to_string(node.value("partitions", 0)),
                    node.value("leaving", false) ? "leaving" : "serving"});
  }
  PrintTable(cli.out, {"NODE", "ADDRESS", "PARTITIONS", "STATUS"}, rows);
  return kOk;
}

int Partitions(const Cli& cli, const AdminOptions& options) {
  const absl::StatusOr<Json> cluster = ReadCluster(options);
  if (!cluster.ok()) return cli.Fail(cluster.status());
  if (cli.format == Format::kJson) {
    cli.PrintJson(cluster->at("partitions"));
    return kOk;
  }
  std::vector<std::vector<std::string>> rows;
  for (const Json& partition : cluster->at("partitions")) {
    const std::string node = partition.value("node", "");
    rows.push_back({std::to_string(partition.value("partition", 0)), std::to_string(partition.value("epoch", 0)),
                    node.empty() ? "-" : node});
  }
  PrintTable(cli.out, {"PARTITION", "EPOCH", "NODE"}, rows);
  return kOk;
}

}  // namespace

void AddAdmin(CLI::App& app, Cli& cli) {
  CLI::App* admin = AddCommand(app, cli, "admin", "Look at the cluster and its log",
                               "  pawl admin nodes\n"
                               "  pawl admin partitions --ops-url http://scheduler-0:9333\n"
                               "  pawl admin check --postgres \"host=db dbname=pawl user=pawl\"");
  admin->require_subcommand(1);
  auto options = std::make_shared<AdminOptions>();
  auto add = [&](const std::string& name, const std::string& description,
                 int (*command)(const Cli&, const AdminOptions&)) {
    CLI::App* added = AddCommand(*admin, cli, name, description, "  pawl admin " + name);
    added->add_option("--ops-url", options->ops_url, "Operations port of any scheduler")->envname("PAWL_OPS_URL");
    AddOutputOption(*added, cli);
    added->callback(
        [&cli, options, command] { cli.run = [&cli, options, command] { return command(cli, *options); }; });
  };
  add("nodes", "Which nodes live, and how many partitions each owns", Nodes);
  add("partitions", "Which node owns which partition", Partitions);
  AddAdminCheck(*admin, cli);
  AddAdminLimit(*admin, cli);
  AddAdminLoss(*admin, cli);
  AddAdminWeight(*admin, cli);
  AddAdminMove(*admin, cli);
  AddAdminSplit(*admin, cli);
}

}  // namespace pawl::ctl
