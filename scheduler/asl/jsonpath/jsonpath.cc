#include "scheduler/asl/jsonpath/jsonpath.h"

#include <charconv>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/jsonpath/evaluate.h"
#include "scheduler/asl/jsonpath/parser.h"
#include "shared/base/status.h"

namespace pawl::asl::jsonpath {

using json::Value;

struct Path::Node {
  std::string text;
  std::shared_ptr<const ParsedPath> parsed;
  std::optional<std::vector<std::string>> reference_steps;
};

namespace {

std::optional<std::vector<std::string>> ReferenceSteps(const ParsedPath& path) {
  if (!path.plain || !path.from_root) return std::nullopt;
  std::vector<std::string> steps;
  for (const Token& token : path.tokens) {
    if (const auto* member = std::get_if<MemberToken>(&token)) {
      steps.push_back(member->name);
    } else {
      const int64_t index = std::get<IndexToken>(token).index;
      if (index < 0) return std::nullopt;
      steps.push_back(std::to_string(index));
    }
  }
  return steps;
}

std::optional<size_t> ReadIndex(std::string_view step) {
  size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (step.empty() || error != std::errc() || end != step.data() + step.size()) return std::nullopt;
  return index;
}

// The first characters of a variable's name are those of an identifier; bytes above ASCII count as letters.
bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || (c & 0x80) != 0;
}

// `tokens`, where given, are the steps' own tokens and say which of them are indexes.
absl::StatusOr<Value> InsertAt(const Value& input, const std::vector<std::string>& steps,
                               const std::vector<Token>* tokens, const Value& value) {
  // Down: the containers that are on the way and have to be rebuilt.
  std::vector<Value> way;
  const Value* at = &input;
  const Value absent = Value::Object({});
  for (size_t i = 0; i < steps.size(); ++i) {
    const std::string& step = steps[i];
    const bool may_be_name = tokens == nullptr || std::holds_alternative<MemberToken>((*tokens)[i]);
    const bool may_be_index = tokens == nullptr || !may_be_name;
    way.push_back(*at);
    const Value* next = nullptr;
    if (at->is_object() && may_be_name) {
      next = at->Find(step);
    } else if (at->is_array() && may_be_index) {
      const std::optional<size_t> index = ReadIndex(step);
      if (!index || *index >= at->size()) {
        return absl::InvalidArgumentError(absl::StrCat("no item ", step, " in an array of ", at->size()));
      }
      next = &at->items()[*index];
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("no place for ", step, " in a value of type ", json::KindName(at->kind())));
    }
    at = next != nullptr ? next : &absent;
  }
  // Up: copies with one member or item exchanged.
  Value result = value;
  for (size_t i = steps.size(); i > 0; --i) {
    const Value& container = way[i - 1];
    if (container.is_object()) {
      result = container.With(steps[i - 1], std::move(result));
    } else {
      std::vector<Value> items(container.items().begin(), container.items().end());
      items[*ReadIndex(steps[i - 1])] = std::move(result);
      result = Value::Array(std::move(items));
    }
  }
  return result;
}

}  // namespace

Path::Path(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

absl::StatusOr<Path> Path::Compile(std::string_view text) {
  auto node = std::make_shared<Node>();
  PAWL_ASSIGN_OR_RETURN(node->parsed, ParsePath(text));
  node->text = std::string(text);
  node->reference_steps = ReferenceSteps(*node->parsed);
  return Path(std::move(node));
}

absl::StatusOr<Value> Path::Evaluate(const Value& root, const EvaluateLimits& limits) const {
  const ParsedPath& path = *node_->parsed;
  if (path.plain) {
    if (const Value* value = FindPlain(path, root)) return *value;
    return absl::NotFoundError(absl::StrCat("no value at the path ", node_->text));
  }
  absl::StatusOr<Value> answer = Evaluation(root, limits).Answer(path, root);
  if (!answer.ok()) return base::Annotate(answer.status(), node_->text);
  return answer;
}

bool Path::is_definite() const { return node_->parsed->definite; }
bool Path::is_root() const { return node_->parsed->tokens.empty() && node_->parsed->from_root; }
const std::optional<std::vector<std::string>>& Path::reference_steps() const { return node_->reference_steps; }
const std::string& Path::text() const { return node_->text; }

absl::StatusOr<Value> Insert(const Value& input, const std::vector<std::string>& steps, const Value& value) {
  return InsertAt(input, steps, nullptr, value);
}

absl::StatusOr<Value> Insert(const Value& input, const Path& path, const Value& value) {
  const std::optional<std::vector<std::string>>& steps = path.reference_steps();
  if (!steps) return absl::InvalidArgumentError(absl::StrCat(path.text(), " is no reference path"));
  return InsertAt(input, *steps, &path.node_->parsed->tokens, value);
}

absl::StatusOr<Reference> SplitReference(std::string_view text) {
  if (!text.starts_with('$')) {
    return absl::InvalidArgumentError(
        absl::StrCat("invalid path '", std::string(text), "': expected '$' at its beginning"));
  }
  Reference reference;
  if (text.starts_with("$$")) {
    reference.source = Reference::Source::kContext;
    reference.path = std::string(text.substr(1));
    return reference;
  }
  size_t end = 1;
  while (end < text.size() && IsNameCharacter(text[end])) ++end;
  if (end > 1) {
    reference.source = Reference::Source::kVariable;
    reference.variable = std::string(text.substr(1, end - 1));
  }
  reference.path = absl::StrCat("$", std::string(text.substr(end)));
  return reference;
}

}  // namespace pawl::asl::jsonpath
