// What an execution carries from state to state, as a closed algebra: text as it came, a reference to the event that
// brought it, a part of another payload, a payload with another put into it, or a list of payloads. So the output of
// one state that is the input of the next, a ResultPath merge, a Map item and the join of ten thousand results are
// stored once, and Apply can evaluate them all without the language (decisions/0006-payload-algebra.md).
//
// A Payload is a cheap handle of an immutable node. The value and the text are made when first asked for and kept.
// Thread rule: because of that cache a node belongs to one thread at a time; hand text() across threads, not Payloads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "shared/base/ids.h"
#include "shared/json/value.h"

namespace pawl::history {

// Which payload of an event a reference means: 0 is its main one (input, output, parameters ...), 1 + n the n-th
// assigned variable of a StateExited.
using PayloadField = int32_t;

class Payload {
 public:
  enum class Form { kText, kRef, kAt, kInsert, kList };

  Payload();  // JSON null
  // CHECKs nothing: the text must have been found to be JSON at the door.
  static Payload FromText(std::string text);
  static Payload FromValue(json::Value value);
  // "What event `event` brought as `field`", which is `target`. `target` must not be a reference itself; where it is
  // one, it is returned unchanged, so that a reference never points at another.
  static Payload Ref(base::EventId event, PayloadField field, Payload target);
  // The part of `base` at `steps` (member names, or indexes as decimal text). Empty steps give `base`. Where there is
  // no such part, null.
  static Payload At(Payload base, std::vector<std::string> steps);
  // `base` with `value` put at `steps`, objects created on the way where absent. Empty steps give `value`.
  static Payload Insert(Payload base, std::vector<std::string> steps, Payload value);
  static Payload List(std::vector<Payload> items);

  Form form() const;
  const json::Value& value() const;
  // Compact JSON.
  const std::string& text() const;
  // text().size(), or an upper bound of it where the text is not there yet and making it would cost.
  size_t size_bound() const;

  // For the codec: the parts of a form; each CHECKs the form.
  base::EventId ref_event() const;
  PayloadField ref_field() const;
  const Payload& base() const;  // kAt, kInsert; kRef: the target
  const std::vector<std::string>& steps() const;
  const Payload& inserted() const;
  const std::vector<Payload>& items() const;

  // Equal JSON, however formed.
  friend bool operator==(const Payload& a, const Payload& b) { return a.node_ == b.node_ || a.value() == b.value(); }

 private:
  struct Node;
  // `payload`, as text where it would be too deep.
  static Payload Flat(Payload payload);
  explicit Payload(std::shared_ptr<Node> node);
  explicit Payload(std::nullptr_t) {}
  std::shared_ptr<Node> node_;
};

}  // namespace pawl::history
