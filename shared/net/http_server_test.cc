#include "shared/net/http_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <thread>

#include "shared/net/http_client.h"

namespace pawl::net {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

std::unique_ptr<HttpServer> MustStart(HttpHandler handler, HttpServerOptions options = {}) {
  auto server = HttpServer::Start(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.status();
  return std::move(*server);
}

std::string Url(const HttpServer& server) { return "http://127.0.0.1:" + std::to_string(server.port()) + "/"; }

// A bare socket, for what no proper client would send.
class RawClient {
 public:
  explicit RawClient(int port) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { Close(); }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }
  void Send(std::string_view text) {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), ssize_t(text.size()));
  }
  std::string ReadUntil(std::string_view end) {
    std::string text;
    char chunk[4096];
    while (text.find(end) == std::string::npos) {
      const ssize_t bytes = recv(fd_, chunk, sizeof chunk, 0);
      if (bytes <= 0) break;
      text.append(chunk, static_cast<size_t>(bytes));
    }
    return text;
  }

 private:
  int fd_;
};

void Echo(HttpRequest request, Responder respond) {
  respond(HttpResponse{200, {{"X-Method", request.method}, {"X-Target", request.target}}, std::move(request.body)});
}

TEST(HttpServer, AnswersARequest) {
  const auto server = MustStart(Echo);
  HttpClient client;

  const auto answer = client.Send({.url = Url(*server) + "a?b=c", .body = "payload"});

  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "payload");
  EXPECT_EQ(answer->Header("x-method"), "POST");
  EXPECT_EQ(answer->Header("X-TARGET"), "/a?b=c");
}

TEST(HttpServer, KeepsTheConnectionForFurtherRequests) {
  const auto server = MustStart(Echo);
  RawClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping");
    EXPECT_THAT(client.ReadUntil("ping"), HasSubstr("200 OK"));
  }
}

TEST(HttpServer, AnswersPipelinedRequestsInOrder) {
  const auto server = MustStart(Echo);
  RawClient client(server->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nthree");
  const std::string text = client.ReadUntil("three");
  EXPECT_NE(text.find("one"), std::string::npos);
  EXPECT_LT(text.find("one"), text.find("three"));
}

TEST(HttpServer, TakesAnAnswerLaterFromAnotherThread) {
  std::thread later;
  const auto server = MustStart([&](HttpRequest, Responder respond) {
    later = std::thread([respond] { respond(HttpResponse{202, {}, "done"}); });
  });
  HttpClient client;
  const auto answer = client.Send({.url = Url(*server)});
  later.join();
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 202);
}

TEST(HttpServer, CountsOnlyTheFirstAnswer) {
  const auto server = MustStart([](HttpRequest, Responder respond) {
    respond(HttpResponse{200, {}, "first"});
    respond(HttpResponse{200, {}, "second"});
  });
  HttpClient client;
  EXPECT_EQ(client.Send({.url = Url(*server)})->body, "first");
  EXPECT_EQ(client.Send({.url = Url(*server)})->body, "first");
}

TEST(HttpServer, AnswersFiveHundredForADroppedRequest) {
  const auto server = MustStart([](HttpRequest, Responder) {});
  HttpClient client;
  const auto answer = client.Send({.url = Url(*server)});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 500);
  EXPECT_THAT(answer->body, HasSubstr("without an answer"));
}

TEST(HttpServer, RefusesALargeBodyInFullView) {
  const auto server = MustStart(Echo, {.body_bytes_max = 1000});
  HttpClient client;
  const auto answer = client.Send({.url = Url(*server), .body = std::string(3 << 20, 'x')});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 413);
  EXPECT_THAT(answer->body, HasSubstr("larger than 1000 bytes"));
}

TEST(HttpServer, RefusesALargeChunkedBody) {
  const auto server = MustStart(Echo, {.body_bytes_max = 10});
  RawClient client(server->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n01234567890123456789\r\n0\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("bytes"), HasSubstr("413"));
}

TEST(HttpServer, RefusesLargeHeadersAndNonsense) {
  const auto server = MustStart(Echo, {.header_bytes_max = 1000});
  RawClient large(server->port());
  large.Send("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x') + "\r\n\r\n");
  EXPECT_THAT(large.ReadUntil("bytes"), HasSubstr("431"));
  RawClient nonsense(server->port());
  nonsense.Send("\x01\x02 nonsense\r\n\r\n");
  EXPECT_THAT(nonsense.ReadUntil("}"), HasSubstr("400"));
}

TEST(HttpServer, AsksForABodyThatWaitsForIt) {
  const auto server = MustStart(Echo);
  RawClient client(server->port());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_THAT(client.ReadUntil("\r\n\r\n"), HasSubstr("100 Continue"));
  client.Send("body");
  EXPECT_THAT(client.ReadUntil("body"), HasSubstr("200 OK"));
}

TEST(HttpServer, TellsWhenTheClientOfALongPollHasGone) {
  std::promise<void> polling, gone;
  const auto server = MustStart([&](HttpRequest, Responder respond) {
    // The copy keeps the request unanswered.
    respond.OnDisconnect([&gone, respond] { gone.set_value(); });
    polling.set_value();
  });
  RawClient client(server->port());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  polling.get_future().wait();
  client.Close();
  EXPECT_EQ(gone.get_future().wait_for(milliseconds(5000)), std::future_status::ready);
}

TEST(HttpServer, DropsTheDisconnectCallbackOnceAnswered) {
  std::atomic<int> gone = 0;
  const auto server = MustStart([&](HttpRequest, Responder respond) {
    respond.OnDisconnect([&] { ++gone; });
    respond(HttpResponse{.body = "answer"});
  });
  {
    RawClient client(server->port());
    for (int i = 0; i < 2; ++i) {
      client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
      EXPECT_THAT(client.ReadUntil("answer"), HasSubstr("200 OK"));
    }
  }
  server->Shutdown(milliseconds(1000));
  EXPECT_EQ(gone, 0);
}

TEST(HttpServer, NamesThePortThatIsTaken) {
  const auto first = MustStart(Echo);
  const auto second = HttpServer::Start({.port = first->port(), .service_name = "AWS API"}, Echo);
  ASSERT_FALSE(second.ok());
  const std::string message(second.status().message());
  EXPECT_THAT(message, HasSubstr("AWS API"));
  EXPECT_THAT(message, HasSubstr("port " + std::to_string(first->port()) + " is in use"));
  EXPECT_THAT(message, HasSubstr("--http-port"));
}

TEST(HttpServer, RefusesAddressesThatAreNone) {
  EXPECT_FALSE(HttpServer::Start({.address = "somewhere"}, Echo).ok());
  EXPECT_FALSE(HttpServer::Start({.port = 70000}, Echo).ok());
}

TEST(HttpServer, ShutdownLetsARequestUnderWayEnd) {
  std::promise<Responder> taken;
  auto server = MustStart([&](HttpRequest, Responder respond) { taken.set_value(respond); });
  auto answer = std::async([&] { return HttpClient().Send({.url = Url(*server)}); });
  const Responder respond = taken.get_future().get();
  auto shutdown = std::async([&] { server->Shutdown(milliseconds(10'000)); });
  EXPECT_EQ(shutdown.wait_for(milliseconds(50)), std::future_status::timeout);
  respond(HttpResponse{.body = "late"});
  const auto got = answer.get();
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->body, "late");
  shutdown.get();
}

TEST(HttpServer, AResponderMayOutliveTheServer) {
  std::promise<Responder> taken;
  auto server = MustStart([&](HttpRequest, Responder respond) { taken.set_value(respond); });
  auto answer = std::async([&] { return HttpClient().Send({.url = Url(*server)}); });
  const Responder respond = taken.get_future().get();
  server->Shutdown(milliseconds(0));
  server.reset();
  EXPECT_FALSE(answer.get().ok());
  respond(HttpResponse{.body = "to nobody"});
}

TEST(HttpServer, ServesManyClientsOnSeveralThreads) {
  const auto server = MustStart(Echo, {.threads = 3});
  HttpClient client;
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(t * 1000 + i);
        const auto answer = client.Send({.url = Url(*server), .body = body});
        if (answer.ok() && answer->body == body) ++right;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(right, 400);
}

TEST(HttpServer, ClosesConnectionsThatSayNothing) {
  const auto server = MustStart(Echo, {.idle_timeout = milliseconds(100)});
  RawClient client(server->port());
  EXPECT_EQ(client.ReadUntil("x"), "");  // ends when the server closes
}

TEST(HttpServer, TurnsAwayTheConnectionThatIsOneTooMany) {
  std::atomic<int> shed = 0;
  HttpServerOptions options;
  options.connections_max = 1;
  options.on_shed = [&](const char* what) { shed += std::string(what) == "connection" ? 1 : 0; };
  const auto server = MustStart(Echo, std::move(options));
  RawClient first(server->port());
  first.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping");
  EXPECT_THAT(first.ReadUntil("ping"), HasSubstr("200 OK"));
  RawClient second(server->port());
  second.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nping");
  const std::string answer = second.ReadUntil("}");
  EXPECT_THAT(answer, HasSubstr("503"));
  EXPECT_THAT(answer, HasSubstr("Retry-After: 1"));
  EXPECT_EQ(shed, 1);
}

TEST(HttpServer, TakesNoMoreBodiesAtOnceThanAllowed) {
  HttpServerOptions options;
  options.all_bodies_bytes_max = 100;
  std::atomic<int> shed = 0;
  options.on_shed = [&](const char* what) { shed += std::string(what) == "body" ? 1 : 0; };
  std::promise<Responder> held;
  std::atomic<bool> first_seen = false;
  const auto server = MustStart(
      [&](HttpRequest request, Responder respond) {
        if (!first_seen.exchange(true)) return held.set_value(respond);
        respond(HttpResponse{200, {}, request.body});
      },
      std::move(options));
  RawClient first(server->port());
  first.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 80\r\n\r\n" + std::string(80, 'a'));
  const Responder answer_first = held.get_future().get();
  RawClient second(server->port());
  second.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n" + std::string(40, 'b'));
  EXPECT_THAT(second.ReadUntil("}"), HasSubstr("503"));
  answer_first(HttpResponse{200, {}, "done"});
  EXPECT_THAT(first.ReadUntil("done"), HasSubstr("200 OK"));
  EXPECT_EQ(shed, 1);
  RawClient third(server->port());
  third.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n" + std::string(40, 'c'));
  EXPECT_THAT(third.ReadUntil("cccc"), HasSubstr("200 OK"));
}

}  // namespace
}  // namespace pawl::net
