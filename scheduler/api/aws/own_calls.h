// Does the tasks by which workflows call Step Functions itself: a worker inside the service that hands each task to the
// handler of this front end, as if a client had sent it.
//
// Thread rule: Start and Stop belong to one owner; everything else happens on the gateway's threads. Outlives its owner
// for as long as the gateway has calls of it under way; after Stop it touches neither gateway nor handler.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "scheduler/api/aws/handler.h"
#include "scheduler/gateway/gateway.h"

namespace pawl::api::aws {

class OwnCalls : public std::enable_shared_from_this<OwnCalls> {
 public:
  // Both must live until Stop. `session` is unique among workers' sessions.
  OwnCalls(AwsHandler& handler, gateway::Gateway& gateway, std::string session)
      : handler_(handler), gateway_(gateway), session_(std::move(session)) {}

  void Start() { Poll(); }
  void Stop();

 private:
  void Poll();
  void OnPolled(gateway::WorkerPollResponse response, const std::vector<gateway::TaskOutcome>& reported);
  void Run(gateway::WorkerTask task);
  void Finish(gateway::TaskOutcome outcome);
  // Gives the outcome on, beside the poll that waits.
  void Report(gateway::TaskOutcome outcome);

  AwsHandler& handler_;
  gateway::Gateway& gateway_;
  const std::string session_;

  std::mutex mutex_;
  bool stopped_ = false;
  gateway::CancelPoll cancel_;
  std::map<std::string, std::function<void()>> running_;  // by token: what makes a long one give up
  std::vector<gateway::TaskOutcome> unreported_;          // to be sent again with the next poll
};

}  // namespace pawl::api::aws
