// pawl admin limit, limits: how many tasks of a queue may run at once, and begin in a second.
#include <algorithm>
#include <charconv>
#include <memory>

#include "scheduler/catalog/live_settings.h"
#include "scheduler/ctl/admin.h"

namespace pawl::ctl {
namespace {

struct LimitCommand {
  std::vector<std::string> postgres;
  std::string key;
  std::vector<std::string> handlers;
  int64_t concurrency = 0;  // 0: not given
  std::string rate;
  bool none = false;
};

// "5/s", "30/m", "100/h" or "0.5": a second.
std::optional<double> ParseRate(const std::string& text) {
  double rate = 0;
  const char* end = text.data() + text.size();
  auto [rest, error] = std::from_chars(text.data(), end, rate);
  if (error != std::errc()) return std::nullopt;
  const std::string unit(rest, end);
  if (unit == "/m") {
    rate /= 60;
  } else if (unit == "/h") {
    rate /= 3600;
  } else if (!unit.empty() && unit != "/s") {
    return std::nullopt;
  }
  if (!(rate > 0) || rate > catalog::kRateMax) return std::nullopt;
  return rate;
}

std::string RateText(double rate) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g/s", rate);
  return text;
}

int Set(const Cli& cli, const LimitCommand& command) {
  catalog::TaskLimit limit{command.handlers, {}, {}};
  if (limit.handlers.empty()) limit.handlers.push_back(command.key);
  std::sort(limit.handlers.begin(), limit.handlers.end());
  limit.handlers.erase(std::unique(limit.handlers.begin(), limit.handlers.end()), limit.handlers.end());
  if (command.concurrency > 0) limit.concurrency = command.concurrency;
  if (!command.rate.empty()) {
    limit.rate = ParseRate(command.rate);
    if (!limit.rate) {
      return cli.Fail(absl::InvalidArgumentError("expected a rate such as 5/s, 30/m or 100/h, found " + command.rate));
    }
  }
  const bool limits_something = limit.concurrency || limit.rate;
  if (command.none == limits_something) {
    return cli.Fail(absl::InvalidArgumentError("expected --concurrency, --rate, or both; or --none, which removes it"));
  }
  const absl::Status done = catalog::WriteLimit(command.postgres.front(), command.key, limit);
  if (!done.ok()) return cli.Fail(done);
  if (cli.format == Format::kJson) {
    Json json{{"key", command.key}, {"handlers", limit.handlers}};
    json["concurrency"] = limit.concurrency ? Json(*limit.concurrency) : Json();
    json["rate"] = limit.rate ? Json(*limit.rate) : Json();
    cli.PrintJson(json);
  } else if (command.none) {
    cli.out << command.key << " has no limit; the schedulers take it over within seconds.\n";
  } else {
    cli.out << command.key << " is limited; the schedulers take it over within seconds.\n";
  }
  return kOk;
}

int List(const Cli& cli, const LimitCommand& command) {
  const auto settings = catalog::ReadLiveSettings(command.postgres.front());
  if (!settings.ok()) return cli.Fail(settings.status());
  const auto uses = catalog::ReadLimitUse(command.postgres.front());
  if (!uses.ok()) return cli.Fail(uses.status());
  Json list = Json::array();
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, limit] : settings->limits) {
    auto use = uses->find(key);
    const int64_t held = use == uses->end() ? 0 : use->second.held;
    std::string handlers;
    for (const std::string& handler : limit.handlers) handlers += (handlers.empty() ? "" : ", ") + handler;
    Json one{{"key", key}, {"handlers", limit.handlers}, {"held", held}};
    one["concurrency"] = limit.concurrency ? Json(*limit.concurrency) : Json();
    one["rate"] = limit.rate ? Json(*limit.rate) : Json();
    list.push_back(one);
    rows.push_back({key, handlers, limit.concurrency ? std::to_string(*limit.concurrency) : "-",
                    limit.rate ? RateText(*limit.rate) : "-", limit.concurrency ? std::to_string(held) : "-"});
  }
  if (cli.format == Format::kJson) {
    cli.PrintJson(list);
  } else if (rows.empty()) {
    cli.out << "No queue is limited.\n";
  } else {
    PrintTable(cli.out, {"KEY", "QUEUES", "CONCURRENCY", "RATE", "HELD"}, rows);
  }
  return kOk;
}

}  // namespace

void AddAdminLimit(CLI::App& admin, Cli& cli) {
  auto command = std::make_shared<LimitCommand>();
  CLI::App* set = AddCommand(admin, cli, "limit", "Limit how many tasks of a queue run at once or begin in a second",
                             "  pawl admin limit train --concurrency 4\n"
                             "  pawl admin limit gpu --queue train --queue tune --concurrency 8\n"
                             "  pawl admin limit fetch --rate 30/m\n"
                             "  pawl admin limit train --none");
  set->add_option("key", command->key, "The limit's name: a handler's, or one for several queues together")
      ->required()
      ->check([](const std::string& key) { return key.empty() ? "must not be empty" : ""; });
  set->add_option("--queue", command->handlers,
                  "A handler whose tasks it limits; several share it. By default the key");
  set->add_option("--concurrency", command->concurrency, "Tasks that run at once, over all nodes")
      ->check(CLI::Range(int64_t{1}, catalog::kConcurrencyMax));
  set->add_option("--rate", command->rate, "Tasks that begin: 5/s, 30/m, 100/h");
  set->add_flag("--none", command->none, "Remove the limit");
  AddPostgresOption(*set, command->postgres);
  AddOutputOption(*set, cli);
  set->callback([&cli, command] { cli.run = [&cli, command] { return Set(cli, *command); }; });

  CLI::App* list = AddCommand(admin, cli, "limits", "List the limits, and what is held of them", "  pawl admin limits");
  AddPostgresOption(*list, command->postgres);
  AddOutputOption(*list, cli);
  list->callback([&cli, command] { cli.run = [&cli, command] { return List(cli, *command); }; });
}

}  // namespace pawl::ctl
