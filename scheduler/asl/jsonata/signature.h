// Function signatures (`<s-nn?:s>`): which arguments a function takes, checked at every call.
//
// https://docs.jsonata.org/embedding-extending and https://docs.jsonata.org/programming describe the notation.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

using Arguments = absl::InlinedVector<Value, 4>;

class Signature {
 public:
  // `text` with its angle brackets. Throws Failure S0401 or S0402; its position is the offset within `text`.
  explicit Signature(std::string_view text);

  // Replaces `arguments` by those that the function receives: missing ones taken from the context or undefined, single
  // values wrapped where an array is asked for. Throws Failure T0410, T0411 or T0412.
  void Validate(Arguments& arguments, const Value& context) const;

 private:
  enum class Repeat : uint8_t { kOne, kOptional, kMany };
  struct Parameter {
    uint32_t classes = 0;          // bits of the accepted type letters
    uint32_t context_classes = 0;  // of the context value
    Repeat repeat = Repeat::kOne;
    bool context = false;
    char type = 0;  // 's', 'n', ... or '('
    bool has_subtype = false;
    std::string subtype;
  };

  // Matches `parameters_[parameter...]` on the type letters from `at`, greedily with backtracking; counts per parameter
  // go to `taken`. With `whole`, all letters must be used. `failed` remembers dead ends, so that the time is bounded.
  bool Match(const std::string& letters, size_t parameter, size_t parameter_end, size_t at, bool whole,
             std::vector<size_t>& taken, std::vector<bool>& failed) const;
  [[noreturn]] void Fail(const Arguments& arguments, const std::string& letters) const;
  Value CheckedArray(const Parameter& parameter, const Value& argument, char letter, size_t letters_taken, char only,
                     size_t index) const;

  std::vector<Parameter> parameters_;
};

// The type letter of a value: s n b l a o f, m for undefined.
char TypeLetter(const Value& value);

}  // namespace pawl::asl::jsonata
