#include "scheduler/asl/intrinsics/intrinsics.h"

#include "absl/strings/str_cat.h"
#include "scheduler/asl/intrinsics/call.h"
#include "scheduler/asl/intrinsics/functions.h"
#include "shared/base/status.h"

namespace pawl::asl::intrinsics {

using json::Value;

struct Intrinsic::Node {
  std::string text;
  Invocation invocation;
};

namespace {

class Evaluator {
 public:
  Evaluator(const std::string& text, const Invocation& invocation, const Intrinsic::CompiledPathResolver& resolve,
            base::Random& random)
      : text_(text), invocation_(invocation), resolve_(resolve), random_(random) {}

  // Arguments from left to right, then the function itself. Nesting is at most kNestingMax.
  absl::StatusOr<Value> Run(const Call& call) {
    std::vector<Value> values;
    values.reserve(call.arguments.size());
    for (const Argument& argument : call.arguments) {
      PAWL_ASSIGN_OR_RETURN(Value value, ValueOf(argument, call.function == Function::kFormat && values.empty()));
      values.push_back(std::move(value));
    }
    absl::StatusOr<Value> result = Apply(call.function, values, random_);
    if (result.ok()) return result;
    return absl::InvalidArgumentError(
        absl::StrCat("The function '", text_, "' had the following error: ", std::string(result.status().message())));
  }

 private:
  absl::StatusOr<Value> ValueOf(const Argument& argument, bool is_template) {
    if (const auto* path = std::get_if<PathNumber>(&argument.source)) return resolve_(invocation_.paths[path->number]);
    if (const auto* call = std::get_if<Call>(&argument.source)) return Run(*call);
    if (is_template) return Value::String(argument.raw);
    return std::get<Value>(argument.source);
  }

  const std::string& text_;
  const Invocation& invocation_;
  const Intrinsic::CompiledPathResolver& resolve_;
  base::Random& random_;
};

}  // namespace

Intrinsic::Intrinsic(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

bool Intrinsic::LooksLikeOne(std::string_view text) {
  constexpr std::string_view kPrefix = "States.";
  if (!text.starts_with(kPrefix) || text.size() == kPrefix.size()) return false;
  const char c = text[kPrefix.size()];
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

absl::StatusOr<Intrinsic> Intrinsic::Compile(std::string_view text) {
  PAWL_ASSIGN_OR_RETURN(Invocation invocation, ParseInvocation(text));
  return Intrinsic(std::make_shared<const Node>(Node{std::string(text), std::move(invocation)}));
}

absl::StatusOr<Value> Intrinsic::Evaluate(const PathResolver& resolve, base::Random& random) const {
  return Evaluate(CompiledPathResolver([&resolve](const PathArgument& path) { return resolve(path.text); }), random);
}

absl::StatusOr<Value> Intrinsic::Evaluate(const CompiledPathResolver& resolve, base::Random& random) const {
  return Evaluator(node_->text, node_->invocation, resolve, random).Run(node_->invocation.call);
}

const std::vector<Intrinsic::PathArgument>& Intrinsic::paths() const { return node_->invocation.paths; }
const std::string& Intrinsic::function_name() const { return node_->invocation.name; }
const std::string& Intrinsic::text() const { return node_->text; }

}  // namespace pawl::asl::intrinsics
