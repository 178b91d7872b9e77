#include "scheduler/ctl/dev/ports.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace pawl::dev {

absl::StatusOr<int> PickPort(int wanted, const std::string& flag) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return absl::InternalError(std::string("cannot make a socket: ") + std::strerror(errno));
  const int yes = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(wanted));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  const bool bound = bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(fd, 1) == 0 &&
                     getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  const int error = errno;
  close(fd);
  if (bound) return ntohs(address.sin_port);
  if (error == EADDRINUSE) {
    return absl::UnavailableError("port " + std::to_string(wanted) +
                                  " is in use by another process; stop that process or choose another port with " +
                                  flag + " (0 takes a free one)");
  }
  return absl::UnavailableError("cannot listen on port " + std::to_string(wanted) + " (" + flag +
                                "): " + std::strerror(error));
}

}  // namespace pawl::dev
