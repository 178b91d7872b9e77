#include "worker/activities/common/s3_signer.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "worker/activities/common/digest.h"

namespace pawl::activities {
namespace {

std::string Hmac(const std::string& key, const std::string& message) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(message.data()),
       message.size(), bytes.data(), &length);
  return std::string(reinterpret_cast<const char*>(bytes.data()), length);
}

std::string Hex(const std::string& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

std::string UriEncode(std::string_view text, bool keep_slash) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (unsigned char c : text) {
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain) {
      encoded += static_cast<char>(c);
    } else {
      encoded += '%';
      encoded += kDigits[c >> 4];
      encoded += kDigits[c & 15];
    }
  }
  return encoded;
}

std::string CanonicalQuery(const std::map<std::string, std::string>& query) {
  std::map<std::string, std::string> encoded;
  for (const auto& [name, value] : query) encoded[UriEncode(name, false)] = UriEncode(value, false);
  std::string text;
  for (const auto& [name, value] : encoded) {
    if (!text.empty()) text += '&';
    absl::StrAppend(&text, name, "=", value);
  }
  return text;
}

std::map<std::string, std::string> SignedHeaders(const S3Request& request, const S3Keys& keys,
                                                 const std::string& timestamp) {
  std::map<std::string, std::string> headers = request.headers;
  headers["host"] = request.host;
  headers["x-amz-content-sha256"] = request.payload_sha256;
  headers["x-amz-date"] = timestamp;
  std::string canonical_headers;
  std::string names;
  for (const auto& [name, value] : headers) {
    absl::StrAppend(&canonical_headers, name, ":", value, "\n");
    absl::StrAppend(&names, names.empty() ? "" : ";", name);
  }
  const std::string canonical =
      absl::StrCat(request.method, "\n", UriEncode(request.path, true), "\n", CanonicalQuery(request.query), "\n",
                   canonical_headers, "\n", names, "\n", request.payload_sha256);
  const std::string date = timestamp.substr(0, 8);
  const std::string scope = absl::StrCat(date, "/", keys.region, "/s3/aws4_request");
  const std::string to_sign = absl::StrCat("AWS4-HMAC-SHA256\n", timestamp, "\n", scope, "\n", Sha256Hex(canonical));
  const std::string date_key = Hmac("AWS4" + keys.secret_key, date);
  const std::string signing_key = Hmac(Hmac(Hmac(date_key, keys.region), "s3"), "aws4_request");
  headers["authorization"] = absl::StrCat("AWS4-HMAC-SHA256 Credential=", keys.access_key, "/", scope,
                                          ",SignedHeaders=", names, ",Signature=", Hex(Hmac(signing_key, to_sign)));
  return headers;
}

}  // namespace pawl::activities
