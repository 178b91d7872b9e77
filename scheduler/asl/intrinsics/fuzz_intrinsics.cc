// libFuzzer: the first line is an invocation, the rest the document that its paths read.
#include <cstdint>

#include "scheduler/asl/intrinsics/intrinsics.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace json = pawl::json;
  using pawl::asl::intrinsics::Intrinsic;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  const absl::StatusOr<Intrinsic> intrinsic = Intrinsic::Compile(text.substr(0, line_end));
  if (!intrinsic.ok()) return 0;
  const absl::StatusOr<json::Value> parsed = json::Parse(text.substr(std::min(line_end + 1, text.size())));
  const json::Value document = parsed.ok() ? *parsed : *json::Parse(R"({"a":[1,"x",null],"b":{"c":2.5},"s":"t,u"})");
  pawl::base::SeededRandom random(1);
  const auto resolve = [&](const Intrinsic::PathArgument& argument) {
    return argument.path.Evaluate(document, {.nodes_max = 20'000});
  };
  (void)intrinsic->Evaluate(resolve, random);
  return 0;
}
