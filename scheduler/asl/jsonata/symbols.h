// Names of variables as numbers, so that looking one up compares numbers. An evaluation's table lies over its program's
// table, because $eval may bring new names; each program's table lies over that of the built-in functions.
//
// Thread rule: a table may be read by several threads once it no longer changes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scheduler/asl/jsonata/value.h"

namespace pawl::asl::jsonata {

class SymbolTable {
 public:
  explicit SymbolTable(const SymbolTable* base = nullptr) : base_(base), first_(base == nullptr ? 0 : base->size()) {}
  SymbolTable(const SymbolTable&) = delete;
  SymbolTable& operator=(const SymbolTable&) = delete;

  Symbol Intern(std::string_view name) {
    if (const Symbol* known = Find(name)) return *known;
    Symbol symbol = first_ + static_cast<Symbol>(names_.size());
    names_.emplace_back(name);
    symbols_.emplace(name, symbol);
    return symbol;
  }
  // A new symbol that no name finds.
  Symbol Fresh() {
    names_.emplace_back();
    return first_ + static_cast<Symbol>(names_.size()) - 1;
  }
  const Symbol* Find(std::string_view name) const {
    if (base_ != nullptr) {
      if (const Symbol* known = base_->Find(name)) return known;
    }
    auto found = symbols_.find(std::string(name));
    return found == symbols_.end() ? nullptr : &found->second;
  }
  Symbol size() const { return first_ + static_cast<Symbol>(names_.size()); }

 private:
  const SymbolTable* base_;
  Symbol first_;
  std::vector<std::string> names_;
  std::unordered_map<std::string, Symbol> symbols_;
};

}  // namespace pawl::asl::jsonata
