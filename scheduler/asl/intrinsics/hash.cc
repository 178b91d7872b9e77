#include <openssl/evp.h>

#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "scheduler/asl/intrinsics/intrinsics.h"

namespace pawl::asl::intrinsics {

absl::StatusOr<std::string> HashHex(std::string_view data, std::string_view algorithm) {
  const EVP_MD* digest = algorithm == "MD5"       ? EVP_md5()
                         : algorithm == "SHA-1"   ? EVP_sha1()
                         : algorithm == "SHA-256" ? EVP_sha256()
                         : algorithm == "SHA-384" ? EVP_sha384()
                         : algorithm == "SHA-512" ? EVP_sha512()
                                                  : nullptr;
  if (digest == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512, but is '", std::string(algorithm), "'"));
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), bytes.data(), &size, digest, nullptr) != 1) {
    return absl::InternalError(absl::StrCat("OpenSSL computed no ", std::string(algorithm)));
  }
  return absl::BytesToHexString(std::string(reinterpret_cast<const char*>(bytes.data()), size));
}

}  // namespace pawl::asl::intrinsics
