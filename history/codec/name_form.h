// Texts that repeat (state names, ARNs, workers) in their stored form: as an entry of the execution's dictionary, or
// spelt out, then with the longest beginning it shares with a recent entry left out. Internal to history/codec.
#pragma once

#include <string>
#include <vector>

#include "proto/history/v1/history.pb.h"

namespace pawl::history {

class NameWriter {
 public:
  // `names` is the dictionary after the decision, of which the first `known` entries stood before it.
  NameWriter(const std::vector<std::string>& names, size_t known) : names_(names), known_(known) {}

  void Write(const std::string& name, v1::Name* out);
  // An empty text leaves the field out.
  template <typename Message>
  void WriteIfAny(const std::string& name, Message* message, v1::Name* (Message::*field)()) {
    if (!name.empty()) Write(name, (message->*field)());
  }
  // Entries that no text of the decision brought.
  void WriteRest(v1::Decision* out);

 private:
  void Spell(const std::string& name, v1::Name* out) const;

  const std::vector<std::string>& names_;
  size_t known_;
};

class NameReader {
 public:
  explicit NameReader(std::vector<std::string>& names) : names_(names) {}
  std::string Read(const v1::Name& name);
  // False once an index was beyond the dictionary.
  bool ok() const { return ok_; }

 private:
  std::vector<std::string>& names_;
  bool ok_ = true;
};

}  // namespace pawl::history
