// Paths, expressions and payload templates.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "scheduler/asl/validate/fields.h"
#include "shared/base/random.h"

namespace pawl::asl {

using json::Value;

namespace {

// "[(@.length-1)]", an older way to write "[-1]" that definitions still use.
std::string WithoutLengthScripts(std::string_view text) {
  constexpr std::string_view kScript = "[(@.length-";
  std::string plain;
  while (true) {
    const size_t at = text.find(kScript);
    const size_t end = at == std::string_view::npos ? at : text.find(")]", at);
    if (end == std::string_view::npos) return plain.append(text);
    plain.append(text.substr(0, at)).append("[-").append(text.substr(at + kScript.size(), end - at - kScript.size()));
    plain += ']';
    text.remove_prefix(end + 2);
  }
}

// Within quotes AWS takes a backslash before a double quote for itself (recorded: escape_sequence_parsing_
// ESCAPE_SEQUENCES_JSONPATH), where the path language would drop it.
std::string WithLiteralBackslashes(std::string text) {
  for (size_t at = text.find("\\\""); at != std::string::npos; at = text.find("\\\"", at + 3)) text.insert(at, "\\");
  return text;
}

}  // namespace

std::optional<PathRef> CompilePath(std::string_view text, std::string* why) {
  absl::StatusOr<jsonpath::Reference> reference =
      jsonpath::SplitReference(WithLiteralBackslashes(WithoutLengthScripts(text)));
  if (!reference.ok()) {
    *why = std::string(reference.status().message());
    return std::nullopt;
  }
  absl::StatusOr<jsonpath::Path> path = jsonpath::Path::Compile(reference->path);
  if (!path.ok()) {
    *why = std::string(path.status().message());
    return std::nullopt;
  }
  return PathRef{std::string(text), *std::move(reference), *std::move(path)};
}

bool IsReferencePath(const PathRef& path) {
  if (path.path.reference_steps()) return true;
  // An index that counts from the end is one node as well.
  if (!path.path.is_definite()) return false;
  return path.reference.path.find_first_of("*?@(,:") == std::string::npos;
}

bool IsExpression(std::string_view text) { return text.size() >= 4 && text.starts_with("{%") && text.ends_with("%}"); }

namespace {

// The language's refusal of what has no context at the top level, in AWS's words ("Reference to 'phone' at the top
// level is not supported.").
std::string UnsupportedReference(const std::string& message) {
  const size_t open = message.find('\'');
  const size_t close = open == std::string::npos ? open : message.find('\'', open + 1);
  if (close == std::string::npos) return message;
  const std::string name = message.substr(open, close - open + 1);
  if (name == "'$$'") return "Reference to '$$' is not supported.";
  return absl::StrCat("Reference to ", name, " at the top level is not supported.");
}

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::shared_ptr<const jsonata::Expression> CompileExpression(const Place& place, Report& report) {
  const std::string& text = place.value().as_string();
  if (!IsExpression(text)) {  // STEP_FUNCTIONS.md 2.5: a whole string, without blanks around
    report.Schema(place, "JSONata string must start with {% and end with %}");
    return nullptr;
  }
  // The trimmed text is what error texts quote (recorded: map_state_items_eval_jsonata_fail).
  const std::string_view inner = Trimmed(std::string_view(text).substr(2, text.size() - 4));
  auto compiled = jsonata::Expression::Compile(
      inner, jsonata::Dialect{.version = jsonata::Version::k2_0_6, .step_functions = true});
  if (const auto* error = std::get_if<jsonata::Error>(&compiled)) {
    if (error->code == "S0501") {  // STEP_FUNCTIONS.md 2.5: no top-level $, $$ and unqualified names
      report.Error("UNSUPPORTED_JSONATA_EXPRESSION", place, UnsupportedReference(error->message));
    } else {
      report.Error("INVALID_JSONATA_EXPRESSION", place, absl::StrCat(error->code, ": ", error->message));
    }
    return nullptr;
  }
  return std::make_shared<const jsonata::Expression>(std::move(std::get<jsonata::Expression>(compiled)));
}

namespace {

// Nothing where the value of a ".$" member is neither path nor intrinsic.
std::optional<Query> CompileQuery(const std::string& text) {
  if (intrinsics::Intrinsic::LooksLikeOne(text)) {
    absl::StatusOr<intrinsics::Intrinsic> intrinsic = intrinsics::Intrinsic::Compile(text);
    if (!intrinsic.ok()) return std::nullopt;
    // An addition of constants that can never work is refused at once; the values of paths are not known yet.
    if (intrinsic->function_name() == "States.MathAdd" && intrinsic->paths().empty()) {
      base::SeededRandom random(0);
      const auto none = [](std::string_view) -> absl::StatusOr<Value> { return Value(); };
      if (!intrinsic->Evaluate(intrinsics::Intrinsic::PathResolver(none), random).ok()) return std::nullopt;
    }
    return Query(*std::move(intrinsic));
  }
  std::string why;
  std::optional<PathRef> path = CompilePath(text, &why);
  if (!path) return std::nullopt;
  return Query(*std::move(path));
}

// A template's parts, from JSON; recursion is bounded by the parser's depth limit.
class Builder {
 public:
  Builder(QueryLanguage language, Report& report) : language_(language), report_(report) {}

  Template Build(const Place& place, const std::string& location) {
    switch (place.value().kind()) {
      case json::Kind::kObject:
        return BuildObject(place, location);
      case json::Kind::kArray:
        return BuildArray(place, location);
      case json::Kind::kString:
        return BuildText(place, location);
      case json::Kind::kNull:
      case json::Kind::kBool:
      case json::Kind::kNumber:
        break;
    }
    return Constant(place);
  }

 private:
  static Template Constant(const Place& place) {
    Template form;
    form.constant = place.value();
    return form;
  }

  Template BuildText(const Place& place, const std::string& location) {
    const std::string& text = place.value().as_string();
    if (language_ == QueryLanguage::kJsonPath) {
      if (text.starts_with("$.") || text.starts_with("$$.") || intrinsics::Intrinsic::LooksLikeOne(text)) {
        // STEP_FUNCTIONS.md 1.3.
        report_.Warn("NO_DOLLAR", place,
                     "The value looks like a path or an intrinsic function, but the field's name does not end with "
                     "'.$'");
      }
      return Constant(place);
    }
    if (!text.starts_with("{%") && !text.ends_with("%}")) return Constant(place);
    Template form;
    form.kind = Template::Kind::kExpression;
    form.field = location;
    form.expression = CompileExpression(place, report_);
    return form;
  }

  Template BuildArray(const Place& place, const std::string& location) {
    Template form;
    form.kind = Template::Kind::kArray;
    bool constant = true;
    for (size_t i = 0; i < place.node->items.size(); ++i) {
      form.items.push_back(Build(place.Item(i), absl::StrCat(location, "[", i, "]")));
      constant = constant && form.items.back().kind == Template::Kind::kConstant;
    }
    return constant ? Constant(place) : form;
  }

  Template BuildObject(const Place& place, const std::string& location) {
    Template form;
    form.kind = Template::Kind::kObject;
    bool constant = true;
    for (const syntax::NodeMember& member : place.node->members) {
      // Of repeated members the last one counts.
      if (place.node->Find(member.key) != &member.node) continue;
      const Place at{place.path + "/" + member.key, &member.node};
      const bool is_query = language_ == QueryLanguage::kJsonPath && member.key.ends_with(".$");
      if (!is_query) {
        form.members.push_back({member.key, Build(at, location + "/" + member.key)});
      } else {
        form.members.push_back(BuildQuery(place, member));
      }
      constant = constant && !is_query && form.members.back().value.kind == Template::Kind::kConstant;
    }
    return constant ? Constant(place) : form;
  }

  TemplateMember BuildQuery(const Place& object, const syntax::NodeMember& member) {
    TemplateMember result;
    result.key = member.key.substr(0, member.key.size() - 2);
    result.value.kind = Template::Kind::kQuery;
    result.value.field = member.key;
    if (object.node->Find(result.key) != nullptr) {  // STEP_FUNCTIONS.md 2.3
      report_.ErrorAt("SCHEMA_VALIDATION_FAILED", object.location(), member.offset,
                      "There should only be one of the following fields: " + BracketedList({result.key, member.key}));
    }
    std::optional<Query> query;
    if (member.node.value.is_string()) query = CompileQuery(member.node.value.as_string());
    if (query) {
      result.value.query = std::make_shared<const Query>(*std::move(query));
      return result;
    }
    // Recorded: illegal_escapes_ESCAPE_SEQUENCES_ILLEGAL_INTRINSIC_FUNCTION; the location is the object around it.
    report_.ErrorAt("SCHEMA_VALIDATION_FAILED", object.location(), member.offset,
                    absl::StrCat("The value for the field '", member.key,
                                 "' must be a valid JSONPath or a valid intrinsic function call"));
    return result;
  }

  QueryLanguage language_;
  Report& report_;
};

}  // namespace

Template CompileTemplate(const Place& place, QueryLanguage language, const std::string& location, Report& report) {
  return Builder(language, report).Build(place, location);
}

}  // namespace pawl::asl
