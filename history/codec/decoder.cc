#include <variant>

#include "absl/status/status.h"
#include "history/codec/body_form.h"
#include "history/codec/codec.h"

namespace pawl::history {
namespace {

absl::Status Lost(const std::string& what) { return absl::DataLossError("stored decision: " + what); }

// The payloads of an event that later ones may refer to; the counterpart of what Apply brings into the state.
class Bringer {
 public:
  Bringer(PayloadReader& payloads, int64_t event) : payloads_(payloads), event_(event) {}

  void operator()(const ExecutionStarted& e) { Bring(e.input); }
  void operator()(const ExecutionSucceeded& e) { Bring(e.output); }
  void operator()(const StateEntered& e) { Bring(e.input); }
  void operator()(const StateExited& e) {
    Bring(e.output);
    for (size_t i = 0; i < e.assigned.size(); ++i) {
      payloads_.Bring(event_, static_cast<PayloadField>(i + 1), e.assigned[i].value);
    }
  }
  void operator()(const TaskScheduled& e) { Bring(e.input); }
  void operator()(const TaskSubmitted& e) { Bring(e.output); }
  void operator()(const TaskSucceeded& e) { Bring(e.output); }
  void operator()(const ParallelStarted& e) { Bring(e.input); }
  void operator()(const MapStarted& e) { Bring(e.items); }
  void operator()(const MapIterationSucceeded& e) { Bring(e.output); }
  void operator()(const BranchSucceeded& e) { Bring(e.output); }
  template <typename WithoutPayload>
  void operator()(const WithoutPayload&) {}

 private:
  void Bring(const Payload& payload) { payloads_.Bring(event_, 0, payload); }
  PayloadReader& payloads_;
  int64_t event_;
};

}  // namespace

absl::StatusOr<std::vector<Event>> Decoder::DecodeDecision(std::string_view bytes) {
  v1::Decision stored;
  if (!stored.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Lost("expected a row of the log, but " + std::to_string(bytes.size()) + " bytes do not parse as one");
  }
  PayloadReader payloads(payloads_);
  NameReader names(names_);
  names.ReadNew(stored);
  if (!names.ok()) return Lost("a name shares the beginning of one that is not in the dictionary");
  std::vector<Event> events;
  events.reserve(static_cast<size_t>(stored.events_size()));
  auto next_event = static_cast<int64_t>(stored.first_event());
  int64_t at = stored.at();
  int64_t frame = 1;
  for (const v1::Event& from : stored.events()) {
    Event& event = events.emplace_back();
    at += static_cast<int64_t>(from.later());
    event.at = AtMilliseconds(at);
    if (from.frame() != 0) frame = static_cast<int64_t>(from.frame()) - 1;
    event.frame = base::FrameId(frame);
    payloads.SetNextEvent(next_event);
    if (from.internal()) {
      event.previous = base::EventId(static_cast<int64_t>(from.link()));
    } else {
      event.id = base::EventId(next_event);
      event.previous = base::EventId(next_event - 1 - static_cast<int64_t>(from.link()));
      ++next_event;
    }
    std::string which = "event " + std::to_string(events.size()) + " of " + std::to_string(stored.events_size());
    if (!ReadEventBody(from, event.at, payloads, names, event.body)) {
      return Lost(which + " is of a kind that this release does not know");
    }
    if (!payloads.ok()) return Lost(which + " refers to a payload that no event before it brought");
    if (!names.ok()) return Lost(which + " names an entry beyond the dictionary");
    std::visit(Bringer(payloads, event.id.value()), event.body);
  }
  return events;
}

}  // namespace pawl::history
