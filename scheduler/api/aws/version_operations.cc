// Versions of state machines.
#include <string>
#include <utility>

#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"

namespace pawl::api::aws {
namespace {

using gateway::ArnKind;
using gateway::StateMachineVersion;

void WriteVersion(JsonWriter& out, const StateMachineVersion& version) {
  out.BeginObject();
  out.Key("stateMachineVersionArn").String(version.arn);
  out.Key("creationDate").Time(version.created);
  out.EndObject();
}

}  // namespace

void PublishStateMachineVersion(Call& call) {
  gateway::PublishVersionRequest request;
  request.arn = call.fields.Text("stateMachineArn", kArn);
  request.revision_id = call.fields.OptionalText("revisionId", {});
  request.description =
      call.fields.Text("description", {.required = false, .length_min = 0, .length_max = kDescriptionCharactersMax});
  if (call.IsRefused() || call.IsRefused(CheckArn(request.arn, ArnKind::kStateMachine))) return;
  call.gateway.PublishVersion(std::move(request),
                              AnswerWith<StateMachineVersion>(call.reply, [](const StateMachineVersion& version) {
                                JsonWriter out;
                                WriteVersion(out, version);
                                return out.Take();
                              }));
}

void ListStateMachineVersions(Call& call) {
  std::string arn = call.fields.Text("stateMachineArn", kArn);
  gateway::Page page = ReadPage(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kStateMachine))) return;
  using Versions = gateway::PageOf<StateMachineVersion>;
  call.gateway.ListVersions(std::move(arn), std::move(page),
                            AnswerWith<Versions>(call.reply, [](const Versions& versions) {
                              JsonWriter out;
                              out.BeginObject().Key("stateMachineVersions").BeginArray();
                              for (const StateMachineVersion& version : versions.items) WriteVersion(out, version);
                              out.EndArray();
                              if (!versions.next_token.empty()) out.Key("nextToken").String(versions.next_token);
                              return out.EndObject().Take();
                            }));
}

void DeleteStateMachineVersion(Call& call) {
  std::string arn = call.fields.Text("stateMachineVersionArn", kArn);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kStateMachine))) return;
  call.gateway.DeleteVersion(std::move(arn), AnswerEmpty(call.reply));
}

}  // namespace pawl::api::aws
