// SHA-256 of text and of files, in lower-case hexadecimal. The name by which artifacts are compared.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace pawl::activities {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void Add(std::string_view bytes);
  // Ends the computation; call once.
  std::string Hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string Sha256Hex(std::string_view bytes);
// Reads the file in pieces of 1 MiB.
absl::StatusOr<std::string> Sha256OfFile(const std::filesystem::path& path);

}  // namespace pawl::activities
