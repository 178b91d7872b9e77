// The data flow around a state's work, in both dialects. Internal to scheduler/asl/interpret.
#pragma once

#include <optional>
#include <string>

#include "scheduler/asl/interpret/evaluator.h"

namespace pawl::asl {

// JSONPath: InputPath. JSONata: the input as it is.
Fallible<Data> EffectiveInput(const Evaluator& evaluator);

// JSONPath: InputPath, then Parameters. JSONata: Arguments, or the input where there are none.
Fallible<Data> WorkInput(const Evaluator& evaluator);

// The way out for states that work on data. JSONPath: ResultSelector, Assign, ResultPath into the raw input,
// OutputPath. JSONata: Assign and Output.
Fallible<Transition> Leave(const Evaluator& evaluator, Data result);

// The way out for states that only pass their input on (Choice, Wait, Succeed). `input` is the effective input.
Fallible<Transition> PassOn(const Evaluator& evaluator, Data input, const AssignField& assign,
                            const std::optional<Template>& output, std::string next);

// `result` put into the raw input as ResultPath says.
Fallible<Data> ApplyResultPath(const Evaluator& evaluator, const ResultPathField& field, Data result);

// NumberField in either dialect; nothing where the field is absent. The failure is worded for `field`.
// `whole`: must be an integer.
Fallible<std::optional<double>> ReadNumber(const Evaluator& evaluator, const NumberField& field, const Data& data,
                                           bool whole);

// Text of a Value in an error text: strings without quotes, everything else as JSON.
std::string Plain(const json::Value& value);

}  // namespace pawl::asl
