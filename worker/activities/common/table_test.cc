#include <zlib.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/files.h"
#include "worker/activities/common/record_reader.h"
#include "worker/activities/common/table_reader.h"
#include "worker/activities/common/table_writer.h"
#include "worker/activities/testing/fake_task_context.h"

namespace pawl::activities {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TableTest : public ::testing::Test {
 protected:
  std::filesystem::path Put(const std::string& name, const std::string& text) {
    EXPECT_TRUE(WriteFileAtomically(directory_.path() / name, text).ok());
    return directory_.path() / name;
  }
  std::vector<TableRow> Rows(std::vector<std::filesystem::path> files, const TableFormat& format = {}) {
    auto reader = TableReader::Open(std::move(files), format);
    EXPECT_TRUE(reader.ok()) << reader.status();
    std::vector<TableRow> rows;
    TableRow row;
    while (reader.ok() && *reader->Next(row)) rows.push_back(row);
    return rows;
  }
  TemporaryDirectory directory_;
};

TEST_F(TableTest, ReadsQuotesLineEndsInsideThemAndCarriageReturns) {
  const auto rows = Rows({Put("x.csv", "a,b\r\n1,\"x, \"\"y\"\"\nz\"\r\n\r\n2,\r\n")});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_THAT(rows[0].cells, ElementsAre("1", "x, \"y\"\nz"));
  EXPECT_THAT(rows[1].cells, ElementsAre("2", ""));
  EXPECT_EQ(rows[1].number, 2);
}

TEST_F(TableTest, ABrokenRowIsARowWithAnErrorNotAnEnd) {
  const auto rows = Rows({Put("x.csv", "a,b\n1,2,3\n\"x\"y,1\n4,5\n")});
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].error, "expected 2 cells, found 3");
  EXPECT_EQ(rows[0].raw, "1,2,3");
  EXPECT_THAT(rows[1].error, HasSubstr("not valid CSV"));
  EXPECT_EQ(rows[2].error, "");
}

TEST_F(TableTest, ARecordAboveOneMebibyteIsAnErrorAndTheNextRowIsRead) {
  const auto rows = Rows({Put("x.csv", "a,b\n\"" + std::string(3 << 20, 'x') + "\n4,5\n")});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].error, "the record is longer than 1 MiB");
  EXPECT_EQ(rows[0].raw.size(), RecordReader::kRecordBytesMax);
  EXPECT_THAT(rows[1].cells, ElementsAre("4", "5"));
}

TEST_F(TableTest, ReadsGzipAndSeveralFilesAsOne) {
  const std::filesystem::path packed = directory_.path() / "b.csv.gz";
  gzFile file = gzopen(packed.c_str(), "wb");
  gzputs(file, "a\n2\n");
  gzclose(file);
  const auto rows = Rows({Put("a.csv", "a\n1\n"), packed});
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[1].cells[0], "2");
  EXPECT_EQ(rows[1].number, 2);
}

TEST_F(TableTest, ATruncatedGzipFileIsAnErrorNotAShortTable) {
  std::string text = "a\n";
  for (int i = 0; i < 20'000; ++i) text += std::to_string(i * 7919 % 10'007) + "\n";
  const std::filesystem::path packed = directory_.path() / "x.csv.gz";
  gzFile file = gzopen(packed.c_str(), "wb");
  gzputs(file, text.c_str());
  gzclose(file);
  std::filesystem::resize_file(packed, std::filesystem::file_size(packed) / 2);
  auto reader = TableReader::Open({packed}, {});
  ASSERT_TRUE(reader.ok());
  TableRow row;
  absl::StatusOr<bool> more = true;
  while (more.ok() && *more) more = reader->Next(row);
  EXPECT_TRUE(absl::IsInvalidArgument(more.status())) << more.status();
}

TEST_F(TableTest, ReadsJsonLinesWithNullsAndRefusesNestedValues) {
  const auto rows =
      Rows({Put("x.jsonl", "{\"a\":1,\"b\":\"x\"}\n{\"b\":null,\"a\":2.5}\n{\"a\":[1]}\nnope\n{\"c\":1}\n")});
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_THAT(rows[0].cells, ElementsAre("1", "x"));
  EXPECT_THAT(rows[1].cells, ElementsAre("2.5", ""));
  EXPECT_THAT(rows[2].error, HasSubstr("not a scalar"));
  EXPECT_THAT(rows[3].error, HasSubstr("not a JSON object"));
  EXPECT_THAT(rows[4].error, HasSubstr("unknown member 'c'"));
}

TEST_F(TableTest, SaysWhatIsWrongWithHeaders) {
  EXPECT_THAT(std::string(TableReader::Open({Put("x.csv", "")}, {}).status().message()), HasSubstr("is empty"));
  EXPECT_THAT(std::string(TableReader::Open({Put("y.csv", "a,a\n")}, {}).status().message()),
              HasSubstr("names a column twice"));
  EXPECT_TRUE(absl::IsNotFound(TableReader::Open({directory_.path() / "none.csv"}, {}).status()));
}

TEST_F(TableTest, WithoutAHeaderColumnsAreNumbered) {
  auto reader = TableReader::Open({Put("x.csv", "1,2\n3,4\n")}, {.kind = "csv", .header = false});
  EXPECT_THAT(reader->columns(), ElementsAre("c0", "c1"));
  TableRow row;
  ASSERT_TRUE(*reader->Next(row));
  EXPECT_THAT(row.cells, ElementsAre("1", "2"));
}

TEST_F(TableTest, WhatTheWriterWritesTheReaderReads) {
  auto writer = TableWriter::Create(directory_.path() / "x.csv", {"a", "b"});
  ASSERT_TRUE(writer->Write({"x,\"y\"", "line\nend"}).ok());
  auto written = writer->Close();
  EXPECT_EQ(written->rows, 1);
  EXPECT_EQ(written->sha256, *Sha256OfFile(directory_.path() / "x.csv"));
  EXPECT_THAT(Rows({directory_.path() / "x.csv"})[0].cells, ElementsAre("x,\"y\"", "line\nend"));
}

}  // namespace
}  // namespace pawl::activities
