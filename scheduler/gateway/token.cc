#include "scheduler/gateway/token.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace pawl::gateway {
namespace {

// 16 bytes of entity, 8 each of frame, event and attempt, then 16 of the signature.
constexpr size_t kBody = 16 + 3 * 8;
constexpr size_t kSignature = 16;
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void PutInt(int64_t value, unsigned char* out) {
  for (int i = 0; i < 8; ++i) out[i] = static_cast<unsigned char>(value >> (8 * (7 - i)));
}

int64_t GetInt(const unsigned char* in) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | in[i];
  return static_cast<int64_t>(value);
}

void Sign(const std::string& secret, unsigned char* bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes, kBody, digest, &size);
  std::memcpy(bytes + kBody, digest, kSignature);
}

}  // namespace

std::string TokenMaker::Make(const core::TaskRef& task) const {
  std::array<unsigned char, kBody + kSignature + 1> bytes{};  // one more, so that the groups of three come out even
  std::copy(task.entity.bytes().begin(), task.entity.bytes().end(), bytes.begin());
  PutInt(task.frame.value(), bytes.data() + 16);
  PutInt(task.scheduled_event.value(), bytes.data() + 24);
  PutInt(task.attempt, bytes.data() + 32);
  Sign(secret_, bytes.data());
  std::string token;
  token.reserve(bytes.size() / 3 * 4);
  for (size_t i = 0; i + 2 < bytes.size(); i += 3) {
    uint32_t group = bytes[i] << 16 | bytes[i + 1] << 8 | bytes[i + 2];
    for (int shift = 18; shift >= 0; shift -= 6) token += kAlphabet[group >> shift & 63];
  }
  return token;
}

std::optional<core::TaskRef> TokenMaker::Parse(std::string_view token) const {
  std::array<unsigned char, kBody + kSignature + 1> bytes{};
  if (token.size() != bytes.size() / 3 * 4) return std::nullopt;
  for (size_t i = 0; i < token.size(); i += 4) {
    uint32_t group = 0;
    for (size_t j = 0; j < 4; ++j) {
      const char* place = std::strchr(kAlphabet, token[i + j]);
      if (place == nullptr || *place == '\0') return std::nullopt;
      group = group << 6 | static_cast<uint32_t>(place - kAlphabet);
    }
    for (size_t j = 0; j < 3; ++j) bytes[i / 4 * 3 + j] = static_cast<unsigned char>(group >> (8 * (2 - j)));
  }
  auto expected = bytes;
  Sign(secret_, expected.data());
  if (CRYPTO_memcmp(expected.data(), bytes.data(), bytes.size()) != 0) return std::nullopt;
  std::array<uint8_t, 16> entity;
  std::copy_n(bytes.begin(), 16, entity.begin());
  return core::TaskRef{base::EntityId(entity), base::FrameId(GetInt(bytes.data() + 16)),
                       base::EventId(GetInt(bytes.data() + 24)), GetInt(bytes.data() + 32)};
}

}  // namespace pawl::gateway
