// libFuzzer: the first line is a path, the rest a document. Nothing may crash, hang or leave its limits.
#include <cstdint>
#include <cstdlib>

#include "scheduler/asl/jsonpath/jsonpath.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace json = pawl::json;
  namespace jsonpath = pawl::asl::jsonpath;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  const absl::StatusOr<jsonpath::Path> path = jsonpath::Path::Compile(text.substr(0, line_end));
  if (!path.ok()) return 0;
  const absl::StatusOr<json::Value> parsed = json::Parse(text.substr(std::min(line_end + 1, text.size())));
  const json::Value document = parsed.ok() ? *parsed : *json::Parse(R"({"a":[1,{"b":"x"},[2,null]],"c":{"d":true}})");
  const absl::StatusOr<json::Value> answer = path->Evaluate(document, {.nodes_max = 20'000});
  if (answer.ok() && !path->is_definite() && !answer->is_array()) std::abort();
  if (const auto& steps = path->reference_steps()) {
    (void)jsonpath::Insert(document, *steps, json::Value::Int(1));
    const absl::StatusOr<json::Value> inserted = jsonpath::Insert(document, *path, json::Value::Int(1));
    // What was put at a path is found there again.
    if (inserted.ok() && !(*path->Evaluate(*inserted) == json::Value::Int(1))) std::abort();
  }
  return 0;
}
