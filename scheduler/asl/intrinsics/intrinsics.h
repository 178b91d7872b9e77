// The 18 intrinsic functions of the JSONPath dialect (Amazon States Language specification, "Intrinsic Functions").
//
// Compile parses `States.Format('{}', $.a, States.UUID())`; paths inside are compiled too. Evaluation is pure except
// for what Ambient hands in. Thread rule: an Intrinsic is immutable.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "scheduler/asl/jsonpath/jsonpath.h"
#include "shared/base/random.h"
#include "shared/json/value.h"

namespace pawl::asl::intrinsics {

class Intrinsic {
 public:
  // True where `text` begins like an intrinsic call ("States." and a name).
  static bool LooksLikeOne(std::string_view text);
  // INVALID_ARGUMENT with position; also for unknown names, wrong argument counts and nesting beyond 10.
  static absl::StatusOr<Intrinsic> Compile(std::string_view text);

  // Resolves a path argument as written ("$.a", "$$.Execution.Id", "$variable.b").
  using PathResolver = std::function<absl::StatusOr<json::Value>(std::string_view path)>;
  // The error's message is the cause that AWS gives for States.IntrinsicFailure (code INVALID_ARGUMENT); an error of
  // the resolver is passed on unchanged.
  absl::StatusOr<json::Value> Evaluate(const PathResolver& resolve, base::Random& random) const;

  // A path argument: as written, and compiled once with the rest.
  struct PathArgument {
    std::string text;
    jsonpath::Reference reference;
    jsonpath::Path path;  // of reference.path
  };
  // As above, for callers that evaluate the compiled path themselves instead of parsing its text again.
  using CompiledPathResolver = std::function<absl::StatusOr<json::Value>(const PathArgument& path)>;
  absl::StatusOr<json::Value> Evaluate(const CompiledPathResolver& resolve, base::Random& random) const;

  // Every path argument, nested ones too, in the order written.
  const std::vector<PathArgument>& paths() const;

  // Name of the outermost function, "States.Format".
  const std::string& function_name() const;
  const std::string& text() const;

  struct Node;

 private:
  explicit Intrinsic(std::shared_ptr<const Node> node);
  std::shared_ptr<const Node> node_;
};

// Shared with JSONata's $hash, $random, $partition and $range.

// The digest in lower-case hexadecimal. `algorithm` is MD5, SHA-1, SHA-256, SHA-384 or SHA-512; INVALID_ARGUMENT else.
absl::StatusOr<std::string> HashHex(std::string_view data, std::string_view algorithm);

// java.util.Random, bit for bit, so that seeded results equal AWS's.
class JavaRandom {
 public:
  explicit JavaRandom(int64_t seed);
  int32_t Next(int bits);
  double NextDouble();
  int32_t NextInt(int32_t bound);

 private:
  int64_t seed_;
};

}  // namespace pawl::asl::intrinsics
