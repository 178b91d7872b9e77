// Bodies that stand both in events and in snapshots. Internal to history/codec.
#pragma once

#include "history/codec/name_form.h"
#include "history/codec/payload_form.h"
#include "history/event/event.h"
#include "proto/history/v1/history.pb.h"

namespace pawl::history {

// encode.cc
void WriteBody(const ExecutionStarted& from, const PayloadWriter& payloads, v1::ExecutionStarted* to);
void WriteBody(const TaskScheduled& from, const PayloadWriter& payloads, NameWriter& names, v1::TaskScheduled* to);
void WriteBody(const MapStarted& from, const PayloadWriter& payloads, v1::MapStarted* to);

// decode.cc. Numbers that are no enumerator give false.
void ReadBody(const v1::ExecutionStarted& from, PayloadReader& payloads, ExecutionStarted& to);
bool ReadBody(const v1::TaskScheduled& from, PayloadReader& payloads, NameReader& names, TaskScheduled& to);
void ReadBody(const v1::MapStarted& from, PayloadReader& payloads, MapStarted& to);
bool ReadKind(uint32_t from, StateKind& to);
bool ReadFamily(uint32_t from, TaskFamily& to);

// One event's body; false where the bytes are of no kind this release knows.
bool ReadEventBody(const v1::Event& from, base::WallTime at, PayloadReader& payloads, NameReader& names, EventBody& to);

inline int64_t Milliseconds(base::WallTime time) { return time.time_since_epoch().count(); }
inline base::WallTime AtMilliseconds(int64_t ms) { return base::WallTime(std::chrono::milliseconds(ms)); }

}  // namespace pawl::history
