#include "scheduler/asl/jsonata/functions.h"

#include "scheduler/asl/jsonata/ast.h"
#include "scheduler/asl/jsonata/nodes.h"

namespace pawl::asl::jsonata {

Catalogue::Catalogue(bool step_functions) {
  NativeSpec::Where left_out =
      step_functions ? NativeSpec::Where::kNotInStepFunctions : NativeSpec::Where::kOnlyInStepFunctions;
  for (std::span<const NativeSpec> group :
       {StringFunctions(), RegexFunctions(), NumberFunctions(), ArrayFunctions(), ObjectFunctions(),
        HigherOrderFunctions(), DateTimeFunctions(), StepFunctionsFunctions()}) {
    for (const NativeSpec& spec : group) {
      if (spec.where == left_out) continue;
      symbols_.Intern(spec.name);
      natives_.push_back({spec, Signature(spec.signature), natives_.size()});
    }
  }
}

const Catalogue& Catalogue::Of(bool step_functions) {
  static const Catalogue plain(false);
  static const Catalogue steps(true);
  return step_functions ? steps : plain;
}

size_t ArityOf(const Value& function) {
  switch (function.tag()) {
    case Tag::kNative:
      return static_cast<size_t>(function.native()->spec.arity);
    case Tag::kRegex:
      return 2;
    case Tag::kFunction:
      break;
    default:
      return 0;
  }
  switch (function.node()->kind) {
    case NodeKind::kLambda: {
      const auto* lambda = static_cast<const LambdaNode*>(function.node());
      return lambda->partial ? lambda->parameter_count : lambda->definition->children.size();
    }
    case NodeKind::kPartialNative:
      return static_cast<const PartialNativeNode*>(function.node())->open_count;
    case NodeKind::kTransform:
    case NodeKind::kChain:
      return 1;
    default:
      return 0;
  }
}

}  // namespace pawl::asl::jsonata
