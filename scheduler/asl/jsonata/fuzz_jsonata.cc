// libFuzzer: the first line is an expression, the rest the document it reads. Both versions and Step Functions'
// dialect.
#include <cstdint>

#include "scheduler/asl/jsonata/jsonata.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace json = pawl::json;
  using namespace pawl::asl::jsonata;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line_end = std::min(text.find('\n'), text.size());
  const absl::StatusOr<json::Value> parsed = json::Parse(text.substr(std::min(line_end + 1, text.size())));
  const std::optional<json::Value> document =
      parsed.ok() ? *parsed : *json::Parse(R"({"a":[1,"x",null,{"b":[[2],3]}],"b":{"c":2.5,"1":"y"},"s":"t,u"})");
  for (const Dialect& dialect : {Dialect{Version::k2_2, false}, Dialect{Version::k2_0_6, true}}) {
    const auto compiled = Expression::Compile(text.substr(0, line_end), dialect);
    if (std::holds_alternative<Error>(compiled)) continue;
    pawl::base::SeededRandom random(1);
    Environment environment;
    environment.random = &random;
    environment.bindings = {{"states", *document}, {"x", *document}};
    environment.limits = {.depth_max = 200, .steps_max = 50'000, .bytes_max = 8 << 20};
    (void)std::get<Expression>(compiled).Evaluate(document, environment);
  }
  return 0;
}
