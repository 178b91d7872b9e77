#include "worker/activities/common/errors.h"

#include <cerrno>
#include <exception>
#include <new>
#include <system_error>
#include <utility>

#include "absl/strings/cord.h"
#include "nlohmann/json.hpp"

namespace pawl::activities {
namespace {

constexpr char kNamePayload[] = "pawl.activity.error_name";
constexpr size_t kCauseBytesMax = 32'768;

std::string NameOf(const absl::Status& status) {
  if (auto name = status.GetPayload(kNamePayload)) return std::string(*name);
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return "InvalidInput";
    case absl::StatusCode::kNotFound:
      return "DataNotFound";
    case absl::StatusCode::kResourceExhausted:
      return "LimitExceeded";
    case absl::StatusCode::kCancelled:
      return "Cancelled";
    case absl::StatusCode::kDeadlineExceeded:
      return "TimedOut";
    case absl::StatusCode::kUnavailable:
      return "StorageUnavailable";
    default:
      return "InternalError";
  }
}

}  // namespace

absl::Status NamedError(const std::string& name, const std::string& cause) {
  absl::Status status = absl::FailedPreconditionError(cause);
  status.SetPayload(kNamePayload, absl::Cord(name));
  return status;
}

worker::ActivityError ToActivityError(const absl::Status& status) {
  std::string cause(status.message());
  if (cause.size() > kCauseBytesMax) cause.resize(kCauseBytesMax);
  return {.error = NameOf(status), .cause = std::move(cause)};
}

worker::Handler MakeHandler(Work work) {
  return [work = std::move(work)](worker::TaskContext& task) -> worker::ActivityResult {
    try {
      absl::StatusOr<nlohmann::json> output = work(task);
      if (!output.ok()) return ToActivityError(output.status());
      return worker::Succeed(*output);
    } catch (const nlohmann::json::exception& error) {
      return worker::Fail("InvalidInput", std::string("a JSON value is not of the expected form: ") + error.what());
    } catch (const std::bad_alloc&) {
      return worker::Fail("LimitExceeded", "the activity ran out of memory");
    } catch (const std::exception& error) {
      return worker::Fail("InternalError", error.what());
    }
  };
}

absl::Status SystemError(const std::string& what) {
  const int code = errno;
  std::string message = what + ": " + std::generic_category().message(code);
  if (code == ENOENT || code == ENOTDIR) return absl::NotFoundError(message);
  return absl::UnavailableError(message);
}

}  // namespace pawl::activities
