#include "history/codec/name_form.h"

#include <algorithm>

namespace pawl::history {
namespace {

// How many of the newest entries are searched for a shared beginning.
constexpr size_t kPrefixCandidates = 16;
// Below this the two fields that name a shared beginning cost as much as they save.
constexpr size_t kPrefixSizeMin = 6;

size_t SharedSize(const std::string& a, const std::string& b) {
  return static_cast<size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

}  // namespace

void NameWriter::Write(const std::string& name, v1::Name* out) {
  for (size_t i = 0; i < known_; ++i) {
    if (names_[i] == name) {
      out->set_index(static_cast<uint32_t>(i + 1));
      return;
    }
  }
  Spell(name, out);
  if (known_ < names_.size() && names_[known_] == name) {
    out->set_remember(true);
    ++known_;
  }
}

void NameWriter::Spell(const std::string& name, v1::Name* out) const {
  size_t best = 0;
  size_t best_size = 0;
  for (size_t i = known_; i-- > 0 && known_ - i <= kPrefixCandidates;) {
    size_t size = SharedSize(name, names_[i]);
    if (size > best_size) {
      best = i;
      best_size = size;
    }
  }
  if (best_size < kPrefixSizeMin) best_size = 0;
  if (best_size > 0) {
    out->set_prefix_of(static_cast<uint32_t>(best + 1));
    out->set_prefix_size(static_cast<uint32_t>(best_size));
  }
  out->set_rest(name.substr(best_size));
}

void NameWriter::WriteRest(v1::Decision* out) {
  for (; known_ < names_.size(); ++known_) Spell(names_[known_], out->add_names());
}

std::string NameReader::Read(const v1::Name& name) {
  if (name.index() != 0) {
    ok_ &= name.index() <= names_.size();
    return ok_ ? names_[name.index() - 1] : std::string();
  }
  std::string text;
  if (name.prefix_of() != 0) {
    ok_ &= name.prefix_of() <= names_.size() && name.prefix_size() <= names_[name.prefix_of() - 1].size();
    if (!ok_) return text;
    text = names_[name.prefix_of() - 1].substr(0, name.prefix_size());
  }
  text += name.rest();
  if (name.remember()) names_.push_back(text);
  return text;
}

}  // namespace pawl::history
