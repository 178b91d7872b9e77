// Reads the fields of one object of a definition, of the type that each must have. Internal to scheduler/asl/validate.
//
// Whatever is wrong goes to the report; readers then give a neutral value, so that one pass finds everything.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/asl/interpret/detail.h"
#include "scheduler/asl/validate/report.h"

namespace pawl::asl {

// Inclusive.
struct Range {
  double min = 0;
  double max = std::numeric_limits<double>::infinity();
};

class Fields {
 public:
  // `place` must be an object. `prefix` stands before field names in the JSONata locations of error texts
  // ("ItemReader/ReaderConfig/").
  Fields(Place place, QueryLanguage language, Report& report, std::string prefix = "")
      : place_(std::move(place)), language_(language), report_(report), prefix_(std::move(prefix)) {}

  const Place& place() const { return place_; }
  Report& report() const { return report_; }
  bool is_jsonata() const { return language_ == QueryLanguage::kJsonata; }
  bool Has(std::string_view name) const { return place_.node->Find(name) != nullptr; }
  Place At(std::string_view name) const { return place_.Member(name); }

  // "Field 'X' is not supported" for every member that is not in `known`.
  void RefuseUnknown(const std::vector<std::string>& known) const;
  // "These fields are required: [...]", for those of `names` that are absent, in one message.
  void Require(const std::vector<std::string>& names) const;
  // "There should only be one of the following fields: [...]" where two or more are present.
  void AtMostOne(const std::vector<std::string>& names) const;
  // Besides, "This object should have only one of the following fields: [...]" where none is. True where just one is.
  bool ExactlyOne(const std::vector<std::string>& names) const;

  // Nothing where the field is absent or of another type.
  std::optional<std::string> Text(std::string_view name) const;
  std::optional<bool> Boolean(std::string_view name) const;
  std::optional<std::string> OneOf(std::string_view name, const std::vector<std::string>& choices) const;
  std::optional<Place> Object(std::string_view name) const;
  std::optional<Place> Array(std::string_view name, bool may_be_empty) const;
  std::optional<int64_t> Integer(std::string_view name, const Range& range) const;
  std::optional<double> Number(std::string_view name, const Range& range) const;
  std::vector<std::string> TextList(std::string_view name) const;

  // `name`, or `name`Path in JSONPath, or an expression in JSONata.
  NumberField NumberOrQuery(std::string_view name, const Range& range, bool whole) const;
  // `name`, or `name`Path in JSONPath (an intrinsic too where `intrinsics` lists its name), or an expression in
  // JSONata.
  TextField TextOrQuery(std::string_view name, const std::vector<std::string>& intrinsics) const;

  PathField DataPath(std::string_view name) const;          // InputPath, OutputPath
  ResultPathField ResultPath(std::string_view name) const;  // ResultPath
  std::optional<PathRef> ReferencePath(std::string_view name) const;

  // Parameters and its kind: objects and arrays with "k.$" members in JSONPath, with "{% %}" strings in JSONata.
  std::optional<Template> TemplateAt(std::string_view name) const;
  AssignField Assign() const;
  // The whole string must be an expression.
  std::shared_ptr<const jsonata::Expression> Expression(std::string_view name) const;

 private:
  void WrongType(const Place& place, std::string_view type) const;
  bool CheckRange(const Place& place, double number, const Range& range) const;

  Place place_;
  QueryLanguage language_;
  Report& report_;
  std::string prefix_;
};

// ---- the parts that Fields is made of (templates.cc)

// A path of any source; says what is wrong in `why` where it cannot be compiled.
std::optional<PathRef> CompilePath(std::string_view text, std::string* why);
// Whether `path` is a Reference Path: one node, by names and indexes only.
bool IsReferencePath(const PathRef& path);
// "{% ... %}": starts and ends so, without anything around it.
bool IsExpression(std::string_view text);
// Null where it does not compile; then the report has INVALID_JSONATA_EXPRESSION or UNSUPPORTED_JSONATA_EXPRESSION.
std::shared_ptr<const jsonata::Expression> CompileExpression(const Place& place, Report& report);
// `location` is what error texts call the template's place at run time.
Template CompileTemplate(const Place& place, QueryLanguage language, const std::string& location, Report& report);

}  // namespace pawl::asl
