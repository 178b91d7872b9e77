#include "scheduler/asl/test_state/reader_data.h"

#include <string_view>
#include <utility>

namespace pawl::asl {

using json::Value;

namespace {

using Items = std::optional<std::vector<Value>>;

std::string TextAt(const Value& object, std::string_view key, std::string otherwise) {
  const Value* found = object.Find(key);
  return found != nullptr && found->is_string() ? found->as_string() : otherwise;
}

// "/a/0": steps of a JSON pointer, without its escapes' rarities ("~1", "~0" are understood).
const Value* At(const Value& root, std::string_view pointer) {
  const Value* value = &root;
  while (!pointer.empty() && value != nullptr) {
    if (pointer.front() != '/') return nullptr;
    pointer.remove_prefix(1);
    const std::string_view raw = pointer.substr(0, pointer.find('/'));
    pointer.remove_prefix(raw.size());
    std::string step;
    for (size_t i = 0; i < raw.size(); ++i) {
      const bool escaped = raw[i] == '~' && i + 1 < raw.size();
      step += !escaped ? raw[i] : raw[++i] == '1' ? '/' : '~';
    }
    if (value->is_array()) {
      const bool is_index = !step.empty() && step.size() < 10 && step.find_first_not_of("0123456789") == step.npos;
      const size_t index = is_index ? std::stoul(step) : value->size();
      value = index < value->size() ? &value->items()[index] : nullptr;
    } else {
      value = value->Find(step);
    }
  }
  return value;
}

Items ReadJson(const std::string& data, const Value& config) {
  absl::StatusOr<Value> parsed = json::Parse(data);
  if (!parsed.ok()) return std::nullopt;
  const Value* items = At(*parsed, TextAt(config, "ItemsPointer", ""));
  if (items == nullptr || !items->is_array()) return std::nullopt;
  return std::vector<Value>(items->items().begin(), items->items().end());
}

Items ReadLines(std::string_view data) {
  std::vector<Value> items;
  while (!data.empty()) {
    const std::string_view line = data.substr(0, data.find('\n'));
    data.remove_prefix(std::min(data.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    absl::StatusOr<Value> item = json::Parse(line);
    if (!item.ok()) return std::nullopt;
    items.push_back(*std::move(item));
  }
  return items;
}

char DelimiterOf(const std::string& name) {
  if (name == "PIPE") return '|';
  if (name == "SEMICOLON") return ';';
  if (name == "SPACE") return ' ';
  if (name == "TAB") return '\t';
  return ',';
}

std::vector<std::vector<std::string>> SplitCsv(const std::string& data, char delimiter) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row;
  std::string cell;
  bool quoted = false;
  const auto end_row = [&] {
    row.push_back(std::exchange(cell, {}));
    if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
    row.clear();
  };
  for (size_t i = 0; i < data.size(); ++i) {
    const char c = data[i];
    if (quoted) {
      if (c == '"' && i + 1 < data.size() && data[i + 1] == '"') {
        cell += data[++i];
      } else if (c == '"') {
        quoted = false;
      } else {
        cell += c;
      }
    } else if (c == '"' && cell.empty()) {
      quoted = true;
    } else if (c == delimiter) {
      row.push_back(std::exchange(cell, {}));
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      cell += c;
    }
  }
  if (!cell.empty() || !row.empty()) end_row();
  return rows;
}

Items ReadCsv(const std::string& data, const Value& config) {
  auto rows = SplitCsv(data, DelimiterOf(TextAt(config, "CSVDelimiter", "COMMA")));
  std::vector<std::string> headers;
  size_t first = 0;
  if (const Value* given = config.Find("CSVHeaders"); given != nullptr && given->is_array()) {
    for (const Value& header : given->items()) headers.push_back(header.is_string() ? header.as_string() : "");
  } else if (!rows.empty()) {
    headers = rows[first++];
  }
  std::vector<Value> items;
  for (size_t r = first; r < rows.size(); ++r) {
    std::vector<json::Member> members;
    for (size_t c = 0; c < headers.size(); ++c) {
      members.push_back({headers[c], Value::String(c < rows[r].size() ? rows[r][c] : "")});
    }
    items.push_back(Value::Object(std::move(members)));
  }
  return items;
}

}  // namespace

std::optional<ReadItems> ReadReaderData(const Value& reader, const std::optional<std::string>& data) {
  if (!data) return std::nullopt;
  const Value* given = reader.Find("ReaderConfig");
  const Value config = given != nullptr ? *given : Value::Object({});
  const std::string type = TextAt(config, "InputType", "JSON");
  Items items = type == "CSV" ? ReadCsv(*data, config) : type == "JSONL" ? ReadLines(*data) : ReadJson(*data, config);
  const Value* most = config.Find("MaxItems");
  const int64_t limit = most != nullptr ? most->as_int64().value_or(0) : 0;
  if (!items) return std::nullopt;
  ReadItems read;
  if (config.Find("ItemsPointer") != nullptr) read.pointed = Value::Array(*items);
  if (limit > 0 && items->size() > static_cast<size_t>(limit)) items->resize(static_cast<size_t>(limit));
  read.items = *std::move(items);
  return read;
}

}  // namespace pawl::asl
