#include "worker/activities/common/s3_transfer.h"

#include <chrono>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "shared/base/status.h"
#include "shared/net/http_client.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/s3_signer.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

constexpr int64_t kPieceBytes = 16 << 20;
constexpr uintmax_t kUploadBytesMax = 1'000'000'000;

struct Place {
  std::string bucket;
  std::string key;
};

Place PlaceOf(const std::string& uri) {
  const std::string rest = uri.substr(5);
  const size_t slash = rest.find('/');
  if (slash == std::string::npos) return {.bucket = rest, .key = ""};
  return {.bucket = rest.substr(0, slash), .key = rest.substr(slash + 1)};
}

std::string TimestampNow() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[20];
  std::strftime(text, sizeof(text), "%Y%m%dT%H%M%SZ", &parts);
  return text;
}

class Client {
 public:
  explicit Client(const ActivityOptions& options) : options_(options) {}

  absl::StatusOr<net::HttpAnswer> Call(const std::string& method, const std::string& path,
                                       const std::map<std::string, std::string>& query, std::string body,
                                       const std::map<std::string, std::string>& headers) {
    std::string endpoint = options_.s3_endpoint;
    while (absl::EndsWith(endpoint, "/")) endpoint.pop_back();
    const size_t scheme = endpoint.find("://");
    const S3Request request{.method = method,
                            .host = scheme == std::string::npos ? endpoint : endpoint.substr(scheme + 3),
                            .path = path,
                            .query = query,
                            .headers = headers,
                            .payload_sha256 = Sha256Hex(body)};
    const S3Keys keys{options_.s3_access_key, options_.s3_secret_key, options_.s3_region};
    net::HttpCall call;
    call.method = method;
    call.url = absl::StrCat(endpoint, UriEncode(path, true));
    if (!query.empty()) absl::StrAppend(&call.url, "?", CanonicalQuery(query));
    for (const auto& [name, value] : SignedHeaders(request, keys, TimestampNow())) {
      if (name != "host") call.headers.push_back({name, value});
    }
    call.body = std::move(body);
    call.timeout = std::chrono::minutes(5);
    absl::StatusOr<net::HttpAnswer> answer = client_.Send(call);
    if (!answer.ok()) return absl::UnavailableError(absl::StrCat("S3 endpoint: ", answer.status().ToString()));
    return answer;
  }

 private:
  const ActivityOptions& options_;
  net::HttpClient client_;
};

absl::Status Refused(const std::string& what, const net::HttpAnswer& answer) {
  const std::string message =
      absl::StrCat(what, ": the S3 endpoint answered ", answer.status, " ", answer.body.substr(0, 300));
  return answer.status == 404 ? absl::NotFoundError(message) : absl::UnavailableError(message);
}

// The text of each <tag> in an XML answer of the list call, whose elements do not nest in themselves.
std::vector<std::string> Elements(const std::string& xml, const std::string& tag) {
  std::vector<std::string> texts;
  const std::string open = absl::StrCat("<", tag, ">");
  const std::string close = absl::StrCat("</", tag, ">");
  size_t at = 0;
  while ((at = xml.find(open, at)) != std::string::npos) {
    at += open.size();
    const size_t end = xml.find(close, at);
    if (end == std::string::npos) break;
    texts.push_back(absl::StrReplaceAll(
        xml.substr(at, end - at),
        {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"}, {"&#39;", "'"}, {"&amp;", "&"}}));
    at = end;
  }
  return texts;
}

absl::StatusOr<std::vector<std::string>> ListKeys(Client& client, const Place& place) {
  std::vector<std::string> keys;
  std::string continuation;
  do {
    std::map<std::string, std::string> query{{"list-type", "2"}, {"prefix", place.key}};
    if (!continuation.empty()) query["continuation-token"] = continuation;
    PAWL_ASSIGN_OR_RETURN(net::HttpAnswer answer, client.Call("GET", "/" + place.bucket, query, "", {}));
    if (answer.status != 200) return Refused(absl::StrCat("cannot list s3://", place.bucket, "/", place.key), answer);
    for (std::string& key : Elements(answer.body, "Key")) {
      const bool under = key == place.key || place.key.empty() || absl::StartsWith(key, place.key + "/");
      if (under && !absl::EndsWith(key, "/")) keys.push_back(std::move(key));
    }
    const std::vector<std::string> next = Elements(answer.body, "NextContinuationToken");
    continuation = next.empty() ? "" : next.front();
  } while (!continuation.empty());
  return keys;
}

// Piece by piece, so that an object of any size takes 16 MiB of memory.
absl::Status DownloadObject(Client& client, const Place& place, const std::string& key, const fs::path& path) {
  PAWL_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  const fs::path part = path.string() + ".part";
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  for (int64_t from = 0;; from += kPieceBytes) {
    const std::string range = absl::StrCat("bytes=", from, "-", from + kPieceBytes - 1);
    PAWL_ASSIGN_OR_RETURN(net::HttpAnswer answer,
                          client.Call("GET", absl::StrCat("/", place.bucket, "/", key), {}, "", {{"range", range}}));
    if (answer.status == 416) break;  // past the end: an empty object, or a multiple of the piece
    if (answer.status != 200 && answer.status != 206) {
      return Refused(absl::StrCat("cannot read s3://", place.bucket, "/", key), answer);
    }
    file.write(answer.body.data(), static_cast<std::streamsize>(answer.body.size()));
    if (answer.status == 200 || static_cast<int64_t>(answer.body.size()) < kPieceBytes) break;
  }
  file.close();
  if (!file) return SystemError("cannot write " + part.string());
  std::error_code error;
  fs::rename(part, path, error);
  return error ? absl::UnavailableError("cannot rename " + part.string()) : absl::OkStatus();
}

absl::Status UploadObject(Client& client, const Place& place, const std::string& key, const fs::path& path) {
  if (fs::file_size(path) > kUploadBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat(path.string(), " is larger than the 1,000,000,000 bytes of one upload to S3"));
  }
  PAWL_ASSIGN_OR_RETURN(std::string bytes, ReadFile(path));
  PAWL_ASSIGN_OR_RETURN(net::HttpAnswer answer,
                        client.Call("PUT", absl::StrCat("/", place.bucket, "/", key), {}, std::move(bytes), {}));
  if (answer.status == 200) return absl::OkStatus();
  return Refused(absl::StrCat("cannot write s3://", place.bucket, "/", key), answer);
}

}  // namespace

absl::Status DownloadFromS3(const ActivityOptions& options, const std::string& uri, const fs::path& path) {
  Client client(options);
  const Place place = PlaceOf(uri);
  Place prefix = place;
  while (absl::EndsWith(prefix.key, "/")) prefix.key.pop_back();
  PAWL_ASSIGN_OR_RETURN(std::vector<std::string> keys, ListKeys(client, prefix));
  if (keys.empty()) return absl::NotFoundError(absl::StrCat("'", uri, "' does not exist"));
  for (const std::string& key : keys) {
    const fs::path target = key == prefix.key ? path : path / fs::path(key).lexically_relative(prefix.key);
    if (absl::StrContains(key, "..")) return absl::InvalidArgumentError(absl::StrCat("key '", key, "' has '..'"));
    PAWL_RETURN_IF_ERROR(DownloadObject(client, prefix, key, target));
  }
  return absl::OkStatus();
}

absl::Status UploadToS3(const ActivityOptions& options, const std::string& uri, const fs::path& path) {
  Client client(options);
  Place place = PlaceOf(uri);
  while (absl::EndsWith(place.key, "/")) place.key.pop_back();
  std::error_code error;
  if (!fs::is_directory(path, error)) return UploadObject(client, place, place.key, path);
  // result.json goes last: it says that the rest is there.
  std::optional<fs::path> last;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(path, error)) {
    if (!entry.is_regular_file()) continue;
    const fs::path relative = entry.path().lexically_relative(path);
    if (relative == "result.json") {
      last = entry.path();
      continue;
    }
    PAWL_RETURN_IF_ERROR(UploadObject(client, place, absl::StrCat(place.key, "/", relative.string()), entry.path()));
  }
  if (error) return absl::UnavailableError(absl::StrCat("cannot list ", path.string(), ": ", error.message()));
  return last ? UploadObject(client, place, absl::StrCat(place.key, "/result.json"), *last) : absl::OkStatus();
}

}  // namespace pawl::activities
