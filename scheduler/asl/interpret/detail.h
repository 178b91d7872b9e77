// What a state consists of once it is compiled: paths, templates, rules, retriers. Made by scheduler/asl/validate, read
// by scheduler/asl/interpret and scheduler/asl/test_state; nobody else includes this. Plain immutable data.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "scheduler/asl/interpret/timestamp.h"
#include "scheduler/asl/intrinsics/intrinsics.h"
#include "scheduler/asl/jsonata/jsonata.h"
#include "scheduler/asl/jsonpath/jsonpath.h"
#include "scheduler/asl/program.h"
#include "shared/json/value.h"

namespace pawl::asl {

// A path as written, with what it reads: "$.a" the data at hand, "$$.Execution.Id" the context object, "$name.b" a
// variable.
struct PathRef {
  std::string text;
  jsonpath::Reference reference;
  jsonpath::Path path;  // of reference.path
};

// What "k.$" and ErrorPath take.
using Query = std::variant<PathRef, intrinsics::Intrinsic>;

// InputPath and OutputPath: everything ("$" or absent), nothing (null, which gives {}) or a path.
struct PathField {
  enum class Mode : uint8_t { kWhole, kNothing, kPath };
  Mode mode = Mode::kWhole;
  std::optional<PathRef> path;  // kPath only
};

// ResultPath: the result replaces the input ("$" or absent), is dropped (null), or is put into the input at `path`.
struct ResultPathField {
  enum class Mode : uint8_t { kReplace, kDiscard, kInsert };
  Mode mode = Mode::kReplace;
  std::string text;
  std::vector<std::string> steps;      // kInsert only
  std::optional<jsonpath::Path> path;  // kInsert only
};

struct TemplateMember;

// A payload template of either dialect, as a tree in which constant parts are single nodes.
struct Template {
  enum class Kind : uint8_t { kConstant, kQuery, kExpression, kObject, kArray };
  Kind kind = Kind::kConstant;
  // What error texts call this place: for kQuery the key as written ("first.$"), for kExpression the location
  // ("Output/first").
  std::string field;
  json::Value constant;                                   // kConstant
  std::shared_ptr<const Query> query;                     // kQuery
  std::shared_ptr<const jsonata::Expression> expression;  // kExpression
  std::vector<TemplateMember> members;                    // kObject
  std::vector<Template> items;                            // kArray
};

struct TemplateMember {
  std::string key;  // without ".$"
  Template value;
};

using AssignField = std::vector<TemplateMember>;

// A number that stands in the definition, or comes from a path ("...Path" fields) or a JSONata expression.
struct NumberField {
  std::string field;  // as written: "TimeoutSeconds", "TimeoutSecondsPath"
  std::optional<double> value;
  std::optional<PathRef> path;
  std::shared_ptr<const jsonata::Expression> expression;
  bool is_present() const { return value || path || expression; }
};

// A string likewise: Error, Cause, Timestamp.
struct TextField {
  std::string field;  // "Error", "ErrorPath" ...
  std::optional<std::string> value;
  std::optional<Query> query;
  std::shared_ptr<const jsonata::Expression> expression;
  bool is_present() const { return value || query || expression; }
};

enum class Comparator : uint8_t {
  kEquals,
  kLessThan,
  kGreaterThan,
  kLessThanEquals,
  kGreaterThanEquals,
  kMatches,
  kIsNull,
  kIsPresent,
  kIsNumeric,
  kIsString,
  kIsBoolean,
  kIsTimestamp,
};
enum class Compared : uint8_t { kString, kNumber, kBoolean, kTimestamp, kKind };

// One comparison, one combination of others, or one JSONata condition.
struct Rule {
  enum class Kind : uint8_t { kComparison, kAnd, kOr, kNot, kCondition };
  Kind kind = Kind::kComparison;

  // kComparison
  std::optional<PathRef> variable;
  std::string operator_name;  // "StringEqualsPath"
  Comparator comparator = Comparator::kEquals;
  Compared compared = Compared::kString;
  std::optional<PathRef> operand_path;
  std::string text;      // operand of String*, StringMatches
  double number = 0;     // of Numeric*
  bool boolean = false;  // of BooleanEquals, Is*
  Instant time;          // of Timestamp*

  std::vector<Rule> rules;                               // kAnd, kOr, kNot (one)
  std::shared_ptr<const jsonata::Expression> condition;  // kCondition
  std::string field;                                     // kCondition: location in error texts

  // Top-level rules only.
  std::string next;
  std::optional<AssignField> assign;
  std::optional<Template> output;
};

struct ChoiceDetail {
  std::vector<Rule> rules;
  std::string default_next;  // empty where there is none
};

struct WaitDetail {
  NumberField seconds;
  TextField timestamp;
  std::optional<Instant> until;  // a Timestamp that stands in the definition
};

struct FailDetail {
  TextField error;
  TextField cause;
};

struct TaskDetail {
  NumberField timeout;
  NumberField heartbeat;
  std::optional<Template> credentials;
};

struct ParallelDetail {};
struct PassDetail {
  std::optional<json::Value> result;
};
struct SucceedDetail {};

// ItemReader, ItemBatcher and ResultWriter of a distributed Map: parts that are constant, a template, and numbers that
// may be paths or expressions.
struct ReaderDetail {
  std::string resource;
  std::optional<Template> arguments;  // Arguments, or Parameters in JSONPath
  json::Value config;                 // ReaderConfig without the numbers below; an object
  std::vector<NumberField> numbers;   // MaxItems
  bool has_config = false;
};
struct BatcherDetail {
  std::vector<NumberField> numbers;  // MaxItemsPerBatch, MaxInputBytesPerBatch
  std::optional<Template> batch_input;
};
struct WriterDetail {
  std::string resource;
  std::optional<Template> arguments;
  std::optional<json::Value> config;  // WriterConfig
};

struct MapDetail {
  std::optional<PathRef> items_path;      // JSONPath; absent: "$"
  std::optional<Template> items;          // JSONata; absent: the input
  std::optional<Template> item_selector;  // ItemSelector, or Parameters by its older name
  NumberField max_concurrency;
  NumberField tolerated_failure_count;
  NumberField tolerated_failure_percentage;
  // Distributed only.
  std::string label;
  bool express_children = false;
  std::optional<ReaderDetail> reader;
  std::optional<BatcherDetail> batcher;
  std::optional<WriterDetail> writer;
};

struct Retrier {
  std::vector<std::string> error_equals;
  int64_t interval_seconds = 1;
  int64_t max_attempts = 3;
  double backoff_rate = 2.0;
  std::optional<int64_t> max_delay_seconds;
  bool full_jitter = false;
};

struct Catcher {
  std::vector<std::string> error_equals;
  std::string next;
  ResultPathField result_path;     // JSONPath
  std::optional<Template> output;  // JSONata
  AssignField assign;
};

struct StateDetail {
  std::string next;  // empty at the end of a block
  PathField input_path;
  PathField output_path;
  ResultPathField result_path;
  std::optional<Template> parameters;  // Parameters (JSONPath) or Arguments (JSONata)
  std::optional<Template> result_selector;
  std::optional<Template> output;  // JSONata
  AssignField assign;
  std::vector<Retrier> retriers;
  std::vector<Catcher> catchers;
  std::variant<PassDetail, TaskDetail, ChoiceDetail, WaitDetail, SucceedDetail, FailDetail, ParallelDetail, MapDetail>
      by_type;
};

}  // namespace pawl::asl
