#include "worker/integrations/sagemaker/images.h"

#include "absl/strings/str_cat.h"
#include "worker/integrations/sagemaker/job.h"

namespace pawl::sagemaker {
namespace {

struct Entry {
  const char* repository;
  Algorithm algorithm;
};

constexpr Entry kImages[] = {
    {"xgboost", Algorithm::kXgboost},
    {"sagemaker-xgboost", Algorithm::kXgboost},
    {"pawl-xgboost", Algorithm::kXgboost},
    {"sagemaker-scikit-learn", Algorithm::kProcessor},
    {"sagemaker-data-wrangler-container", Algorithm::kProcessor},
    {"pawl-worker", Algorithm::kProcessor},
};

// "382416733822.dkr.ecr.us-east-1.amazonaws.com/xgboost:latest" -> "xgboost"
std::string RepositoryOf(const std::string& image) {
  const size_t slash = image.rfind('/');
  const std::string last = slash == std::string::npos ? image : image.substr(slash + 1);
  return last.substr(0, last.find_first_of(":@"));
}

}  // namespace

absl::StatusOr<Algorithm> AlgorithmOfImage(const std::string& image) {
  const std::string repository = RepositoryOf(image);
  std::string known;
  for (const Entry& entry : kImages) {
    if (repository == entry.repository) return entry.algorithm;
    absl::StrAppend(&known, known.empty() ? "" : ", ", entry.repository);
  }
  return ValidationError(absl::StrCat("no built-in algorithm stands in for the image '", image,
                                      "'; the image repositories known here are ", known));
}

}  // namespace pawl::sagemaker
