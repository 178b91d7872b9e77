#include "scheduler/asl/jsonpath/evaluate.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/jsonpath/compare.h"
#include "scheduler/asl/jsonpath/functions.h"
#include "shared/base/status.h"

namespace pawl::asl::jsonpath {

using json::Value;

const Value* ItemAt(const Value& array, int64_t index) {
  if (!array.is_array()) return nullptr;
  const std::span<const Value> items = array.items();
  if (index < 0) index += static_cast<int64_t>(items.size());
  if (index < 0 || index >= static_cast<int64_t>(items.size())) return nullptr;
  return &items[static_cast<size_t>(index)];
}

const Value* FindPlain(const ParsedPath& path, const Value& start) {
  const Value* value = &start;
  for (const Token& token : path.tokens) {
    if (const auto* member = std::get_if<MemberToken>(&token)) {
      value = value->Find(member->name);
    } else {
      value = ItemAt(*value, std::get<IndexToken>(token).index);
    }
    if (value == nullptr) return nullptr;
  }
  return value;
}

bool Evaluation::Visit() {
  if (nodes_left_ == 0) {
    exhausted_ = true;
    return false;
  }
  --nodes_left_;
  return true;
}

// Nothing under a definite beginning is an error; behind a wildcard or the like it is just no match.
bool Evaluation::Missing(bool definite_so_far) {
  if (!definite_so_far) return true;
  status_ = absl::NotFoundError("no value at this path");
  return false;
}

absl::StatusOr<Value> Evaluation::Answer(const ParsedPath& path, const Value& start) {
  if (path.plain) {
    const Value* value = FindPlain(path, start);
    if (value == nullptr) return absl::NotFoundError("no value at this path");
    return *value;
  }
  std::vector<Value> found;
  const size_t end = path.tokens.size() - (path.aggregates_scan ? 1 : 0);
  const bool finished = Walk(path.tokens, end, 0, /*definite_so_far=*/true, start, found);
  // Checked either way: a filter may have swallowed the sign of it. A bound of Pawl's own; Jayway has none.
  if (exhausted_) return absl::ResourceExhaustedError("the path visits too many values");
  if (!finished) {
    absl::Status status = std::move(status_);
    status_ = absl::OkStatus();
    return status;
  }
  if (path.aggregates_scan) return Call(std::get<CallToken>(path.tokens.back()), Value::Array(std::move(found)));
  if (!path.definite) return Value::Array(std::move(found));
  if (found.empty()) return absl::NotFoundError("no value at this path");
  return std::move(found.back());
}

bool Evaluation::Walk(const std::vector<Token>& tokens, size_t end, size_t at, bool definite_so_far, const Value& start,
                      std::vector<Value>& found) {
  const Value* value = &start;
  Value called;  // keeps a function's result alive
  for (; at < end; ++at) {
    if (!Visit()) return false;
    const Token& token = tokens[at];
    if (const auto* member = std::get_if<MemberToken>(&token)) {
      value = value->Find(member->name);
      if (value == nullptr) return Missing(definite_so_far);
    } else if (const auto* index = std::get_if<IndexToken>(&token)) {
      // A position outside the array is no match rather than an error; what is no array at all is an error.
      if (!value->is_array()) return Missing(definite_so_far);
      value = ItemAt(*value, index->index);
      if (value == nullptr) return true;
    } else if (const auto* call = std::get_if<CallToken>(&token)) {
      absl::StatusOr<Value> result = Call(*call, *value);
      if (!result.ok()) {
        status_ = std::move(result).status();
        return false;
      }
      called = *std::move(result);
      value = &called;
    } else {
      break;
    }
  }
  if (at == end) {
    found.push_back(*value);
    return true;
  }

  const Token& token = tokens[at];
  const auto go_on = [&](const Value& next) { return Walk(tokens, end, at + 1, false, next, found); };
  if (const auto* members = std::get_if<MembersToken>(&token)) {
    return WalkMembers(tokens, end, at, definite_so_far, *members, *value, found);
  }
  if (std::holds_alternative<ScanToken>(token)) return WalkScan(tokens, end, at + 1, *value, found);
  if (std::holds_alternative<WildcardToken>(token)) {
    if (value->is_array()) {
      const std::span<const Value> items = value->items();
      return std::all_of(items.begin(), items.end(), go_on);
    }
    if (value->is_object()) {
      const std::span<const json::Member> all = value->members();
      return std::all_of(all.begin(), all.end(), [&](const json::Member& one) { return go_on(one.value); });
    }
    return true;
  }
  if (const auto* filter = std::get_if<FilterToken>(&token)) {
    if (value->is_object()) return !Accepts(*filter->condition, *value) || go_on(*value);
    if (value->is_array()) {
      const std::span<const Value> items = value->items();
      return std::all_of(items.begin(), items.end(), [&](const Value& item) {
        return Visit() && (!Accepts(*filter->condition, item) || go_on(item));
      });
    }
    if (!definite_so_far) return true;
    status_ =
        absl::FailedPreconditionError(absl::StrCat("a filter cannot be applied to a ", json::KindName(value->kind())));
    return false;
  }

  // [0,2] and slices
  if (!value->is_array()) return Missing(definite_so_far);
  const auto try_item = [&](int64_t index) {
    const Value* item = ItemAt(*value, index);
    return item == nullptr || go_on(*item);
  };
  if (const auto* indexes = std::get_if<IndexesToken>(&token)) {
    return std::all_of(indexes->indexes.begin(), indexes->indexes.end(), try_item);
  }
  const auto& slice = std::get<SliceToken>(token);
  const auto length = static_cast<int64_t>(value->size());
  int64_t from = slice.from.value_or(0);
  int64_t to = slice.to.value_or(length);
  // Jayway counts from the end only where one bound stands alone; [-2:2] takes the positions -2, -1, 0, 1.
  if (!slice.to && from < 0) from = std::max<int64_t>(from + length, 0);
  if (!slice.from && to < 0) to += length;
  from = std::max(from, -length);
  to = std::min(to, length);
  for (int64_t index = from; index < to; ++index) {
    if (!try_item(index)) return false;
  }
  return true;
}

bool Evaluation::WalkMembers(const std::vector<Token>& tokens, size_t end, size_t at, bool definite_so_far,
                             const MembersToken& token, const Value& value, std::vector<Value>& found) {
  if (!value.is_object()) return Missing(definite_so_far);
  if (at + 1 == end) {
    std::vector<json::Member> merged;
    for (const std::string& name : token.names) {
      if (const Value* member = value.Find(name)) merged.push_back({name, *member});
    }
    found.push_back(Value::Object(std::move(merged)));
    return true;
  }
  for (const std::string& name : token.names) {
    const Value* member = value.Find(name);
    if (member != nullptr && !Walk(tokens, end, at + 1, false, *member, found)) return false;
  }
  return true;
}

// Every array and object below and including `start`, parents first; those on which the next token could work are
// handed to it. A stack of its own keeps deep documents off the machine's.
bool Evaluation::WalkScan(const std::vector<Token>& tokens, size_t end, size_t at, const Value& start,
                          std::vector<Value>& found) {
  if (at == end) return true;
  const Token& target = tokens[at];
  const auto may_match = [&](const Value& value) {
    if (const auto* member = std::get_if<MemberToken>(&target)) return value.Find(member->name) != nullptr;
    if (const auto* members = std::get_if<MembersToken>(&target)) {
      if (!value.is_object()) return false;
      return at + 1 < end || std::all_of(members->names.begin(), members->names.end(),
                                         [&](const std::string& name) { return value.Find(name) != nullptr; });
    }
    if (const auto* filter = std::get_if<FilterToken>(&target)) return Accepts(*filter->condition, value);
    if (std::holds_alternative<WildcardToken>(target)) return true;
    return value.is_array() &&
           (std::holds_alternative<IndexToken>(target) || std::holds_alternative<IndexesToken>(target) ||
            std::holds_alternative<SliceToken>(target));
  };
  std::vector<const Value*> pending = {&start};
  while (!pending.empty()) {
    const Value& value = *pending.back();
    pending.pop_back();
    if (!value.is_array() && !value.is_object()) continue;
    if (!Visit()) return false;
    if (may_match(value) && !Walk(tokens, end, at, /*definite_so_far=*/false, value, found)) return false;
    if (value.is_array()) {
      for (size_t i = value.size(); i > 0; --i) pending.push_back(&value.items()[i - 1]);
    } else {
      for (size_t i = value.size(); i > 0; --i) pending.push_back(&value.members()[i - 1].value);
    }
  }
  return true;
}

absl::StatusOr<Value> Evaluation::Call(const CallToken& call, const Value& value) {
  std::vector<Value> arguments;
  for (const auto& argument : call.arguments) {
    if (const auto* literal = std::get_if<Value>(&argument)) {
      arguments.push_back(*literal);
      continue;
    }
    PAWL_ASSIGN_OR_RETURN(Value answer, Answer(*std::get<std::shared_ptr<const ParsedPath>>(argument), root_));
    arguments.push_back(std::move(answer));
  }
  return ApplyFunction(call.function, value, arguments);
}

// Reads operands against one item. Remembers trouble other than "no such value", which makes the whole condition false.
class OperandReader {
 public:
  OperandReader(Evaluation& evaluation, const Value& item) : evaluation_(evaluation), item_(item) {}

  OperandValue Read(const Operand& operand) {
    if (const auto* literal = std::get_if<Value>(&operand.source)) return *literal;
    const auto* source = std::get_if<std::shared_ptr<const ParsedPath>>(&operand.source);
    if (source == nullptr) return std::nullopt;  // a pattern where no pattern can be used
    const ParsedPath& path = **source;
    absl::StatusOr<Value> answer = evaluation_.Answer(path, path.from_root ? evaluation_.root_ : item_);
    if (answer.ok()) return *std::move(answer);
    if (!absl::IsNotFound(answer.status())) failed_ = true;
    return std::nullopt;
  }
  bool failed() const { return failed_; }

 private:
  Evaluation& evaluation_;
  const Value& item_;
  bool failed_ = false;
};

bool Evaluation::Accepts(const Expression& condition, const Value& item) {
  switch (condition.kind) {
    case Expression::Kind::kAnd:
      return std::all_of(condition.parts.begin(), condition.parts.end(),
                         [&](const Expression& part) { return Accepts(part, item); });
    case Expression::Kind::kOr:
      return std::any_of(condition.parts.begin(), condition.parts.end(),
                         [&](const Expression& part) { return Accepts(part, item); });
    case Expression::Kind::kNot:
      return !Accepts(condition.parts.front(), item);
    case Expression::Kind::kExists:
      return OperandReader(*this, item).Read(condition.left).has_value();
    case Expression::Kind::kCompare:
      break;
  }
  OperandReader reader(*this, item);
  const OperandValue left = reader.Read(condition.left);
  const OperandValue right = reader.Read(condition.right);
  if (reader.failed()) return false;
  if (condition.op != Operator::kMatches) return Compare(condition.op, left, right);
  const auto* pattern_left = std::get_if<std::shared_ptr<const re2::RE2>>(&condition.left.source);
  const auto* pattern_right = std::get_if<std::shared_ptr<const re2::RE2>>(&condition.right.source);
  if ((pattern_left == nullptr) == (pattern_right == nullptr)) return false;
  return pattern_right != nullptr ? Matches(**pattern_right, left) : Matches(**pattern_left, right);
}

}  // namespace pawl::asl::jsonpath
