#include "history/codec/name_form.h"

#include <algorithm>

namespace pawl::history {
namespace {

// How many of the entries before it are searched for a shared beginning.
constexpr size_t kPrefixCandidates = 16;
// Below this the two fields that name a shared beginning cost as much as they save.
constexpr size_t kPrefixSizeMin = 5;

size_t SharedSize(const std::string& a, const std::string& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

uint32_t NameWriter::Write(const std::string& name) {
  if (name.empty()) return 0;
  auto known = std::find(names_.begin(), names_.end(), name);
  if (known != names_.end()) return static_cast<uint32_t>(known - names_.begin() + 1);
  auto passing = std::find(passing_.begin(), passing_.end(), name);
  auto position = names_.size() + static_cast<size_t>(passing - passing_.begin());
  if (passing == passing_.end()) passing_.push_back(name);
  return static_cast<uint32_t>(position + 1);
}

void NameWriter::WriteNew(size_t known, v1::Decision* out) const {
  for (size_t position = known; position < names_.size() + passing_.size(); ++position) {
    const std::string& name = At(position);
    size_t best = 0;
    size_t best_size = 0;
    for (size_t i = position; i-- > 0 && position - i <= kPrefixCandidates;) {
      size_t size = SharedSize(name, At(i));
      if (size > best_size) {
        best = i;
        best_size = size;
      }
    }
    v1::Name* to = out->add_names();
    if (best_size < kPrefixSizeMin) best_size = 0;
    if (best_size > 0) {
      to->set_prefix_of(static_cast<uint32_t>(best + 1));
      to->set_prefix_size(static_cast<uint32_t>(best_size));
    }
    to->set_rest(name.substr(best_size));
  }
  out->set_passing(static_cast<uint32_t>(passing_.size()));
}

void NameReader::ReadNew(const v1::Decision& decision) {
  auto count = static_cast<size_t>(decision.names_size());
  ok_ &= decision.passing() <= count;
  for (size_t i = 0; ok_ && i < count; ++i) {
    const v1::Name& from = decision.names(static_cast<int>(i));
    std::string name = Read(from.prefix_of());
    ok_ &= from.prefix_size() <= name.size();
    if (!ok_) return;
    name = name.substr(0, from.prefix_size()) + from.rest();
    if (i < count - decision.passing()) {
      names_.push_back(std::move(name));
    } else {
      passing_.push_back(std::move(name));
    }
  }
}

std::string NameReader::Read(uint32_t stored) {
  if (stored == 0) return "";
  size_t position = stored - 1;
  if (position < names_.size()) return names_[position];
  position -= names_.size();
  ok_ &= position < passing_.size();
  return ok_ ? passing_[position] : "";
}

}  // namespace pawl::history
