// libFuzzer: whatever parses prints and parses to an equal value again, and IsValid agrees with Parse.
#include <cstdint>
#include <cstdlib>

#include "shared/json/value.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using pawl::json::Value;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<Value> value = pawl::json::Parse(text);
  if (value.ok() != pawl::json::IsValid(text)) std::abort();
  if (!value.ok()) return 0;
  for (const std::string& printed : {Serialize(*value), SerializePretty(*value)}) {
    const absl::StatusOr<Value> again = pawl::json::Parse(printed);
    if (!again.ok() || !(*again == *value)) std::abort();
  }
  return 0;
}
