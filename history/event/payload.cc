#include "history/event/payload.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "shared/base/check.h"

namespace pawl::history {

struct Payload::Node {
  Form form = Form::kText;
  base::EventId event;
  PayloadField field = 0;
  Payload base{nullptr};
  Payload inserted{nullptr};
  std::vector<std::string> steps;
  std::vector<Payload> items;
  // How many nodes deep this one is. Bounded by kDepthMax, so that a loop whose every round inserts into the last one's
  // output neither keeps all of them alive nor overflows the stack when it is looked at.
  int depth = 0;
  // Caches. A kText node has at least one of them.
  std::optional<json::Value> value;
  std::optional<std::string> text;
};

namespace {

constexpr int kDepthMax = 16;

// The item that `step` names in an array, or nothing.
std::optional<size_t> ParseIndex(const std::string& step, size_t size) {
  size_t index = 0;
  auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (error != std::errc() || end != step.data() + step.size() || index >= size) return std::nullopt;
  return index;
}

json::Value ValueAt(const json::Value& root, const std::vector<std::string>& steps) {
  json::Value here = root;
  for (const std::string& step : steps) {
    if (here.is_object()) {
      const json::Value* member = here.Find(step);
      if (member == nullptr) return json::Value();
      here = json::Value(*member);
    } else if (here.is_array()) {
      std::optional<size_t> index = ParseIndex(step, here.size());
      if (!index) return json::Value();
      here = json::Value(here.items()[*index]);
    } else {
      return json::Value();
    }
  }
  return here;
}

// Depth is the number of steps of a reference path, which the definition's author wrote; so the recursion is bounded.
json::Value ValueWith(const json::Value& root, const std::vector<std::string>& steps, size_t from,
                      const json::Value& value) {
  if (from == steps.size()) return value;
  if (root.is_array()) {
    std::optional<size_t> index = ParseIndex(steps[from], root.size());
    if (!index) return root;
    std::vector<json::Value> items(root.items().begin(), root.items().end());
    items[*index] = ValueWith(items[*index], steps, from + 1, value);
    return json::Value::Array(std::move(items));
  }
  json::Value object = root.is_object() ? root : json::Value::Object({});
  const json::Value* child = object.Find(steps[from]);
  return object.With(steps[from], ValueWith(child ? *child : json::Value(), steps, from + 1, value));
}

}  // namespace

Payload::Payload(std::shared_ptr<Node> node) : node_(std::move(node)) {}

Payload::Payload() {
  static const auto* null_text = new std::string("null");
  node_ = std::make_shared<Node>();
  node_->text = *null_text;
  node_->value = json::Value();
}

Payload Payload::FromText(std::string text) {
  auto node = std::make_shared<Node>();
  node->text = std::move(text);
  return Payload(std::move(node));
}

Payload Payload::FromValue(json::Value value) {
  auto node = std::make_shared<Node>();
  node->value = std::move(value);
  return Payload(std::move(node));
}

Payload Payload::Ref(base::EventId event, PayloadField field, Payload target) {
  if (target.form() == Form::kRef) return target;
  auto node = std::make_shared<Node>();
  node->form = Form::kRef;
  node->event = event;
  node->field = field;
  node->depth = target.node_->depth + 1;
  node->base = std::move(target);
  return Payload(std::move(node));
}

Payload Payload::At(Payload base, std::vector<std::string> steps) {
  if (steps.empty()) return base;
  auto node = std::make_shared<Node>();
  node->form = Form::kAt;
  if (base.form() == Form::kAt) {
    // One step list instead of a chain, so that nesting Maps does not nest payloads.
    node->steps = base.node_->steps;
    node->base = base.node_->base;
  } else {
    node->base = std::move(base);
  }
  node->steps.insert(node->steps.end(), std::make_move_iterator(steps.begin()), std::make_move_iterator(steps.end()));
  node->depth = node->base.node_->depth + 1;
  return Flat(Payload(std::move(node)));
}

Payload Payload::Insert(Payload base, std::vector<std::string> steps, Payload value) {
  if (steps.empty()) return value;
  auto node = std::make_shared<Node>();
  node->form = Form::kInsert;
  node->base = std::move(base);
  node->steps = std::move(steps);
  node->inserted = std::move(value);
  node->depth = std::max(node->base.node_->depth, node->inserted.node_->depth) + 1;
  return Flat(Payload(std::move(node)));
}

Payload Payload::List(std::vector<Payload> items) {
  auto node = std::make_shared<Node>();
  node->form = Form::kList;
  node->items = std::move(items);
  for (const Payload& item : node->items) node->depth = std::max(node->depth, item.node_->depth + 1);
  return Flat(Payload(std::move(node)));
}

Payload Payload::Flat(Payload payload) {
  if (payload.node_->depth <= kDepthMax) return payload;
  return FromText(payload.text());
}

Payload::Form Payload::form() const { return node_->form; }

const json::Value& Payload::value() const {
  Node& node = *node_;
  if (node.form == Form::kRef) return node.base.value();
  if (node.value) return *node.value;
  switch (node.form) {
    case Form::kText: {
      absl::StatusOr<json::Value> parsed = json::Parse(*node.text);
      PAWL_CHECK(parsed.ok(), "payload text was found to be JSON at the door");
      node.value = *std::move(parsed);
      break;
    }
    case Form::kAt:
      node.value = ValueAt(node.base.value(), node.steps);
      break;
    case Form::kInsert:
      node.value = ValueWith(node.base.value(), node.steps, 0, node.inserted.value());
      break;
    case Form::kList: {
      std::vector<json::Value> items;
      items.reserve(node.items.size());
      for (const Payload& item : node.items) items.push_back(item.value());
      node.value = json::Value::Array(std::move(items));
      break;
    }
    case Form::kRef:
      break;
  }
  return *node.value;
}

const std::string& Payload::text() const {
  Node& node = *node_;
  if (node.form == Form::kRef) return node.base.text();
  if (!node.text) {
    if (node.form == Form::kList) {
      // Joined from the items' texts, so that a Map's results need not be parsed.
      std::string text = "[";
      for (const Payload& item : node.items) {
        if (text.size() > 1) text += ',';
        text += item.text();
      }
      text += ']';
      node.text = std::move(text);
    } else {
      node.text = json::Serialize(value());
    }
  }
  return *node.text;
}

size_t Payload::size_bound() const {
  const Node& node = *node_;
  if (node.form == Form::kRef) return node.base.size_bound();
  if (node.text) return node.text->size();
  switch (node.form) {
    case Form::kAt:
      return node.base.size_bound();
    case Form::kInsert: {
      size_t bound = node.base.size_bound() + node.inserted.size_bound();
      for (const std::string& step : node.steps) bound += 2 * step.size() + 8;
      return bound;
    }
    case Form::kList: {
      size_t bound = 2;
      for (const Payload& item : node.items) bound += item.size_bound() + 1;
      return bound;
    }
    case Form::kText:
    case Form::kRef:
      break;
  }
  return text().size();
}

base::EventId Payload::ref_event() const {
  PAWL_CHECK(form() == Form::kRef, "only a reference names an event");
  return node_->event;
}

PayloadField Payload::ref_field() const {
  PAWL_CHECK(form() == Form::kRef, "only a reference names a field");
  return node_->field;
}

const Payload& Payload::base() const {
  PAWL_CHECK(form() == Form::kRef || form() == Form::kAt || form() == Form::kInsert, "text and lists have no base");
  return node_->base;
}

const std::vector<std::string>& Payload::steps() const {
  PAWL_CHECK(form() == Form::kAt || form() == Form::kInsert, "only At and Insert have steps");
  return node_->steps;
}

const Payload& Payload::inserted() const {
  PAWL_CHECK(form() == Form::kInsert, "only Insert has an inserted payload");
  return node_->inserted;
}

const std::vector<Payload>& Payload::items() const {
  PAWL_CHECK(form() == Form::kList, "only List has items");
  return node_->items;
}

}  // namespace pawl::history
