#include "worker/activities/preprocess/split.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/random.h"
#include "shared/base/status.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {

absl::StatusOr<SplitPlan> ParseSplitPlan(const nlohmann::json& value) {
  Fields in(value, "split");
  SplitPlan plan;
  plan.by_time = in.Choice("by", "seed", {"seed", "time"}) == "time";
  plan.validation_share = in.Number("validation", 0, 0, 0.9);
  plan.test_share = in.Number("test", 0, 0, 0.9);
  if (plan.validation_share + plan.test_share >= 1) in.Refuse("expected validation + test to be below 1");
  if (plan.by_time) {
    plan.time_column = in.RequiredString("column");
    const std::string validation_from = in.String("validation_from");
    const std::string test_from = in.String("test_from");
    plan.boundaries_known = !validation_from.empty() || !test_from.empty();
    for (const auto& [text, seconds] :
         {std::pair{validation_from, &plan.validation_from}, std::pair{test_from, &plan.test_from}}) {
      if (text.empty()) continue;
      const std::optional<int64_t> parsed = ParseTimestamp(text);
      if (parsed)
        *seconds = *parsed;
      else
        in.Refuse(absl::StrCat("expected an ISO 8601 time, found '", text, "'"));
    }
    if (plan.boundaries_known && plan.validation_from > plan.test_from && !validation_from.empty()) {
      in.Refuse("expected validation_from to be before test_from");
    }
  } else {
    plan.seed = static_cast<uint64_t>(in.Integer("seed", 0, 0, std::numeric_limits<int64_t>::max()));
  }
  PAWL_RETURN_IF_ERROR(in.FinishStrict());
  return plan;
}

Split SplitOfRow(const SplitPlan& plan, int64_t row) {
  // Two draws: neighbouring states of the generator differ little in their first.
  base::SeededRandom random(plan.seed * 0x9e3779b97f4a7c15 + static_cast<uint64_t>(row));
  random.NextUint64();
  const double draw = random.NextDouble();
  if (draw < plan.test_share) return Split::kTest;
  return draw < plan.test_share + plan.validation_share ? Split::kValidation : Split::kTrain;
}

Split SplitOfTime(const SplitPlan& plan, int64_t seconds) {
  if (seconds >= plan.test_from) return Split::kTest;
  return seconds >= plan.validation_from ? Split::kValidation : Split::kTrain;
}

}  // namespace pawl::activities
