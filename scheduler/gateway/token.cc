#include "scheduler/gateway/token.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "shared/base/check.h"

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

constexpr std::array<uint8_t, 256> MakeSextets() {
  std::array<uint8_t, 256> sextets{};
  for (uint8_t& sextet : sextets) sextet = 0xff;
  for (uint8_t i = 0; i < 64; ++i) sextets[static_cast<uint8_t>(kAlphabet[i])] = i;
  return sextets;
}
constexpr std::array<uint8_t, 256> kSextets = MakeSextets();

// HMAC-SHA256 with the key taken in once: that, and looking the algorithm up, costs several times the signature itself.
class Signer {
 public:
  explicit Signer(const std::string& secret) : secret_(secret), context_(nullptr, EVP_MAC_CTX_free) {
    std::unique_ptr<EVP_MAC, void (*)(EVP_MAC*)> mac(EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
    PAWL_CHECK(mac != nullptr, "OpenSSL has HMAC");
    context_.reset(EVP_MAC_CTX_new(mac.get()));
    char digest[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                     OSSL_PARAM_construct_end()};
    bool ready =
        context_ != nullptr && EVP_MAC_init(context_.get(), reinterpret_cast<const unsigned char*>(secret_.data()),
                                            secret_.size(), parameters) == 1;
    PAWL_CHECK(ready, "OpenSSL takes any key of a HMAC");
  }
  const std::string& secret() const { return secret_; }

  // Writes the signature of the first kBody bytes behind them.
  void Sign(unsigned char* bytes) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    size_t size = 0;
    bool done = EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1 &&
                EVP_MAC_update(context_.get(), bytes, kBody) == 1 &&
                EVP_MAC_final(context_.get(), digest.data(), &size, digest.size()) == 1;
    PAWL_CHECK(done && size >= kSignature, "a HMAC-SHA256 has 32 bytes");
    std::memcpy(bytes + kBody, digest.data(), kSignature);
  }

 private:
  const std::string secret_;
  std::unique_ptr<EVP_MAC_CTX, void (*)(EVP_MAC_CTX*)> context_;
};

// A context belongs to one thread at a time, a TokenMaker to all: each thread keeps the one it used last.
void Sign(const std::string& secret, unsigned char* bytes) {
  thread_local std::unique_ptr<Signer> signer;
  if (signer == nullptr || signer->secret() != secret) signer = std::make_unique<Signer>(secret);
  signer->Sign(bytes);
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
      uint8_t sextet = kSextets[static_cast<uint8_t>(token[i + j])];
      if (sextet > 63) return std::nullopt;
      group = group << 6 | sextet;
    }
    for (size_t j = 0; j < 3; ++j) bytes[i / 4 * 3 + j] = static_cast<unsigned char>(group >> (8 * (2 - j)));
  }
  if (bytes.back() != 0) return std::nullopt;  // one text a token
  auto expected = bytes;
  Sign(secret_, expected.data());
  if (CRYPTO_memcmp(expected.data(), bytes.data(), bytes.size()) != 0) return std::nullopt;
  std::array<uint8_t, 16> entity;
  std::copy_n(bytes.begin(), 16, entity.begin());
  return core::TaskRef{base::EntityId(entity), base::FrameId(GetInt(bytes.data() + 16)),
                       base::EventId(GetInt(bytes.data() + 24)), GetInt(bytes.data() + 32)};
}

}  // namespace pawl::gateway
