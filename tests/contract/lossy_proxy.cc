#include "tests/contract/lossy_proxy.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <vector>

#include "shared/base/check.h"

namespace pawl::test {
namespace {

sockaddr_un Address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  PAWL_CHECK(path.size() < sizeof address.sun_path, "a socket's path is short");
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

bool SendAll(int to, const char* data, ssize_t size) {
  while (size > 0) {
    ssize_t sent = send(to, data, static_cast<size_t>(size), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= sent;
  }
  return true;
}

}  // namespace

LossyProxy::LossyProxy(std::string server) : server_(std::move(server)) {
  char name[] = "/tmp/pawl_test_proxy_XXXXXX";
  PAWL_CHECK(mkdtemp(name) != nullptr, "a test may make a directory in /tmp");
  directory_ = name;
  listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = Address(directory_ + "/.s.PGSQL.5432");
  bool listens =
      bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && listen(listener_, 16) == 0;
  PAWL_CHECK(listens, "a test may listen on a socket of its own");
  thread_ = std::thread([this] { Loop(); });
}

LossyProxy::~LossyProxy() {
  stopping_.store(true);
  thread_.join();
  for (const Pair& pair : pairs_) {
    close(pair.client);
    close(pair.server);
  }
  close(listener_);
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

void LossyProxy::Loop() {
  while (!stopping_.load()) {
    std::vector<pollfd> descriptors = {{listener_, POLLIN, 0}};
    for (const Pair& pair : pairs_) {
      descriptors.push_back({pair.client, POLLIN, 0});
      descriptors.push_back({pair.server, POLLIN, 0});
    }
    if (poll(descriptors.data(), descriptors.size(), 20) <= 0) continue;
    size_t at = 1;
    for (auto pair = pairs_.begin(); pair != pairs_.end(); at += 2) {
      bool goes_on = descriptors[at].revents == 0 || Forward(pair->client, pair->server, Loss::kRequest);
      if (goes_on && descriptors[at + 1].revents != 0) goes_on = Forward(pair->server, pair->client, Loss::kAnswer);
      if (goes_on) {
        ++pair;
        continue;
      }
      close(pair->client);
      close(pair->server);
      pair = pairs_.erase(pair);
    }
    if (descriptors[0].revents != 0) Accept();
  }
}

void LossyProxy::Accept() {
  int client = accept(listener_, nullptr, nullptr);
  if (client < 0) return;
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address = Address(server_);
  if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    close(client);
    close(server);
    return;
  }
  pairs_.push_back({client, server});
}

bool LossyProxy::Forward(int from, int to, Loss dropped_by) {
  char buffer[65536];
  ssize_t size = recv(from, buffer, sizeof buffer, 0);
  if (size <= 0) return false;
  Loss expected = dropped_by;
  if (loss_.compare_exchange_strong(expected, Loss::kNone)) return false;
  return SendAll(to, buffer, size);
}

}  // namespace pawl::test
