// Tags of state machines and activities.
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "scheduler/api/aws/json_writer.h"
#include "scheduler/api/aws/operations.h"
#include "scheduler/api/aws/rules.h"

namespace pawl::api::aws {
namespace {

constexpr size_t kTagKeyCharactersMax = 128;  // STEP_FUNCTIONS.md 1.2, TagResource

void Require(Fields& fields, const char* name) {
  if (!fields.Has(name)) fields.Violate("null", name, "Member must not be null");
}

}  // namespace

void TagResource(Call& call) {
  std::string arn = call.fields.Text("resourceArn", kArn);
  Require(call.fields, "tags");
  std::vector<gateway::Tag> tags = ReadTags(call.fields);
  if (call.IsRefused()) return;
  call.gateway.ChangeTags(std::move(arn), std::move(tags), {}, AnswerEmpty(call.reply));
}

void UntagResource(Call& call) {
  std::string arn = call.fields.Text("resourceArn", kArn);
  Require(call.fields, "tagKeys");
  std::vector<std::string> keys;
  if (nlohmann::json* list = call.fields.Array("tagKeys"); list != nullptr) {
    bool fits = true;
    for (const nlohmann::json& key : *list) {
      if (!key.is_string()) {
        call.fields.RefuseText(key);
        break;
      }
      keys.push_back(key.get<std::string>());
      const size_t characters = CountCharacters(keys.back());
      fits = fits && characters >= 1 && characters <= kTagKeyCharactersMax;
    }
    if (!fits) {
      call.fields.Violate("'[" + absl::StrJoin(keys, ", ") + "]'", "tagKeys",
                          "Member must satisfy constraint: [Member must have length less than or equal to 128, Member "
                          "must have length greater than or equal to 1]");
    }
  }
  if (call.IsRefused()) return;
  call.gateway.ChangeTags(std::move(arn), {}, std::move(keys), AnswerEmpty(call.reply));
}

void ListTagsForResource(Call& call) {
  std::string arn = call.fields.Text("resourceArn", kArn);
  if (call.IsRefused()) return;
  using Tags = std::vector<gateway::Tag>;
  call.gateway.ListTags(std::move(arn), AnswerWith<Tags>(call.reply, [](const Tags& tags) {
                          JsonWriter out;
                          out.BeginObject().Key("tags").BeginArray();
                          for (const gateway::Tag& tag : tags) {
                            out.BeginObject();
                            out.Key("key").String(tag.key);
                            out.Key("value").String(tag.value);
                            out.EndObject();
                          }
                          out.EndArray();
                          return out.EndObject().Take();
                        }));
}

}  // namespace pawl::api::aws
