// Typed settings of a binary: from flags, over PAWL_* environment variables, over a JSON file, over defaults.
//
//   struct Options { int http_port = 8333; std::vector<std::string> postgres; std::chrono::milliseconds lease{5000}; };
//   Options options;
//   config::Settings settings("pawl-scheduler", "The Pawl service.");
//   settings.Int("http-port", &options.http_port, "Port of the AWS API; 0 takes a free one.", {.min = 0, .max =
//   65535}); settings.StringList("postgres", &options.postgres, "Connection string; repeat for more databases.",
//   {.secret = true}); absl::StatusOr<config::Outcome> outcome = settings.Parse(arguments,
//   config::ProcessEnvironment()); if (!outcome.ok()) -> print the message, exit 2;  if (outcome->exit_text) -> print
//   it, exit 0
//
// A setting named http-port is the flag --http-port, the variable PAWL_HTTP_PORT and the key "http_port" of the file
// that
// --config (or PAWL_CONFIG) names. What the variable holds before Parse is the default. A list's variable holds one
// item, or several as a JSON array of strings; flags repeat. A list given by a stronger source replaces a weaker one's.
//
// Errors are INVALID_ARGUMENT with where the value came from, what was expected and what was found. A key that no
// setting has is an error that names the nearest one, in the file as on the command line; environment variables that no
// setting has are left alone, since other binaries share the prefix. After an error the variables are unspecified.
//
// Thread rule: one thread, at start-up. Declaring two settings of one name is a bug and CHECKs.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pawl::config {

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
Environment ProcessEnvironment();

// Where a value came from, weakest first.
enum class Source { kDefault, kFile, kEnvironment, kFlag };

struct IntRange {
  int64_t min = std::numeric_limits<int64_t>::min();
  int64_t max = std::numeric_limits<int64_t>::max();
};
struct DoubleRange {
  double min = -std::numeric_limits<double>::infinity();
  double max = std::numeric_limits<double>::infinity();
};
// Durations are written with a unit: 250ms, 10s, 5m, 2h, 1d; a bare 0 is allowed.
struct DurationRange {
  std::chrono::milliseconds min{0};
  std::chrono::milliseconds max = std::chrono::hours(24 * 3660);
};
struct TextOptions {
  bool secret = false;    // shown as *** by Effective() and without its default in the help
  bool required = false;  // an empty text or list is an error
};

struct Outcome {
  std::optional<std::string> exit_text;  // the help or the version to print; exit 0 then
};

// One setting as it ended up, for a log line at start-up.
struct EffectiveValue {
  std::string name;
  std::string value;
  Source source;
};

// Everything known about one declared setting; settings.cc and its neighbours only.
struct IntTarget {
  std::variant<int*, int64_t*> value;
  IntRange range;
};
struct DoubleTarget {
  double* value;
  DoubleRange range;
};
struct BoolTarget {
  bool* value;
};
struct DurationTarget {
  std::chrono::milliseconds* value;
  DurationRange range;
};
struct StringTarget {
  std::string* value;
  TextOptions options;
};
struct ListTarget {
  std::vector<std::string>* value;
  TextOptions options;
};
struct ChoiceTarget {
  std::string* value;
  std::vector<std::string> choices;
};
using Target =
    std::variant<IntTarget, DoubleTarget, BoolTarget, DurationTarget, StringTarget, ListTarget, ChoiceTarget>;

struct Setting {
  std::string name;
  std::string help;
  Target target;
  Source source = Source::kDefault;
};

class Settings {
 public:
  Settings(std::string program, std::string description);

  void Int(std::string name, int* value, std::string help, IntRange range = {});
  void Int(std::string name, int64_t* value, std::string help, IntRange range = {});
  void Double(std::string name, double* value, std::string help, DoubleRange range = {});
  // The flag alone means true; --name=false turns it off.
  void Bool(std::string name, bool* value, std::string help);
  void Duration(std::string name, std::chrono::milliseconds* value, std::string help, DurationRange range = {});
  void String(std::string name, std::string* value, std::string help, TextOptions options = {});
  void StringList(std::string name, std::vector<std::string>* value, std::string help, TextOptions options = {});
  void Choice(std::string name, std::string* value, std::string help, std::vector<std::string> choices);

  // `arguments` without the program's name. --help ends with an exit text.
  absl::StatusOr<Outcome> Parse(const std::vector<std::string>& arguments, const Environment& environment);

  // After Parse: every setting in order of declaration.
  std::vector<EffectiveValue> Effective() const;

 private:
  void Add(std::string name, std::string help, Target target);
  absl::Status ApplyFile(const std::string& path);
  absl::Status ApplyEnvironment(const Environment& environment);
  absl::Status CheckRequired() const;
  Setting* Find(std::string_view name);

  std::string program_;
  std::string description_;
  std::vector<Setting> settings_;
};

// "PAWL_HTTP_PORT" and "http_port" for "http-port".
std::string EnvironmentName(std::string_view setting);
std::string FileKey(std::string_view setting);

}  // namespace pawl::config
