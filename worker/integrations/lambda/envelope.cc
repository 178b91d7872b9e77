#include "nlohmann/json.hpp"
#include "worker/integrations/lambda/lambda.h"

namespace pawl::lambda {

using nlohmann::ordered_json;

namespace {

// The task as the function sees it: Payload is its input.
class FunctionContext : public worker::TaskContext {
 public:
  FunctionContext(worker::TaskContext& task, std::string payload) : task_(task), text_(std::move(payload)) {
    input_ = nlohmann::json::parse(text_);
  }
  const worker::TaskInfo& info() const override { return task_.info(); }
  const std::string& input_text() const override { return text_; }
  const nlohmann::json& input() const override { return input_; }
  void Heartbeat(const worker::Progress& progress) override { task_.Heartbeat(progress); }
  bool cancelled() const override { return task_.cancelled(); }

 private:
  worker::TaskContext& task_;
  std::string text_;
  nlohmann::json input_;
};

worker::ActivityResult Enveloped(const worker::Handler& handler, worker::TaskContext& task) {
  if (!task.info().resource.starts_with("arn:aws:states:::lambda:invoke")) return handler(task);
  ordered_json request = ordered_json::parse(task.input_text());
  std::string payload = request.is_object() && request.contains("Payload") ? request["Payload"].dump() : "{}";
  FunctionContext context(task, std::move(payload));
  worker::ActivityResult result = handler(context);
  if (std::holds_alternative<worker::ActivityError>(result)) return result;
  return worker::ActivityOutput{"{\"ExecutedVersion\":\"$LATEST\",\"Payload\":" +
                                std::get<worker::ActivityOutput>(result).json_text + ",\"StatusCode\":200}"};
}

}  // namespace

worker::Registry WithEnvelopes(const worker::Registry& registry) {
  worker::Registry fit;
  for (const auto& [name, entry] : registry.entries()) {
    fit.Add(entry.options, [handler = entry.handler](worker::TaskContext& task) { return Enveloped(handler, task); });
  }
  return fit;
}

}  // namespace pawl::lambda
