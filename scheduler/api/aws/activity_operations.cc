#include <string>
#include <utility>

#include "scheduler/api/aws/configuration.h"
#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"

namespace pawl::api::aws {

using gateway::Activity;
using gateway::ArnKind;

void CreateActivity(Call& call) {
  std::string name = call.fields.Text("name", kName);
  std::vector<gateway::Tag> tags = ReadTags(call.fields);
  const auto encryption = ReadEncryption(call.fields);
  if (call.IsRefused() || call.IsRefused(CheckName(name)) || call.IsRefused(encryption.status())) return;
  call.gateway.CreateActivity(call.caller, std::move(name), std::move(tags), encryption->value_or(""),
                              AnswerWith<Activity>(call.reply, [](const Activity& activity) {
                                JsonWriter out;
                                out.BeginObject();
                                out.Key("activityArn").String(activity.arn);
                                out.Key("creationDate").Time(activity.created);
                                return out.EndObject().Take();
                              }));
}

void DescribeActivity(Call& call) {
  std::string arn = call.fields.Text("activityArn", kArn);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kActivity))) return;
  call.gateway.DescribeActivity(
      call.caller, std::move(arn), AnswerWith<Activity>(call.reply, [](const Activity& activity) {
        JsonWriter out;
        out.BeginObject();
        out.Key("activityArn").String(activity.arn);
        out.Key("name").String(activity.name);
        out.Key("creationDate").Time(activity.created);
        out.Key("encryptionConfiguration")
            .Raw(activity.encryption_json.empty() ? kDefaultEncryption : activity.encryption_json);
        return out.EndObject().Take();
      }));
}

void ListActivities(Call& call) {
  gateway::Page page = ReadPage(call.fields);
  if (call.IsRefused()) return;
  using Activities = gateway::PageOf<Activity>;
  call.gateway.ListActivities(call.caller, std::move(page),
                              AnswerWith<Activities>(call.reply, [](const Activities& activities) {
                                JsonWriter out;
                                out.BeginObject().Key("activities").BeginArray();
                                for (const Activity& activity : activities.items) {
                                  out.BeginObject();
                                  out.Key("activityArn").String(activity.arn);
                                  out.Key("name").String(activity.name);
                                  out.Key("creationDate").Time(activity.created);
                                  out.EndObject();
                                }
                                out.EndArray();
                                if (!activities.next_token.empty()) out.Key("nextToken").String(activities.next_token);
                                return out.EndObject().Take();
                              }));
}

void DeleteActivity(Call& call) {
  std::string arn = call.fields.Text("activityArn", kArn);
  if (call.IsRefused() || call.IsRefused(CheckArn(arn, ArnKind::kActivity))) return;
  call.gateway.DeleteActivity(call.caller, std::move(arn), AnswerEmpty(call.reply));
}

}  // namespace pawl::api::aws
