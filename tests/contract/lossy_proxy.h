// A proxy in front of PostgreSQL's socket that can lose a connection at a chosen moment. Runs on a thread of its own.
#pragma once

#include <atomic>
#include <list>
#include <string>
#include <thread>

namespace pawl::test {

class LossyProxy {
 public:
  enum class Loss {
    kNone,
    kRequest,  // the next bytes of a client are dropped with its connection: the server never sees them
    kAnswer,   // the next bytes of the server are dropped with their connection: it has done what it was asked
  };

  // Forwards to the socket file `server`; listens in a new directory.
  explicit LossyProxy(std::string server);
  ~LossyProxy();

  // For libpq's host=.
  const std::string& directory() const { return directory_; }
  // Happens once.
  void LoseNext(Loss loss) { loss_.store(loss); }

 private:
  struct Pair {
    int client;
    int server;
  };

  void Loop();
  void Accept();
  // False where the pair has ended.
  bool Forward(int from, int to, Loss dropped_by);

  const std::string server_;
  std::string directory_;
  int listener_ = -1;
  std::atomic<Loss> loss_ = Loss::kNone;
  std::atomic<bool> stopping_ = false;
  std::list<Pair> pairs_;
  std::thread thread_;
};

}  // namespace pawl::test
