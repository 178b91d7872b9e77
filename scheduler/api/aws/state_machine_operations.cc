#include <string>
#include <utility>

#include "scheduler/api/aws/configuration.h"
#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"
#include "scheduler/gateway/reason.h"

namespace pawl::api::aws {
namespace {

using gateway::ArnKind;
using gateway::Reason;
using gateway::Refuse;
using gateway::StateMachine;

// STEP_FUNCTIONS.md 1.2, UpdateStateMachine, says when; AWS's words are not recorded.
constexpr char kNothingToUpdate[] =
    "Either the definition, the role ARN, the LoggingConfiguration, the TracingConfiguration or the "
    "EncryptionConfiguration must be specified";

// publish and versionDescription.
absl::StatusOr<std::optional<gateway::Publishing>> ReadPublishing(Fields& fields) {
  const bool publish = fields.Flag("publish", false);
  std::optional<std::string> description = fields.OptionalText(
      "versionDescription", {.required = false, .length_min = 0, .length_max = kDescriptionCharactersMax});
  // Recorded: create_with_version_description_no_publish.
  if (description && !publish) {
    return Refuse(Reason::kValidation, "Version description can only be set when publish is true");
  }
  if (!publish) return std::optional<gateway::Publishing>();
  return std::make_optional(gateway::Publishing{std::move(description).value_or("")});
}

// Worded as names and other ARNs are; AWS's words are not recorded.
absl::Status CheckRoleArn(const std::string& arn) {
  if (arn.starts_with("arn:")) return absl::OkStatus();
  return Refuse(Reason::kInvalidArn, "Invalid Role Arn: '" + arn + "'");
}

TextRule DefinitionRule(const Call& call, bool required) {
  return {.required = required, .length_min = 1, .length_max = call.options.definition_bytes_max};
}

void WriteVersionArn(JsonWriter& out, const StateMachine& machine) {
  if (!machine.version_arn.empty()) out.Key("stateMachineVersionArn").String(machine.version_arn);
}

// The fields that both Describe operations answer with.
void WriteDefinition(JsonWriter& out, const StateMachine& machine, bool with_data) {
  out.Key("stateMachineArn").String(machine.arn);
  out.Key("name").String(machine.name);
  out.Key("definition").String(with_data ? std::string_view(machine.definition) : "{}");
  out.Key("roleArn").String(machine.role_arn);
  out.Key("loggingConfiguration").Raw(machine.logging_json.empty() ? kDefaultLogging : machine.logging_json);
  out.Key("tracingConfiguration").Raw(machine.tracing_json.empty() ? kDefaultTracing : machine.tracing_json);
  if (!machine.encryption_json.empty()) out.Key("encryptionConfiguration").Raw(machine.encryption_json);
  if (!machine.revision_id.empty()) out.Key("revisionId").String(machine.revision_id);
  if (machine.variable_references.empty() || !with_data) return;
  // Names of states may hold what JSON escapes, so they are written as strings first.
  out.Key("variableReferences").BeginObject();
  for (const auto& [state, variables] : machine.variable_references) {
    JsonWriter name;
    name.String(state);
    const std::string quoted = name.Take();
    out.Key(std::string_view(quoted).substr(1, quoted.size() - 2)).BeginArray();
    for (const std::string& variable : variables) out.String(variable);
    out.EndArray();
  }
  out.EndObject();
}

}  // namespace

void CreateStateMachine(Call& call) {
  gateway::CreateStateMachineRequest request;
  request.name = call.fields.Text("name", kName);
  request.definition = call.fields.Text("definition", DefinitionRule(call, /*required=*/true));
  request.role_arn = call.fields.Text("roleArn", kArn);
  request.type = call.fields.Choice("type", {"STANDARD", "EXPRESS"}, "STANDARD");
  request.tags = ReadTags(call.fields);
  auto publishing = ReadPublishing(call.fields);
  const auto logging = ReadLogging(call.fields);
  const auto tracing = ReadTracing(call.fields);
  const auto encryption = ReadEncryption(call.fields);
  if (call.IsRefused()) return;
  for (const absl::Status& status : {CheckName(request.name), CheckRoleArn(request.role_arn), publishing.status(),
                                     logging.status(), tracing.status(), encryption.status()}) {
    if (call.IsRefused(status)) return;
  }
  request.logging_json = logging->value_or("");
  request.tracing_json = tracing->value_or("");
  request.encryption_json = encryption->value_or("");
  request.publish = *std::move(publishing);
  call.gateway.CreateStateMachine(call.caller, std::move(request),
                                  AnswerWith<StateMachine>(call.reply, [](const StateMachine& machine) {
                                    JsonWriter out;
                                    out.BeginObject();
                                    out.Key("stateMachineArn").String(machine.arn);
                                    out.Key("creationDate").Time(machine.created);
                                    WriteVersionArn(out, machine);
                                    return out.EndObject().Take();
                                  }));
}

void DescribeStateMachine(Call& call) {
  std::string arn = call.fields.Text("stateMachineArn", kArn);
  const bool with_data = ReadIncludesData(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kStateMachine))) return;
  call.gateway.DescribeStateMachine(call.caller, std::move(arn),
                                    AnswerWith<StateMachine>(call.reply, [with_data](const StateMachine& machine) {
                                      JsonWriter out;
                                      out.BeginObject();
                                      WriteDefinition(out, machine, with_data);
                                      if (!machine.description.empty()) {
                                        out.Key("description").String(machine.description);
                                      }
                                      out.Key("status").String(machine.status);
                                      out.Key("type").String(machine.type);
                                      out.Key("creationDate").Time(machine.created);
                                      return out.EndObject().Take();
                                    }));
}

void DescribeStateMachineForExecution(Call& call) {
  std::string arn = call.fields.Text("executionArn", kArn);
  const bool with_data = ReadIncludesData(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kExecution))) return;
  call.gateway.DescribeStateMachineForExecution(
      call.caller, std::move(arn), AnswerWith<StateMachine>(call.reply, [with_data](const StateMachine& machine) {
        JsonWriter out;
        out.BeginObject();
        WriteDefinition(out, machine, with_data);
        out.Key("updateDate").Time(machine.updated);
        return out.EndObject().Take();
      }));
}

void UpdateStateMachine(Call& call) {
  gateway::UpdateStateMachineRequest request;
  request.arn = call.fields.Text("stateMachineArn", kArn);
  request.definition = call.fields.OptionalText("definition", DefinitionRule(call, /*required=*/false));
  request.role_arn = call.fields.OptionalText("roleArn", kOptionalArn);
  auto publishing = ReadPublishing(call.fields);
  auto logging = ReadLogging(call.fields);
  auto tracing = ReadTracing(call.fields);
  auto encryption = ReadEncryption(call.fields);
  if (call.IsRefused()) return;
  const absl::Status role = request.role_arn ? CheckRoleArn(*request.role_arn) : absl::OkStatus();
  for (const absl::Status& status : {CheckArn(request.arn, ArnKind::kStateMachine), role, publishing.status(),
                                     logging.status(), tracing.status(), encryption.status()}) {
    if (call.IsRefused(status)) return;
  }
  request.logging_json = *std::move(logging);
  request.tracing_json = *std::move(tracing);
  request.encryption_json = *std::move(encryption);
  request.publish = *std::move(publishing);
  if (!request.definition && !request.role_arn && !request.logging_json && !request.tracing_json &&
      !request.encryption_json && !request.publish) {
    return call.reply.Fail(Refuse(Reason::kMissingRequiredParameter, kNothingToUpdate));
  }
  call.gateway.UpdateStateMachine(call.caller, std::move(request),
                                  AnswerWith<StateMachine>(call.reply, [](const StateMachine& machine) {
                                    JsonWriter out;
                                    out.BeginObject();
                                    out.Key("updateDate").Time(machine.updated);
                                    if (!machine.revision_id.empty()) out.Key("revisionId").String(machine.revision_id);
                                    WriteVersionArn(out, machine);
                                    return out.EndObject().Take();
                                  }));
}

void DeleteStateMachine(Call& call) {
  std::string arn = call.fields.Text("stateMachineArn", kArn);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kStateMachine))) return;
  call.gateway.DeleteStateMachine(call.caller, std::move(arn), AnswerEmpty(call.reply));
}

void ListStateMachines(Call& call) {
  gateway::Page page = ReadPage(call.fields);
  if (call.IsRefused()) return;
  using Machines = gateway::PageOf<StateMachine>;
  call.gateway.ListStateMachines(call.caller, std::move(page),
                                 AnswerWith<Machines>(call.reply, [](const Machines& machines) {
                                   JsonWriter out;
                                   out.BeginObject().Key("stateMachines").BeginArray();
                                   for (const StateMachine& machine : machines.items) {
                                     out.BeginObject();
                                     out.Key("stateMachineArn").String(machine.arn);
                                     out.Key("name").String(machine.name);
                                     out.Key("type").String(machine.type);
                                     out.Key("creationDate").Time(machine.created);
                                     out.EndObject();
                                   }
                                   out.EndArray();
                                   if (!machines.next_token.empty()) out.Key("nextToken").String(machines.next_token);
                                   return out.EndObject().Take();
                                 }));
}

}  // namespace pawl::api::aws
