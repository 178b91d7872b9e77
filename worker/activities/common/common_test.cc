#include <algorithm>
#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "worker/activities/common/artifact_store.h"
#include "worker/activities/common/category_counter.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/fields.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/numbers.h"
#include "worker/activities/common/quantile_sketch.h"
#include "worker/activities/common/s3_signer.h"
#include "worker/activities/testing/fake_task_context.h"

namespace pawl::activities {
namespace {

using ::testing::HasSubstr;

TEST(Numbers, ParseOnlyWholeCells) {
  EXPECT_EQ(ParseNumber("-1.5e3"), -1500);
  EXPECT_EQ(ParseNumber(" 7 "), 7);
  EXPECT_EQ(ParseNumber("7x"), std::nullopt);
  EXPECT_EQ(ParseNumber(""), std::nullopt);
  EXPECT_EQ(ParseNumber("inf"), std::nullopt);
  EXPECT_EQ(ParseInteger("12"), 12);
  EXPECT_EQ(ParseInteger("1.5"), std::nullopt);
}

TEST(Numbers, FormatReadsBackAsTheSameNumber) {
  EXPECT_EQ(FormatNumber(0.1F), "0.1");
  EXPECT_EQ(FormatNumber(std::nanf("")), "");
  EXPECT_EQ(*ParseNumber(FormatNumber(1.0 / 3)), 1.0 / 3);
}

TEST(Numbers, TimestampsOfSeveralFormsNameTheSameMoment) {
  const int64_t moment = 1'357'016'400;  // 2013-01-01T05:00:00Z
  EXPECT_EQ(ParseTimestamp("2013-01-01T05:00:00Z"), moment);
  EXPECT_EQ(ParseTimestamp("2013-01-01 00:00:00-05:00"), moment);
  EXPECT_EQ(ParseTimestamp("2013-01-01T05:00"), moment);
  EXPECT_EQ(ParseTimestamp("2013-01-01"), moment - 5 * 3600);
  EXPECT_EQ(ParseTimestamp("sometime"), std::nullopt);
  EXPECT_EQ(ParseTimestamp("2013-13-01"), std::nullopt);
  EXPECT_EQ(ParseTimestamp("2013-01-01T05:00:00 tea"), std::nullopt);
}

TEST(Numbers, CalendarKnowsLeapYearsAndWeekdays) {
  const CivilTime day = ToCivil(*ParseTimestamp("2024-02-29T23:59:00Z"));
  EXPECT_EQ(day.month, 2);
  EXPECT_EQ(day.day, 29);
  EXPECT_EQ(day.weekday, 3);  // a Thursday
  EXPECT_EQ(day.day_of_year, 60);
  const CivilTime before = ToCivil(*ParseTimestamp("1969-12-31T23:00:00Z"));
  EXPECT_EQ(before.year, 1969);
  EXPECT_EQ(before.hour, 23);
}

TEST(QuantileSketch, IsExactForFewValues) {
  QuantileSketch sketch;
  for (int i = 1; i <= 101; ++i) sketch.Add(i);
  EXPECT_EQ(sketch.Quantile(0.5), 51);
  EXPECT_TRUE(std::isnan(QuantileSketch().Quantile(0.5)));
}

TEST(QuantileSketch, KeepsItsErrorAndMemoryBoundsOverAMillionValues) {
  QuantileSketch sketch;
  std::vector<double> values(1'000'000);
  std::mt19937_64 random(1);
  for (double& value : values) {
    value = static_cast<double>(random() >> 11);
    sketch.Add(value);
  }
  std::sort(values.begin(), values.end());
  for (double rank : {0.01, 0.25, 0.5, 0.75, 0.99}) {
    const double found = sketch.Quantile(rank);
    const double true_rank =
        static_cast<double>(std::lower_bound(values.begin(), values.end(), found) - values.begin()) / 1e6;
    EXPECT_NEAR(true_rank, rank, 0.0025);
    EXPECT_NEAR(sketch.ShareUpTo(found), rank, 0.0025);
  }
  EXPECT_LE(sketch.MemoryBytes(), 350u << 10);
}

TEST(CategoryCounter, CountsExactlyBelowItsCapacityAndOrdersTiesByText) {
  CategoryCounter counter(10);
  for (const char* text : {"b", "a", "c", "a"}) counter.Add(text);
  using Entry = std::pair<std::string, int64_t>;
  EXPECT_THAT(counter.Sorted(), ::testing::ElementsAre(Entry{"a", 2}, Entry{"b", 1}, Entry{"c", 1}));
}

TEST(CategoryCounter, NeverLosesAFrequentTextWhenThereAreTooMany) {
  CategoryCounter counter(50);
  for (int i = 0; i < 20'000; ++i) {
    counter.Add("common");
    counter.Add("rare" + std::to_string(i));
  }
  EXPECT_EQ(counter.Sorted().front().first, "common");
  EXPECT_LE(counter.Sorted().size(), 50u);
}

TEST(Fields, TellsTheFirstProblemWithWhatWasExpectedAndFound) {
  const nlohmann::json input{{"rounds", "many"}, {"name", 3}};
  Fields in(input, "train");
  EXPECT_EQ(in.Integer("rounds", 5, 1, 10), 5);
  in.RequiredString("name");
  EXPECT_EQ(in.Finish().message(), "train: expected 'rounds' to be a whole number from 1 to 10, found \"many\"");
}

TEST(Fields, TakesAFloatForAWholeNumberOnlyIfItIsOne) {
  const nlohmann::json input{{"a", 3.0}, {"b", 3.5}, {"c", 1e300}};
  Fields in(input, "x");
  EXPECT_EQ(in.Integer("a", 0, 0, 10), 3);
  EXPECT_TRUE(in.Finish().ok());
  EXPECT_EQ(in.Integer("b", 7, 0, 10), 7);
  EXPECT_EQ(in.Integer("c", 7, 0, 10), 7);
  EXPECT_FALSE(in.Finish().ok());
}

TEST(Fields, RefusesUnknownMembersWhenStrict) {
  const nlohmann::json input{{"scael", "standard"}};
  Fields in(input, "columns[0]");
  in.String("scale");
  EXPECT_TRUE(in.Finish().ok());
  EXPECT_THAT(std::string(in.FinishStrict().message()), HasSubstr("unknown member 'scael'; known are scale"));
}

TEST(Errors, StatusCodesBecomeTheNamesThatCatchMatches) {
  EXPECT_EQ(ToActivityError(absl::InvalidArgumentError("x")).error, "InvalidInput");
  EXPECT_EQ(ToActivityError(absl::NotFoundError("x")).error, "DataNotFound");
  const worker::ActivityError named = ToActivityError(NamedError("DataQualityError", "bad"));
  EXPECT_EQ(named.error, "DataQualityError");
  EXPECT_EQ(named.cause, "bad");
}

TEST(Errors, AHandlerLetsNoExceptionOut) {
  worker::Handler handler = MakeHandler([](worker::TaskContext& task) -> absl::StatusOr<nlohmann::json> {
    return nlohmann::json{{"x", task.input().at("missing").get<int>()}};
  });
  FakeTaskContext task(nlohmann::json::object());
  EXPECT_EQ(std::get<worker::ActivityError>(handler(task)).error, "InvalidInput");
}

TEST(ArtifactStore, ResolvesUrisToPaths) {
  TemporaryDirectory directory;
  ArtifactStore store({.s3_directory = directory.path().string()});
  EXPECT_EQ(*store.OutputPath("s3://bucket/some/key"), directory / "bucket/some/key");
  EXPECT_EQ(*store.OutputPath("file:///tmp/x"), "/tmp/x");
  EXPECT_EQ(*store.OutputPath("/tmp/x"), "/tmp/x");
}

TEST(ArtifactStore, RefusesUrisThatItCannotResolveOrThatLeaveTheirBucket) {
  ArtifactStore store({.s3_directory = "/data"});
  for (const char* uri :
       {"s3://", "s3:///key", "s3://bucket/../other/key", "http://host/x", "relative/path", "file://host/x", ""}) {
    EXPECT_TRUE(absl::IsInvalidArgument(store.OutputPath(uri).status())) << uri;
  }
  EXPECT_THAT(std::string(ArtifactStore({}).OutputPath("s3://bucket/key").status().message()),
              HasSubstr("neither an S3 directory (development) nor an S3 endpoint"));
}

TEST(ArtifactStore, ListsDataFilesInOrderAndSkipsMarkers) {
  TemporaryDirectory directory;
  for (const char* name : {"b.csv", "a.csv", "_SUCCESS", ".hidden", "sub/c.csv", ".work/d.csv"}) {
    ASSERT_TRUE(WriteFileAtomically(directory.path() / name, "x").ok());
  }
  ArtifactStore store({});
  auto files = store.FetchFiles(directory.path().string());
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, ::testing::ElementsAre(directory / "a.csv", directory / "b.csv", directory / "sub/c.csv"));
  EXPECT_TRUE(absl::IsNotFound(store.FetchFiles(directory / "nothing").status()));
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// The example "GET Object" of AWS's page "Signature Calculations for the Authorization Header".
TEST(S3Signer, SignsAwsOwnExample) {
  const S3Request request{.method = "GET",
                          .host = "examplebucket.s3.amazonaws.com",
                          .path = "/test.txt",
                          .headers = {{"range", "bytes=0-9"}},
                          .payload_sha256 = Sha256Hex("")};
  const S3Keys keys{.access_key = "AKIAIOSFODNN7EXAMPLE",
                    .secret_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
                    .region = "us-east-1"};
  EXPECT_THAT(SignedHeaders(request, keys, "20130524T000000Z").at("authorization"),
              HasSubstr("Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"));
}

TEST(S3Signer, EncodesAndSortsTheQuery) {
  EXPECT_EQ(CanonicalQuery({{"prefix", "a/b c"}, {"list-type", "2"}}), "list-type=2&prefix=a%2Fb%20c");
  EXPECT_EQ(UriEncode("/bucket/k=y+1", true), "/bucket/k%3Dy%2B1");
}

}  // namespace
}  // namespace pawl::activities
