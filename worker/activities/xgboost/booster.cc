#include "worker/activities/xgboost/booster.h"

#include <xgboost/c_api.h>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "shared/base/status.h"
#include "worker/activities/common/numbers.h"

namespace pawl::activities {
namespace {

absl::Status Checked(int code, const char* what) {
  if (code == 0) return absl::OkStatus();
  // XGBoost's message starts with the place in its source and ends with a stack trace; keep what lies between.
  std::string message = XGBGetLastError();
  if (const size_t trace = message.find("\nStack trace"); trace != std::string::npos) message.resize(trace);
  if (const size_t colon = message.find(": ", message.find("] ")); colon != std::string::npos) {
    message = message.substr(colon + 2);
  }
  return absl::InvalidArgumentError(absl::StrCat("XGBoost refused to ", what, ": ", message.substr(0, 2000)));
}

// A JSON-encoded __array_interface__ of a dense float array, as the C API takes data.
std::string ArrayInterface(const std::vector<float>& values, size_t rows, size_t columns) {
  return absl::StrCat("{\"data\":[", reinterpret_cast<uintptr_t>(values.data()), ",true],\"shape\":[", rows, ",",
                      columns, "],\"typestr\":\"<f4\",\"version\":3}");
}

void SilenceXgboost() {
  static std::once_flag once;
  std::call_once(once, [] { XGBRegisterLogCallback([](const char*) {}); });
}

}  // namespace

absl::StatusOr<Matrix> Matrix::FromDense(const std::vector<float>& values, size_t rows, size_t columns, int threads) {
  SilenceXgboost();
  Matrix matrix;
  const std::string config = absl::StrCat("{\"missing\":NaN,\"nthread\":", threads, "}");
  PAWL_RETURN_IF_ERROR(
      Checked(XGDMatrixCreateFromDense(ArrayInterface(values, rows, columns).c_str(), config.c_str(), &matrix.handle_),
              "take the data"));
  return matrix;
}

Matrix::Matrix(Matrix&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Matrix& Matrix::operator=(Matrix&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Matrix::~Matrix() {
  if (handle_ != nullptr) XGDMatrixFree(handle_);
}

absl::Status Matrix::SetLabels(const std::vector<float>& labels) {
  return Checked(XGDMatrixSetFloatInfo(handle_, "label", labels.data(), labels.size()), "take the labels");
}

absl::Status Matrix::SetWeights(const std::vector<float>& weights) {
  return Checked(XGDMatrixSetFloatInfo(handle_, "weight", weights.data(), weights.size()), "take the weights");
}

Booster::Booster(Booster&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
Booster& Booster::operator=(Booster&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}
Booster::~Booster() {
  if (handle_ != nullptr) XGBoosterFree(handle_);
}

absl::StatusOr<Booster> Booster::Create(const std::vector<const Matrix*>& caches, const Parameters& parameters) {
  SilenceXgboost();
  std::vector<DMatrixHandle> handles;
  for (const Matrix* matrix : caches) handles.push_back(matrix->handle_);
  Booster booster;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterCreate(handles.data(), handles.size(), &booster.handle_), "start"));
  for (const auto& [name, value] : parameters) {
    // "eval_metric" may name several, and each call adds one.
    size_t from = 0;
    while (true) {
      const size_t comma = name == "eval_metric" ? value.find(',', from) : std::string::npos;
      const std::string one = value.substr(from, comma == std::string::npos ? comma : comma - from);
      PAWL_RETURN_IF_ERROR(Checked(XGBoosterSetParam(booster.handle_, name.c_str(), one.c_str()), "take a parameter"));
      if (comma == std::string::npos) break;
      from = comma + 1;
    }
  }
  return booster;
}

absl::StatusOr<Booster> Booster::ContinueFrom(const std::string& model, const std::vector<const Matrix*>& caches,
                                              const Parameters& parameters) {
  PAWL_ASSIGN_OR_RETURN(Booster booster, Create(caches, parameters));
  PAWL_RETURN_IF_ERROR(
      Checked(XGBoosterLoadModelFromBuffer(booster.handle_, model.data(), model.size()), "load the model"));
  return booster;
}

absl::Status Booster::SetFeatureNames(const std::vector<std::string>& names) {
  std::vector<const char*> pointers;
  for (const std::string& name : names) pointers.push_back(name.c_str());
  return Checked(XGBoosterSetStrFeatureInfo(handle_, "feature_name", pointers.data(), pointers.size()),
                 "take the feature names");
}

absl::Status Booster::Update(int round, const Matrix& matrix) {
  return Checked(XGBoosterUpdateOneIter(handle_, round, matrix.handle_), "train");
}

absl::StatusOr<std::vector<MetricValue>> Booster::Evaluate(
    int round, const std::vector<std::pair<std::string, const Matrix*>>& matrices) {
  std::vector<DMatrixHandle> handles;
  std::vector<const char*> names;
  for (const auto& [name, matrix] : matrices) {
    handles.push_back(matrix->handle_);
    names.push_back(name.c_str());
  }
  const char* text = nullptr;
  PAWL_RETURN_IF_ERROR(
      Checked(XGBoosterEvalOneIter(handle_, round, handles.data(), names.data(), handles.size(), &text), "evaluate"));
  // "[3]\ttrain-auc:0.71\tvalidation-auc:0.69"
  std::vector<MetricValue> values;
  std::string_view rest = text;
  for (size_t tab = rest.find('\t'); tab != std::string_view::npos; tab = rest.find('\t')) {
    rest.remove_prefix(tab + 1);
    const std::string_view item = rest.substr(0, rest.find('\t'));
    const size_t colon = item.rfind(':');
    if (colon == std::string_view::npos) continue;
    values.push_back({std::string(item.substr(0, colon)), ParseNumber(item.substr(colon + 1)).value_or(0)});
  }
  return values;
}

absl::StatusOr<std::vector<float>> Booster::Predict(const Matrix& matrix) {
  const char* config = R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false})";
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  PAWL_RETURN_IF_ERROR(
      Checked(XGBoosterPredictFromDMatrix(handle_, matrix.handle_, config, &shape, &dimensions, &result), "predict"));
  size_t count = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
  return std::vector<float>(result, result + count);
}

absl::StatusOr<std::vector<float>> Booster::PredictDense(const std::vector<float>& values, size_t rows,
                                                         size_t columns) {
  const char* config =
      R"({"type":0,"training":false,"iteration_begin":0,"iteration_end":0,"strict_shape":false,"missing":NaN,)"
      R"("cache_id":0})";
  const bst_ulong* shape = nullptr;
  bst_ulong dimensions = 0;
  const float* result = nullptr;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterPredictFromDense(handle_, ArrayInterface(values, rows, columns).c_str(), config,
                                                         nullptr, &shape, &dimensions, &result),
                               "predict"));
  size_t count = 1;
  for (bst_ulong i = 0; i < dimensions; ++i) count *= shape[i];
  return std::vector<float>(result, result + count);
}

absl::StatusOr<std::string> Booster::Save() const {
  bst_ulong length = 0;
  const char* bytes = nullptr;
  PAWL_RETURN_IF_ERROR(
      Checked(XGBoosterSaveModelToBuffer(handle_, R"({"format":"ubj"})", &length, &bytes), "save the model"));
  return std::string(bytes, length);
}

absl::StatusOr<Booster> Booster::FirstRounds(int rounds) const {
  Booster slice;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterSlice(handle_, 0, rounds, 1, &slice.handle_), "cut the model"));
  return slice;
}

absl::StatusOr<std::vector<FeatureScore>> Booster::FeatureScores() const {
  bst_ulong count = 0;
  const char** names = nullptr;
  bst_ulong dimensions = 0;
  const bst_ulong* shape = nullptr;
  const float* scores = nullptr;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterFeatureScore(handle_, R"({"importance_type":"total_gain"})", &count, &names,
                                                     &dimensions, &shape, &scores),
                               "tell feature scores"));
  std::vector<FeatureScore> list;
  for (bst_ulong i = 0; i < count; ++i) list.push_back({names[i], scores[i]});
  std::stable_sort(list.begin(), list.end(), [](const FeatureScore& left, const FeatureScore& right) {
    return left.score != right.score ? left.score > right.score : left.feature < right.feature;
  });
  return list;
}

absl::StatusOr<size_t> Booster::FeatureCount() const {
  bst_ulong count = 0;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterGetNumFeature(handle_, &count), "count features"));
  return static_cast<size_t>(count);
}

absl::StatusOr<int> Booster::Rounds() const {
  int rounds = 0;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterBoostedRounds(handle_, &rounds), "count rounds"));
  return rounds;
}

absl::StatusOr<std::pair<std::string, int>> Booster::Objective() const {
  bst_ulong length = 0;
  const char* text = nullptr;
  PAWL_RETURN_IF_ERROR(Checked(XGBoosterSaveJsonConfig(handle_, &length, &text), "tell its configuration"));
  const auto config = nlohmann::json::parse(std::string(text, length), nullptr, false);
  if (!config.is_object()) return absl::InternalError("XGBoost's configuration is not JSON");
  const nlohmann::json& learner = config["learner"];
  const std::string objective = learner["learner_train_param"].value("objective", "");
  const std::string classes = learner["learner_model_param"].value("num_class", "0");
  return std::make_pair(objective, std::atoi(classes.c_str()));
}

}  // namespace pawl::activities
