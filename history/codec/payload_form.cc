#include "history/codec/payload_form.h"

#include <string>
#include <vector>

namespace pawl::history {
namespace {

// From an id to its stored form, and back.
uint64_t Distance(int64_t next_event, uint64_t id) {
  return next_event == 0 ? id : static_cast<uint64_t>(next_event) - id;
}

}  // namespace

void PayloadWriter::Write(const Payload& payload, v1::Payload* out) const {
  switch (payload.form()) {
    case Payload::Form::kText:
      if (payload.text() != "null") out->set_text(payload.text());
      return;
    case Payload::Form::kRef:
      if (payload.ref_event().value() == 0) return Write(payload.base(), out);  // brought by an internal event
      if (on_reference_) on_reference_(payload);
      out->set_ref(Distance(next_event_, static_cast<uint64_t>(payload.ref_event().value())));
      out->set_field(static_cast<uint32_t>(payload.ref_field()));
      return;
    case Payload::Form::kInsert:
      Write(payload.inserted(), out->mutable_inserted());
      [[fallthrough]];
    case Payload::Form::kAt:
      Write(payload.base(), out->mutable_base());
      for (const std::string& step : payload.steps()) out->add_steps(step);
      return;
    case Payload::Form::kList:
      auto* items = out->mutable_list()->mutable_items();
      items->Reserve(static_cast<int>(payload.items().size()));
      for (const Payload& item : payload.items()) Write(item, items->Add());
      return;
  }
}

Payload PayloadReader::Read(const v1::Payload& stored) {
  if (stored.ref() != 0) {
    auto found = brought_.find(
        {static_cast<int64_t>(Distance(next_event_, stored.ref())), static_cast<PayloadField>(stored.field())});
    ok_ &= found != brought_.end();
    return ok_ ? found->second : Payload();
  }
  if (stored.has_base()) {
    Payload base = Read(stored.base());
    std::vector<std::string> steps(stored.steps().begin(), stored.steps().end());
    if (!stored.has_inserted()) return Payload::At(std::move(base), std::move(steps));
    return Payload::Insert(std::move(base), std::move(steps), Read(stored.inserted()));
  }
  if (stored.has_list()) {
    std::vector<Payload> items;
    items.reserve(static_cast<size_t>(stored.list().items_size()));
    for (const v1::Payload& item : stored.list().items()) items.push_back(Read(item));
    return Payload::List(std::move(items));
  }
  return stored.text().empty() ? Payload() : Payload::FromText(stored.text());
}

void PayloadReader::Bring(int64_t event, PayloadField field, const Payload& payload) {
  // Nothing refers to what is a reference itself: Payload::Ref passes it on.
  if (event == 0 || payload.form() == Payload::Form::kRef) return;
  brought_.insert_or_assign({event, field}, Payload::Ref(base::EventId(event), field, payload));
}

}  // namespace pawl::history
