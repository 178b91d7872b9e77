#include "worker/activities/xgboost/model_file.h"

#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "shared/base/status.h"
#include "worker/activities/common/digest.h"
#include "worker/activities/common/errors.h"
#include "worker/activities/common/files.h"

namespace pawl::activities {
namespace fs = std::filesystem;

namespace {

constexpr size_t kBlock = 512;
constexpr size_t kArchiveBytesMax = size_t{2} << 30;
constexpr char kMember[] = "xgboost-model";

// A ustar header (POSIX.1-1988): name at 0, mode 100, uid 108, gid 116, size 124, mtime 136, checksum 148, type 156,
// magic 257. Numbers are octal text.
std::array<char, kBlock> TarHeader(const std::string& name, size_t size) {
  std::array<char, kBlock> header{};
  std::memcpy(header.data(), name.data(), std::min(name.size(), size_t{99}));
  std::memcpy(header.data() + 100, "0000644", 7);
  std::memcpy(header.data() + 108, "0000000", 7);
  std::memcpy(header.data() + 116, "0000000", 7);
  std::snprintf(header.data() + 124, 12, "%011zo", size);
  std::memcpy(header.data() + 136, "00000000000", 11);
  std::memset(header.data() + 148, ' ', 8);
  header[156] = '0';
  std::memcpy(header.data() + 257, "ustar", 6);
  std::memcpy(header.data() + 263, "00", 2);
  unsigned sum = 0;
  for (char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 8, "%06o", sum);
  return header;
}

absl::StatusOr<std::string> Gunzip(const fs::path& path) {
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  if (file == nullptr) return SystemError("cannot open " + path.string());
  std::string bytes;
  std::string buffer(1 << 20, '\0');
  while (true) {
    const int count = gzread(file.get(), buffer.data(), static_cast<unsigned>(buffer.size()));
    if (count < 0) return absl::InvalidArgumentError(path.string() + " is not a valid gzip file");
    if (count == 0) return bytes;
    bytes.append(buffer, 0, static_cast<size_t>(count));
    if (bytes.size() > kArchiveBytesMax) return absl::ResourceExhaustedError(path.string() + " is above 2 GiB");
  }
}

absl::StatusOr<fs::path> FindModelFile(const fs::path& path, const std::string& uri) {
  std::error_code ignored;
  if (!fs::is_directory(path, ignored)) return path;
  for (const char* name : {"model.ubj", "model.tar.gz", "output/model.tar.gz", "model.json"}) {
    if (fs::exists(path / name, ignored)) return path / name;
  }
  return absl::NotFoundError(absl::StrCat("'", uri, "' holds no model.ubj, model.tar.gz or model.json"));
}

}  // namespace

absl::Status WriteTarGz(const fs::path& path, const std::string& member, const std::string& bytes) {
  const std::array<char, kBlock> header = TarHeader(member, bytes.size());
  std::string tar(header.data(), header.size());
  tar += bytes;
  tar.resize((tar.size() + kBlock - 1) / kBlock * kBlock + 2 * kBlock, '\0');
  // windowBits 15 + 16: gzip framing, whose header zlib leaves without time and name.
  z_stream stream{};
  if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return absl::InternalError("zlib refused to start");
  }
  std::string packed(deflateBound(&stream, tar.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(tar.data());
  stream.avail_in = static_cast<uInt>(tar.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return absl::InternalError("zlib could not compress the model");
  return WriteFileAtomically(path, packed);
}

absl::StatusOr<std::string> ReadTarGzMember(const fs::path& path, const std::string& member) {
  PAWL_ASSIGN_OR_RETURN(std::string tar, Gunzip(path));
  for (size_t at = 0; at + kBlock <= tar.size();) {
    const char* header = tar.data() + at;
    if (header[0] == '\0') break;
    std::string name(header, strnlen(header, 100));
    if (absl::StartsWith(name, "./")) name = name.substr(2);
    const std::string octal(header + 124, strnlen(header + 124, 12));
    const size_t size = std::strtoull(octal.c_str(), nullptr, 8);
    if (size > tar.size() - at - kBlock) return absl::InvalidArgumentError(path.string() + " is cut off");
    if (name == member) return tar.substr(at + kBlock, size);
    at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
  }
  return absl::NotFoundError(absl::StrCat(path.string(), " has no member '", member, "'"));
}

absl::StatusOr<LoadedModel> LoadModel(const ArtifactStore& store, const std::string& uri, int threads) {
  PAWL_ASSIGN_OR_RETURN(fs::path fetched, store.Fetch(uri));
  PAWL_ASSIGN_OR_RETURN(fs::path path, FindModelFile(fetched, uri));
  const bool archive = absl::EndsWith(path.string(), ".tar.gz");
  absl::StatusOr<std::string> bytes = archive ? ReadTarGzMember(path, kMember) : ReadFile(path);
  if (!bytes.ok()) return bytes.status();
  // XGBoost tells the two forms apart by their first bytes, and takes an empty text for a model of no trees.
  if (bytes->size() < 2 || bytes->front() != '{') {
    return absl::InvalidArgumentError(absl::StrCat("'", uri, "' is not an XGBoost model in JSON or binary JSON"));
  }
  absl::StatusOr<Booster> booster = Booster::ContinueFrom(*bytes, {}, {{"nthread", absl::StrCat(threads)}});
  if (!booster.ok()) return base::Annotate(booster.status(), uri);
  return LoadedModel{.booster = *std::move(booster), .sha256 = Sha256Hex(*bytes)};
}

}  // namespace pawl::activities
