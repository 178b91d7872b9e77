// Payloads in their stored form. Internal to history/codec.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "history/event/payload.h"
#include "proto/history/v1/history.pb.h"

namespace pawl::history {

class PayloadWriter {
 public:
  // `on_reference` sees each reference before it is written.
  explicit PayloadWriter(std::function<void(const Payload&)> on_reference = nullptr)
      : on_reference_(std::move(on_reference)) {}

  // References are written as distances from this id: the event's own, or the next one to come. 0: not known (a
  // decision of internal events alone); references are written as ids.
  void SetNextEvent(int64_t next_event) { next_event_ = next_event; }
  void Write(const Payload& payload, v1::Payload* out) const;

 private:
  std::function<void(const Payload&)> on_reference_;
  int64_t next_event_ = 1;
};

// What references stand for, by event and field: payloads that are references.
using BroughtPayloads = std::map<std::pair<int64_t, PayloadField>, Payload>;

class PayloadReader {
 public:
  explicit PayloadReader(BroughtPayloads& brought) : brought_(brought) {}

  void SetNextEvent(int64_t next_event) { next_event_ = next_event; }
  Payload Read(const v1::Payload& stored);
  // Event `event` brought `payload` as `field`; references to it can be read from now on.
  void Bring(int64_t event, PayloadField field, const Payload& payload);
  // False once a reference was to something that no event brought.
  bool ok() const { return ok_; }

 private:
  BroughtPayloads& brought_;
  int64_t next_event_ = 1;
  bool ok_ = true;
};

}  // namespace pawl::history
