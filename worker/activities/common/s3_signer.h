// Signs a request to an S3-compatible endpoint with AWS Signature Version 4 (the rule: "Signature Version 4 signing
// process" in AWS's general reference; S3 encodes each path segment once). Pure: the time is handed in.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace pawl::activities {

struct S3Request {
  std::string method = "GET";
  std::string host = {};                            // with the port if it is not the scheme's own
  std::string path = {};                            // "/bucket/key", not encoded
  std::map<std::string, std::string> query = {};    // not encoded
  std::map<std::string, std::string> headers = {};  // further headers to sign, lower-case names
  std::string payload_sha256 = {};
};

struct S3Keys {
  std::string access_key = {};
  std::string secret_key = {};
  std::string region = {};
};

// RFC 3986: all but letters, digits and -._~ as %XX; '/' kept if asked for.
std::string UriEncode(std::string_view text, bool keep_slash);
// "a=1&b=2", encoded and sorted.
std::string CanonicalQuery(const std::map<std::string, std::string>& query);

// The headers to send: those given plus x-amz-date, x-amz-content-sha256 and authorization.
// `timestamp` is the UTC time as 20130524T000000Z.
std::map<std::string, std::string> SignedHeaders(const S3Request& request, const S3Keys& keys,
                                                 const std::string& timestamp);

}  // namespace pawl::activities
