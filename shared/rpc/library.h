// What the libraries under gRPC are told once in a process. Internal to shared/rpc.
#pragma once

namespace pawl::rpc {

// Before the first channel or server. Idempotent; from any thread.
void PrepareLibrary();

}  // namespace pawl::rpc
