#include <map>
#include <mutex>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "shared/net/http_server.h"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/files.h"
#include "worker/activities/testing/fake_task_context.h"

namespace pawl::activities {
namespace {

// An endpoint with the three calls that the client makes: list, ranged get, put. Lists two keys a page.
class S3Endpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = net::HttpServer::Start({.body_bytes_max = 64 << 20}, [this](net::HttpRequest request, auto respond) {
      const std::lock_guard lock(mutex_);
      respond(Answer(request));
    });
    ASSERT_TRUE(server.ok());
    server_ = *std::move(server);
    store_ = std::make_unique<ArtifactStore>(
        ActivityOptions{.s3_endpoint = absl::StrCat("http://127.0.0.1:", server_->port()),
                        .s3_access_key = "key",
                        .s3_secret_key = "secret",
                        .scratch_directory = scratch_.path().string()});
  }

  net::HttpResponse Answer(const net::HttpRequest& request) {
    if (!absl::StartsWith(std::string(request.Header("authorization")), "AWS4-HMAC-SHA256 Credential=key/")) {
      return {.status = 403};
    }
    const size_t question = request.target.find('?');
    const std::string path = request.target.substr(0, question);
    if (question != std::string::npos) return List(path, request.target.substr(question + 1));
    if (request.method == "PUT") {
      objects_[path] = request.body;
      return {};
    }
    const auto found = objects_.find(path);
    if (found == objects_.end()) return {.status = 404};
    const std::string range(request.Header("range"));
    const size_t from = std::stoull(range.substr(range.find('=') + 1));
    if (from >= found->second.size()) return {.status = 416};
    const size_t to = std::stoull(range.substr(range.find('-') + 1));
    return {.status = 206, .body = found->second.substr(from, to - from + 1)};
  }

  net::HttpResponse List(const std::string& bucket, const std::string& query) {
    const size_t prefix_at = query.find("prefix=") + 7;
    std::string prefix = query.substr(prefix_at, query.find('&', prefix_at) - prefix_at);
    for (size_t at = 0; (at = prefix.find("%2F")) != std::string::npos;) prefix.replace(at, 3, "/");
    const size_t token_at = query.find("continuation-token=");
    const size_t skip = token_at == std::string::npos ? 0 : std::stoull(query.substr(token_at + 19));
    std::string xml = "<ListBucketResult>";
    size_t seen = 0;
    for (const auto& [path, unused] : objects_) {
      if (!absl::StartsWith(path, absl::StrCat(bucket, "/", prefix))) continue;
      if (seen >= skip && seen < skip + 2) {
        absl::StrAppend(&xml, "<Contents><Key>", path.substr(bucket.size() + 1), "</Key></Contents>");
      }
      ++seen;
    }
    if (seen > skip + 2) absl::StrAppend(&xml, "<NextContinuationToken>", skip + 2, "</NextContinuationToken>");
    return {.body = xml + "</ListBucketResult>"};
  }

  std::mutex mutex_;
  std::map<std::string, std::string> objects_;
  TemporaryDirectory scratch_;
  std::unique_ptr<net::HttpServer> server_;
  std::unique_ptr<ArtifactStore> store_;
};

TEST_F(S3Endpoint, FetchesAllFilesUnderAPrefixPageByPageAndNoNeighbours) {
  for (const char* name : {"a.csv", "b.csv", "c.csv", "d.csv", "e.csv"}) {
    objects_[absl::StrCat("/bucket/data/", name)] = name;
  }
  objects_["/bucket/data-of-others/x.csv"] = "x";
  auto files = store_->FetchFiles("s3://bucket/data");
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_EQ(files->size(), 5u);
  EXPECT_EQ(*ReadFile(files->back()), "e.csv");
}

TEST_F(S3Endpoint, FetchesAnObjectLargerThanOnePiece) {
  std::string bytes((16 << 20) + 1000, 'x');
  bytes.back() = 'y';
  objects_["/bucket/large"] = bytes;
  objects_["/bucket/empty"] = "";
  EXPECT_EQ(*ReadFile(*store_->Fetch("s3://bucket/large")), bytes);
  EXPECT_EQ(*ReadFile(*store_->Fetch("s3://bucket/empty")), "");
}

TEST_F(S3Endpoint, PublishesADirectory) {
  const auto path = store_->OutputPath("s3://bucket/out");
  ASSERT_TRUE(WriteFileAtomically(*path / "train" / "data.csv", "1,2\n").ok());
  ASSERT_TRUE(WriteFileAtomically(*path / "result.json", "{}").ok());
  ASSERT_TRUE(store_->Publish("s3://bucket/out").ok());
  EXPECT_EQ(objects_["/bucket/out/train/data.csv"], "1,2\n");
  EXPECT_EQ(objects_["/bucket/out/result.json"], "{}");
}

TEST_F(S3Endpoint, TellsWhatIsNotThereFromAnEndpointThatRefuses) {
  EXPECT_TRUE(absl::IsNotFound(store_->Fetch("s3://bucket/none").status()));
  ArtifactStore stranger({.s3_endpoint = store_->options().s3_endpoint, .scratch_directory = scratch_.path().string()});
  EXPECT_TRUE(absl::IsUnavailable(stranger.Fetch("s3://bucket/none").status()));
  server_->Shutdown(std::chrono::milliseconds(0));
  EXPECT_TRUE(absl::IsUnavailable(store_->Fetch("s3://bucket/none").status()));
}

}  // namespace
}  // namespace pawl::activities
