// Logging for operators: one line of JSON per rare thing, ids always under the same keys.
//
//   telemetry::Logger log = telemetry::MakeStderrLogger(Level::kInfo).With({{"component", "scheduler"}});
//   log.Info("Partition taken over.", {{"partition", 12}, {"epoch", 7}});
//
// gives {"time":"2025-01-31T12:00:00.123Z","level":"info","component":"scheduler","message":"Partition taken over.",
// "partition":12,"epoch":7}. Keys in use across the project: component, node, partition, epoch, execution,
// state_machine, state, queue, task, attempt, worker, request, error, seconds.
//
// A Logger is a small value: copy it, hand it down, bind ids to it with With(). A default-made one drops everything.
// The one who handles an error logs it; nobody logs and returns it.
//
// Thread rule: any thread may log through any copy. A line is written at once and whole; logging never fails and never
// throws (a full disk behind stderr loses the line).
#pragma once

#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

namespace pawl::telemetry {

enum class Level { kDebug, kInfo, kWarning, kError };

// One key and its value. Text that is no valid UTF-8 is repaired, and cut at 4 KiB.
struct Field {
  using Value = std::variant<std::string_view, int64_t, double, bool>;

  Field(std::string_view field_key, std::string_view text) : key(field_key), value(text) {}
  Field(std::string_view field_key, const char* text) : key(field_key), value(std::string_view(text)) {}
  Field(std::string_view field_key, const std::string& text) : key(field_key), value(std::string_view(text)) {}
  Field(std::string_view field_key, bool assertion) : key(field_key), value(assertion) {}
  Field(std::string_view field_key, std::integral auto number) : key(field_key), value(static_cast<int64_t>(number)) {}
  Field(std::string_view field_key, std::floating_point auto number)
      : key(field_key), value(static_cast<double>(number)) {}

  std::string_view key;
  Value value;
};

// Where finished lines go; `body` is the JSON object without time and level.
struct LogRecord {
  Level level;
  std::string_view body;
};
using LogSink = std::function<void(const LogRecord&)>;

class Logger {
 public:
  Logger() = default;
  Logger(LogSink sink, Level level_min);

  // This logger with `fields` in every line, before the message.
  Logger With(std::initializer_list<Field> fields) const;

  // For a caller that would have to compute an expensive field.
  bool Wants(Level level) const { return sink_ != nullptr && level >= level_min_; }

  void Log(Level level, std::string_view message, std::initializer_list<Field> fields = {}) const;
  void Debug(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Log(Level::kDebug, message, fields);
  }
  void Info(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Log(Level::kInfo, message, fields);
  }
  void Warning(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Log(Level::kWarning, message, fields);
  }
  void Error(std::string_view message, std::initializer_list<Field> fields = {}) const {
    Log(Level::kError, message, fields);
  }

 private:
  // Shared: all copies write to the one sink, and it lives as long as the last of them.
  std::shared_ptr<const LogSink> sink_;
  Level level_min_ = Level::kInfo;
  std::string bound_;  // finished JSON members, each followed by a comma
};

// Lines to stderr, with time (UTC, milliseconds) and level in front.
Logger MakeStderrLogger(Level level_min);

// Lines appended to a file that is made if it is missing; to stderr, with a line that says so, if it cannot be opened.
Logger MakeFileLogger(const std::string& path, Level level_min);

// "debug", "info", "warning", "error". Nothing for other text.
bool ParseLevel(std::string_view text, Level* level);
std::string_view LevelName(Level level);

}  // namespace pawl::telemetry
