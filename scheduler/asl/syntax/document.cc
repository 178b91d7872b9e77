#include "scheduler/asl/syntax/document.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/syntax/json_fault.h"
#include "shared/base/check.h"

namespace pawl::asl::syntax {

// Above so many members Find searches an index: a text full of small members would take quadratic time otherwise.
constexpr size_t kIndexedFrom = 16;

const Node* Node::Find(std::string_view key) const {
  if (by_key.empty()) {
    const auto found =
        std::find_if(members.rbegin(), members.rend(), [&](const NodeMember& member) { return member.key == key; });
    return found == members.rend() ? nullptr : &found->node;
  }
  const auto after = std::upper_bound(by_key.begin(), by_key.end(), key, [this](std::string_view wanted, uint32_t at) {
    return wanted < members[at].key;
  });
  if (after == by_key.begin() || members[*(after - 1)].key != key) return nullptr;
  return &members[*(after - 1)].node;
}

namespace {

// Walks a text that json::Parse has accepted, so nothing can be missing, and notes where things begin.
class Locator {
 public:
  explicit Locator(std::string_view text) : text_(text) {}

  // Recursion is bounded by the parser's depth limit.
  Node Value() {
    SkipSpace();
    Node node;
    node.offset = at_;
    switch (text_[at_]) {
      case '{':
        Members(node);
        break;
      case '[':
        Items(node);
        break;
      case '"':
        SkipString();
        break;
      default:
        while (at_ < text_.size() && std::string_view(",]} \t\r\n").find(text_[at_]) == std::string_view::npos) ++at_;
    }
    return node;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos) ++at_;
  }

  std::string_view SkipString() {
    const size_t begin = at_++;
    while (text_[at_] != '"') at_ += text_[at_] == '\\' ? 2 : 1;
    ++at_;
    return text_.substr(begin, at_ - begin);
  }

  std::string Key() {
    const std::string_view quoted = SkipString();
    if (quoted.find('\\') == std::string_view::npos) return std::string(quoted.substr(1, quoted.size() - 2));
    absl::StatusOr<json::Value> key = json::Parse(quoted);
    PAWL_CHECK(key.ok(), "a key of an accepted text is a JSON string");
    return key->as_string();
  }

  void Members(Node& node) {
    ++at_;
    SkipSpace();
    while (text_[at_] != '}') {
      NodeMember member;
      member.offset = at_;
      member.key = Key();
      SkipSpace();
      ++at_;  // ':'
      member.node = Value();
      node.members.push_back(std::move(member));
      NextItem();
    }
    ++at_;
    if (node.members.size() < kIndexedFrom) return;
    node.by_key.resize(node.members.size());
    std::iota(node.by_key.begin(), node.by_key.end(), 0);
    std::stable_sort(node.by_key.begin(), node.by_key.end(),
                     [&](uint32_t a, uint32_t b) { return node.members[a].key < node.members[b].key; });
  }

  void Items(Node& node) {
    ++at_;
    SkipSpace();
    while (text_[at_] != ']') {
      node.items.push_back(Value());
      NextItem();
    }
    ++at_;
  }

  void NextItem() {
    SkipSpace();
    if (text_[at_] == ',') ++at_;
    SkipSpace();
  }

  std::string_view text_;
  size_t at_ = 0;
};

// Gives every node its value; a repeated key's earlier nodes get the value that counts.
void Attach(Node& node, const json::Value& value) {
  node.value = value;
  for (NodeMember& member : node.members) {
    const json::Value* of_key = value.Find(member.key);
    // Only the last of repeated members has the shape of the value; the others need none.
    if (of_key != nullptr && node.Find(member.key) == &member.node) Attach(member.node, *of_key);
  }
  for (size_t i = 0; i < node.items.size(); ++i) Attach(node.items[i], value.items()[i]);
}

}  // namespace

std::variant<Node, SyntaxError> ParseDocument(std::string_view text) {
  absl::StatusOr<json::Value> value = json::Parse(text, {.depth_max = kDepthMax});
  if (!value.ok()) {
    if (absl::IsResourceExhausted(value.status())) {
      return SyntaxError{SyntaxError::Kind::kTooDeep,
                         absl::StrCat("The definition is nested deeper than ", kDepthMax, " levels"), 0};
    }
    JsonFault fault = FindJsonFault(text);
    if (fault.message.empty()) fault.message = std::string(value.status().message());
    return SyntaxError{SyntaxError::Kind::kNotJson, std::move(fault.message), fault.offset};
  }
  Node root = Locator(text).Value();
  Attach(root, *value);
  return root;
}

Position PositionOf(std::string_view text, size_t offset) {
  Position position;
  offset = std::min(offset, text.size());
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') {
      ++position.line;
      position.column = 1;
    } else {
      ++position.column;
    }
  }
  return position;
}

}  // namespace pawl::asl::syntax
