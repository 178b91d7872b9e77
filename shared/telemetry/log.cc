#include "shared/telemetry/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <array>
#include <cmath>
#include <utility>

#include "shared/json/value.h"
#include "shared/telemetry/text.h"

namespace pawl::telemetry {
namespace {

constexpr size_t kFieldBytesMax = 4096;
constexpr std::array<std::string_view, 4> kLevelNames = {"debug", "info", "warning", "error"};

void AppendText(std::string_view text, std::string& out) { json::AppendQuoted(CleanText(text, kFieldBytesMax), out); }

struct AppendValue {
  std::string& out;
  void operator()(std::string_view text) const { AppendText(text, out); }
  void operator()(int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const { out += std::isfinite(number) ? json::NumberToText(number) : "null"; }
  void operator()(bool assertion) const { out += assertion ? "true" : "false"; }
};

void AppendField(const Field& field, std::string& out) {
  AppendText(field.key, out);
  out += ':';
  std::visit(AppendValue{out}, field.value);
}

spdlog::level::level_enum SpdlogLevel(Level level) {
  switch (level) {
    case Level::kDebug:
      return spdlog::level::debug;
    case Level::kInfo:
      return spdlog::level::info;
    case Level::kWarning:
      return spdlog::level::warn;
    case Level::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

// spdlog supplies the time, one lock around each line and the flush; its level names are "warning" and "error" too.
Logger MakeSpdlogLogger(spdlog::sink_ptr destination, Level level_min) {
  destination->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l",%v})", spdlog::pattern_time_type::utc));
  auto logger = std::make_shared<spdlog::logger>("pawl", std::move(destination));
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  logger->set_error_handler([](const std::string&) {});
  const auto sink = [logger](const LogRecord& record) {
    logger->log(SpdlogLevel(record.level), spdlog::string_view_t(record.body.data(), record.body.size()));
  };
  return Logger(sink, level_min);
}

}  // namespace

Logger::Logger(LogSink sink, Level level_min)
    : sink_(std::make_shared<const LogSink>(std::move(sink))), level_min_(level_min) {}

Logger Logger::With(std::initializer_list<Field> fields) const {
  Logger bound = *this;
  for (const Field& field : fields) {
    AppendField(field, bound.bound_);
    bound.bound_ += ',';
  }
  return bound;
}

void Logger::Log(Level level, std::string_view message, std::initializer_list<Field> fields) const {
  if (!Wants(level)) return;
  std::string body = bound_;
  body += "\"message\":";
  AppendText(message, body);
  for (const Field& field : fields) {
    body += ',';
    AppendField(field, body);
  }
  (*sink_)(LogRecord{.level = level, .body = body});
}

Logger MakeStderrLogger(Level level_min) {
  return MakeSpdlogLogger(std::make_shared<spdlog::sinks::stderr_sink_mt>(), level_min);
}

Logger MakeFileLogger(const std::string& path, Level level_min) {
  try {
    return MakeSpdlogLogger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path), level_min);
  } catch (const spdlog::spdlog_ex& error) {
    Logger fallback = MakeStderrLogger(level_min);
    fallback.Warning("Expected to open the log file, but could not; logging to stderr.",
                     {{"path", path}, {"error", error.what()}});
    return fallback;
  }
}

bool ParseLevel(std::string_view text, Level* level) {
  for (size_t i = 0; i < kLevelNames.size(); ++i) {
    if (kLevelNames[i] != text) continue;
    *level = static_cast<Level>(i);
    return true;
  }
  return false;
}

std::string_view LevelName(Level level) { return kLevelNames[static_cast<size_t>(level)]; }

}  // namespace pawl::telemetry
