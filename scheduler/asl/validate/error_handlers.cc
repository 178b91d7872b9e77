// Retry and Catch. Ranges and sentences as measured on AWS (STEP_FUNCTIONS.md 2.7).
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/states.h"

namespace pawl::asl {

std::vector<std::string> StateCompiler::ErrorEquals(const Fields& fields, bool is_last) {
  std::vector<std::string> names = fields.TextList("ErrorEquals");
  const bool has_all = std::find(names.begin(), names.end(), "States.ALL") != names.end();
  // Specification, "Errors": States.ALL appears alone, in the last of the handlers.
  if (has_all && (names.size() > 1 || !is_last)) {
    report_.Schema(fields.At("ErrorEquals"), "States.ALL must appear alone and at end of list");
  }
  return names;
}

Retrier StateCompiler::CompileRetrier(const Fields& fields) {
  Retrier retrier;
  fields.RefuseUnknown(
      {"ErrorEquals", "IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "Comment"});
  fields.Require({"ErrorEquals"});
  retrier.interval_seconds = fields.Integer("IntervalSeconds", {0, 99'999'999}).value_or(1);
  retrier.max_attempts = fields.Integer("MaxAttempts", {0, 99'999'999}).value_or(3);
  retrier.backoff_rate = fields.Number("BackoffRate", {1}).value_or(2.0);
  retrier.max_delay_seconds = fields.Integer("MaxDelaySeconds", {1, 31'622'400});
  retrier.full_jitter = fields.OneOf("JitterStrategy", {"NONE", "FULL"}).value_or("NONE") == "FULL";
  if (retrier.max_delay_seconds && *retrier.max_delay_seconds <= retrier.interval_seconds) {
    report_.Schema(fields.At("MaxDelaySeconds"), "MaxDelaySeconds must be greater than IntervalSeconds");
  }
  return retrier;
}

Catcher StateCompiler::CompileCatcher(const Fields& fields) {
  Catcher catcher;
  fields.RefuseUnknown({"ErrorEquals", "Next", "ResultPath", "Output", "Assign", "Comment"});
  RefuseOtherDialect(fields, {"ResultPath"}, {"Output"});
  fields.Require({"ErrorEquals", "Next"});
  catcher.next = fields.Text("Next").value_or("");
  if (fields.is_jsonata()) {
    catcher.output = fields.TemplateAt("Output");
  } else {
    catcher.result_path = fields.ResultPath("ResultPath");
  }
  catcher.assign = fields.Assign();
  return catcher;
}

void StateCompiler::CompileHandlers(const Fields& fields, StateDetail& detail) {
  const QueryLanguage language = fields.is_jsonata() ? QueryLanguage::kJsonata : QueryLanguage::kJsonPath;
  for (const char* name : {"Retry", "Catch"}) {
    const std::optional<Place> list = fields.Array(name, /*may_be_empty=*/true);
    const size_t size = list ? list->node->items.size() : 0;
    for (size_t i = 0; i < size; ++i) {
      const Place item = list->Item(i);
      if (!item.value().is_object()) {
        report_.Schema(item, "Expected value of type [OBJECT]");
        continue;
      }
      const Fields entry(item, language, report_, absl::StrCat(name, "[", i, "]/"));
      if (std::string_view(name) == "Retry") {
        detail.retriers.push_back(CompileRetrier(entry));
        detail.retriers.back().error_equals = ErrorEquals(entry, i + 1 == size);
      } else {
        detail.catchers.push_back(CompileCatcher(entry));
        detail.catchers.back().error_equals = ErrorEquals(entry, i + 1 == size);
      }
    }
  }
}

}  // namespace pawl::asl
