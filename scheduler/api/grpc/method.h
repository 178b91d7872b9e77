// A method of a service on gRPC's asynchronous API: takes its calls from the queue, one waited for at a time. Internal
// to scheduler/api/grpc.
//
// Thread rule: Accept once, by the server's owner; what has come is told on the queue's threads, which must not be
// kept.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/async_unary_call.h>

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/api/grpc/unary_call.h"
#include "shared/rpc/call_queue.h"

namespace pawl::api::rpc {

class Method {
 public:
  virtual ~Method() = default;
  // Takes calls until the server shuts down.
  virtual void Accept(pawl::rpc::CallQueue& queue) = 0;
};

// `Call` is a QueuedCall.
template <typename Call>
class MethodOf final : public Method, pawl::rpc::CallQueue::Event {
 public:
  using Make = std::function<std::shared_ptr<Call>()>;
  using Ask = std::function<void(Call& call, ::grpc::ServerCompletionQueue* queue, void* tag)>;
  using Come = std::function<void(const std::shared_ptr<Call>& call)>;

  MethodOf(Make make, Ask ask, Come come) : make_(std::move(make)), ask_(std::move(ask)), come_(std::move(come)) {}

  void Accept(pawl::rpc::CallQueue& queue) override {
    queue_ = &queue;
    queue.Enter();
    AcceptNext();
  }

 private:
  void AcceptNext() {
    next_ = make_();
    next_->Await(*queue_);
    ask_(*next_, queue_->get(), static_cast<pawl::rpc::CallQueue::Event*>(this));
  }
  void Happened(bool ok) override {
    const std::shared_ptr<Call> call = std::exchange(next_, nullptr);
    if (!ok) {
      call->NeverCome();
      return queue_->Leave();
    }
    call->Come();
    AcceptNext();
    come_(call);
  }

  const Make make_;
  const Ask ask_;
  const Come come_;
  pawl::rpc::CallQueue* queue_ = nullptr;
  std::shared_ptr<Call> next_;
};

// A unary call with its messages, which live as long as it.
template <typename Request, typename Response>
class UnaryCallOf final : public UnaryCall {
 public:
  UnaryCallOf(std::string_view method, const RequestObserver& observer) : UnaryCall(method, observer) {}

  Request request;
  Response response;
  ::grpc::ServerAsyncResponseWriter<Response> writer{&mutable_context()};

 private:
  void Send(const ::grpc::Status& status, void* tag) override {
    status.ok() ? writer.Finish(response, status, tag) : writer.FinishWithError(status, tag);
  }
};

// The arguments: ServiceOf::Add.
template <typename Service, typename Base, typename Handlers, typename Request, typename Response>
std::unique_ptr<Method> UnaryMethod(std::string_view name, const RequestObserver& observer, Service& service,
                                    void (Base::*ask)(::grpc::ServerContext*, Request*,
                                                      ::grpc::ServerAsyncResponseWriter<Response>*,
                                                      ::grpc::CompletionQueue*, ::grpc::ServerCompletionQueue*, void*),
                                    Handlers& handlers,
                                    void (Handlers::*handler)(const std::shared_ptr<UnaryCall>& call,
                                                              const Request& request, Response& response)) {
  using Call = UnaryCallOf<Request, Response>;
  return std::make_unique<MethodOf<Call>>([name, &observer] { return std::make_shared<Call>(name, observer); },
                                          [&service, ask](Call& call, ::grpc::ServerCompletionQueue* queue, void* tag) {
                                            (service.*ask)(&call.mutable_context(), &call.request, &call.writer, queue,
                                                           queue, tag);
                                          },
                                          [&handlers, handler](const std::shared_ptr<Call>& call) {
                                            (handlers.*handler)(call, call->request, call->response);
                                          });
}

// A service: the generated one, and what takes its calls. It lives as long as the server.
template <typename Generated>
class ServiceOf {
 public:
  ::grpc::Service& service() { return service_; }
  void Accept(pawl::rpc::CallQueue& queue) {
    for (const std::unique_ptr<Method>& method : methods_) method->Accept(queue);
  }

 protected:
  explicit ServiceOf(RequestObserver observer) : observer_(std::move(observer)) {}
  void Add(std::unique_ptr<Method> method) { methods_.push_back(std::move(method)); }
  // A unary method: `ask` is the generated RequestX, `handler` answers a call. `name` must be a literal.
  template <typename Ask, typename Handlers, typename Handler>
  void Add(std::string_view name, Ask ask, Handlers& handlers, Handler handler) {
    Add(UnaryMethod(name, observer_, service_, ask, handlers, handler));
  }

  const RequestObserver observer_;
  Generated service_;

 private:
  std::vector<std::unique_ptr<Method>> methods_;
};

}  // namespace pawl::api::rpc
