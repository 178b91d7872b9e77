#include "shared/config/settings.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "shared/base/check.h"
#include "shared/base/status.h"
#include "shared/config/command_line.h"
#include "shared/config/nearest.h"
#include "shared/config/value_form.h"
#include "shared/json/value.h"

namespace pawl::config {
namespace {

absl::StatusOr<json::Value> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::InvalidArgumentError("expected to read the settings file " + path + ", but could not");
  }
  PAWL_ASSIGN_OR_RETURN(json::Value value, json::Parse(text.str()));
  if (!value.is_object()) return absl::InvalidArgumentError("expected one JSON object");
  return value;
}

// An environment variable of a list: one item, or a JSON array of them.
absl::Status ReadVariable(const std::string& text, const Target& target) {
  if (std::holds_alternative<ListTarget>(target) && text.starts_with("[")) {
    PAWL_ASSIGN_OR_RETURN(const json::Value value, json::Parse(text));
    return ReadJson(value, target);
  }
  return ReadTexts({text}, target);
}

bool IsRequiredAndEmpty(const Target& target) {
  if (const auto* text = std::get_if<StringTarget>(&target)) return text->options.required && text->value->empty();
  if (const auto* list = std::get_if<ListTarget>(&target)) {
    const bool has_text =
        std::any_of(list->value->begin(), list->value->end(), [](const auto& t) { return !t.empty(); });
    return list->options.required && !has_text;
  }
  return false;
}

}  // namespace

Environment ProcessEnvironment() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

std::string FileKey(std::string_view setting) {
  std::string key(setting);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string EnvironmentName(std::string_view setting) {
  std::string name = "PAWL_" + FileKey(setting);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

Settings::Settings(std::string program, std::string description)
    : program_(std::move(program)), description_(std::move(description)) {}

void Settings::Add(std::string name, std::string help, Target target) {
  PAWL_CHECK(Find(name) == nullptr && name != "config" && name != "help", "a setting's name is declared once");
  settings_.push_back({std::move(name), std::move(help), std::move(target)});
}

void Settings::Int(std::string name, int* value, std::string help, IntRange range) {
  Add(std::move(name), std::move(help), IntTarget{value, range});
}
void Settings::Int(std::string name, int64_t* value, std::string help, IntRange range) {
  Add(std::move(name), std::move(help), IntTarget{value, range});
}
void Settings::Double(std::string name, double* value, std::string help, DoubleRange range) {
  Add(std::move(name), std::move(help), DoubleTarget{value, range});
}
void Settings::Bool(std::string name, bool* value, std::string help) {
  Add(std::move(name), std::move(help), BoolTarget{value});
}
void Settings::Duration(std::string name, std::chrono::milliseconds* value, std::string help, DurationRange range) {
  Add(std::move(name), std::move(help), DurationTarget{value, range});
}
void Settings::String(std::string name, std::string* value, std::string help, TextOptions options) {
  Add(std::move(name), std::move(help), StringTarget{value, options});
}
void Settings::StringList(std::string name, std::vector<std::string>* value, std::string help, TextOptions options) {
  Add(std::move(name), std::move(help), ListTarget{value, options});
}
void Settings::Choice(std::string name, std::string* value, std::string help, std::vector<std::string> choices) {
  Add(std::move(name), std::move(help), ChoiceTarget{value, std::move(choices)});
}

Setting* Settings::Find(std::string_view name) {
  const auto found = std::find_if(settings_.begin(), settings_.end(), [&](const Setting& s) { return s.name == name; });
  return found == settings_.end() ? nullptr : &*found;
}

absl::StatusOr<Outcome> Settings::Parse(const std::vector<std::string>& arguments, const Environment& environment) {
  PAWL_ASSIGN_OR_RETURN(CommandLine line, ParseCommandLine(program_, description_, settings_, arguments));
  if (line.exit_text) return Outcome{line.exit_text};

  // Weakest first; each source overwrites what the one before it said.
  std::optional<std::string> file = environment(EnvironmentName("config"));
  if (const auto flag = line.values.find("config"); flag != line.values.end()) file = flag->second.back();
  if (file && !file->empty()) PAWL_RETURN_IF_ERROR(base::Annotate(ApplyFile(*file), *file));
  PAWL_RETURN_IF_ERROR(ApplyEnvironment(environment));
  for (Setting& setting : settings_) {
    const auto given = line.values.find(setting.name);
    if (given == line.values.end()) continue;
    PAWL_RETURN_IF_ERROR(base::Annotate(ReadTexts(given->second, setting.target), "--" + setting.name));
    setting.source = Source::kFlag;
  }
  PAWL_RETURN_IF_ERROR(CheckRequired());
  return Outcome{};
}

absl::Status Settings::ApplyFile(const std::string& path) {
  PAWL_ASSIGN_OR_RETURN(const json::Value file, ReadFile(path));
  std::vector<std::string> keys;
  for (const Setting& setting : settings_) keys.push_back(FileKey(setting.name));
  for (const json::Member& member : file.members()) {
    const auto key = std::find(keys.begin(), keys.end(), member.key);
    if (key == keys.end()) {
      return absl::InvalidArgumentError("unknown key \"" + member.key + "\"; the nearest is \"" +
                                        Nearest(member.key, keys) + "\"");
    }
    Setting& setting = settings_[static_cast<size_t>(key - keys.begin())];
    PAWL_RETURN_IF_ERROR(base::Annotate(ReadJson(member.value, setting.target), "\"" + member.key + "\""));
    setting.source = Source::kFile;
  }
  return absl::OkStatus();
}

absl::Status Settings::ApplyEnvironment(const Environment& environment) {
  for (Setting& setting : settings_) {
    const std::string name = EnvironmentName(setting.name);
    const std::optional<std::string> text = environment(name);
    if (!text) continue;
    PAWL_RETURN_IF_ERROR(base::Annotate(ReadVariable(*text, setting.target), name));
    setting.source = Source::kEnvironment;
  }
  return absl::OkStatus();
}

absl::Status Settings::CheckRequired() const {
  for (const Setting& setting : settings_) {
    if (!IsRequiredAndEmpty(setting.target)) continue;
    return absl::InvalidArgumentError("expected --" + setting.name + " (or " + EnvironmentName(setting.name) +
                                      "), but it is not given: " + setting.help);
  }
  return absl::OkStatus();
}

std::vector<EffectiveValue> Settings::Effective() const {
  std::vector<EffectiveValue> values;
  for (const Setting& setting : settings_) {
    values.push_back({setting.name, IsSecret(setting.target) ? "***" : Show(setting.target), setting.source});
  }
  return values;
}

}  // namespace pawl::config
