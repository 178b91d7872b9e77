#include "shared/net/http_client.h"

#include <curl/curl.h>
#include <strings.h>

#include <mutex>
#include <vector>

#include "shared/base/check.h"

namespace pawl::net {
namespace {

// The state of one call, as libcurl's callbacks see it.
struct Transfer {
  const HttpCall& call;
  HttpAnswer answer = {};
  bool too_large = false;
};

size_t OnBody(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t bytes = size * count;
  if (transfer.answer.body.size() + bytes > transfer.call.body_bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  transfer.answer.body.append(data, bytes);
  return bytes;
}

size_t OnHeader(char* data, size_t size, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size * count);
  if (line.starts_with("HTTP/")) {
    transfer.answer.headers.clear();  // of an interim answer, such as 100 Continue
  } else if (const size_t colon = line.find(':'); colon != std::string_view::npos) {
    std::string_view value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
      value.remove_suffix(1);
    transfer.answer.headers.emplace_back(line.substr(0, colon), value);
  }
  return size * count;
}

int OnProgress(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& transfer = *static_cast<Transfer*>(user);
  return transfer.call.is_cancelled && transfer.call.is_cancelled() ? 1 : 0;
}

struct HeaderList {
  curl_slist* list = nullptr;
  ~HeaderList() { curl_slist_free_all(list); }
  void Add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

absl::Status ExplainFailure(CURLcode code, const Transfer& transfer, const char* detail) {
  const std::string what =
      transfer.call.method + " " + transfer.call.url + ": " + (detail[0] != '\0' ? detail : curl_easy_strerror(code));
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return absl::DeadlineExceededError(what);
    case CURLE_ABORTED_BY_CALLBACK:
      return absl::CancelledError(transfer.call.method + " " + transfer.call.url + ": cancelled by the caller");
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return absl::InvalidArgumentError(what);
    case CURLE_WRITE_ERROR:
      if (transfer.too_large) {
        return absl::ResourceExhaustedError(transfer.call.method + " " + transfer.call.url +
                                            ": the answer is larger than " +
                                            std::to_string(transfer.call.body_bytes_max) + " bytes");
      }
      return absl::UnavailableError(what);
    default:
      return absl::UnavailableError(what);
  }
}

void Configure(CURL* curl, Transfer& transfer, const HeaderList& headers) {
  const HttpCall& call = transfer.call;
  curl_easy_setopt(curl, CURLOPT_URL, call.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  if (call.method == "POST") {
    curl_easy_setopt(curl, CURLOPT_POST, 1L);
  } else if (call.method == "HEAD") {
    curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  } else {
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call.method.c_str());
  }
  if (call.method == "POST" || !call.body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(call.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(call.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(call.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &OnBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &OnHeader);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &OnProgress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &transfer);
}

}  // namespace

std::string_view HttpAnswer::Header(std::string_view name) const {
  for (const HttpHeader& header : headers) {
    if (header.first.size() == name.size() && strncasecmp(header.first.data(), name.data(), name.size()) == 0) {
      return header.second;
    }
  }
  return {};
}

// Handles that are not in use; each keeps its connections open.
class HttpClient::Pool {
 public:
  ~Pool() {
    for (CURL* curl : free_) curl_easy_cleanup(curl);
  }
  CURL* Take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        CURL* curl = free_.back();
        free_.pop_back();
        return curl;
      }
    }
    CURL* curl = curl_easy_init();
    PAWL_CHECK(curl != nullptr, "libcurl makes a handle unless memory is exhausted");
    return curl;
  }
  void Return(CURL* curl) {
    curl_easy_reset(curl);  // keeps the connections
    const std::lock_guard lock(mutex_);
    free_.push_back(curl);
  }

 private:
  std::mutex mutex_;
  std::vector<CURL*> free_;
};

HttpClient::HttpClient() : pool_(std::make_unique<Pool>()) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  PAWL_CHECK(initialised == CURLE_OK, "libcurl initialises");
}
HttpClient::~HttpClient() = default;

absl::StatusOr<HttpAnswer> HttpClient::Send(const HttpCall& call) {
  Transfer transfer{.call = call};
  HeaderList headers;
  for (const HttpHeader& header : call.headers) headers.Add(header.first + ": " + header.second);
  headers.Add("Expect:");  // waiting for "100 Continue" costs a round trip
  char detail[CURL_ERROR_SIZE] = "";
  CURL* curl = pool_->Take();
  Configure(curl, transfer, headers);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
  const CURLcode code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  pool_->Return(curl);
  if (code != CURLE_OK) return ExplainFailure(code, transfer, detail);
  transfer.answer.status = static_cast<int>(status);
  return std::move(transfer.answer);
}

}  // namespace pawl::net
