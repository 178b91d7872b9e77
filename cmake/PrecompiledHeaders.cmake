# Headers that many sources read, compiled once for all of them. Where PAWL_PRECOMPILED_HEADERS is on: release and the
# sanitizers, whose compilation is the largest part of CI. Sources still name what they use: the preset `dev`, which
# precompiles nothing, would not compile otherwise.
#
# Which headers a target gets depends on its folder, because headers that a source does not read are not free (with gRPC,
# CLI11 or Asio in the common ones every source took four seconds longer, for what they put into each object):
#
#   common    everywhere
#   engine    history/, scheduler/ and tests/: the vocabulary of events, whose variants cost every source a second
#   rpc       scheduler/api/grpc: the engine's, and gRPC
#   command   scheduler/ctl: CLI11
#
#   pawl_precompile(TARGET library|test)
option(PAWL_PRECOMPILED_HEADERS "Precompile common headers (clang)" OFF)

set(PAWL_HEADERS_common
  <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <sstream> <string> <string_view> <unordered_map>
  <utility> <variant> <vector> <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/strings/str_join.h> <nlohmann/json.hpp>
)
set(PAWL_HEADERS_engine ${PAWL_HEADERS_common}
  <shared/base/clock.h> <shared/base/random.h> <shared/json/value.h> <history/event/event.h> <history/state/state.h>
  <history/log/event_log.h> <scheduler/core/decide.h>
)
set(PAWL_HEADERS_rpc ${PAWL_HEADERS_engine} <grpcpp/generic/async_generic_service.h> <grpcpp/grpcpp.h>
    <grpcpp/support/server_callback.h>)
set(PAWL_HEADERS_command ${PAWL_HEADERS_common} <CLI/CLI.hpp>)

set(PAWL_DEPS_common absl::flat_hash_map absl::statusor absl::strings nlohmann_json::nlohmann_json)
set(PAWL_DEPS_rpc gRPC::grpc++)
set(PAWL_DEPS_command CLI11::CLI11)

# Sets `result` to the group of the current folder.
function(pawl_header_group result)
  file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(group common)
  if(folder MATCHES "^scheduler/api/grpc")
    set(group rpc)
  elseif(folder MATCHES "^scheduler/ctl")
    set(group command)
  elseif(NOT folder MATCHES "^scheduler/asl" AND folder MATCHES "^(history|scheduler|tests)/")
    set(group engine)
  endif()
  set(${result} ${group} PARENT_SCOPE)
endfunction()

if(PAWL_PRECOMPILED_HEADERS)
  # RE2 alone asks for -pthread, which a precompiled header must have been compiled with too. Threads::Threads links
  # what is needed, and that is in every target.
  foreach(target PkgConfig::RE2 re2::re2)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES INTERFACE_COMPILE_OPTIONS "")
    endif()
  endforeach()
endif()

function(pawl_precompile target kind)
  if(NOT PAWL_PRECOMPILED_HEADERS)
    return()
  endif()
  pawl_header_group(group)
  set(headers pawl_${kind}_headers_${group})
  # The first target of a group brings its headers.
  if(NOT TARGET ${headers})
    file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${headers}.cc CONTENT "")
    add_library(${headers} STATIC ${CMAKE_BINARY_DIR}/${headers}.cc)
    target_link_libraries(${headers} PRIVATE pawl_options ${PAWL_DEPS_common} ${PAWL_DEPS_${group}})
    if(kind STREQUAL "test")
      target_link_libraries(${headers} PRIVATE GTest::gmock)
      target_precompile_headers(${headers} PRIVATE ${PAWL_HEADERS_${group}} <gmock/gmock.h> <gtest/gtest.h>)
    else()
      target_precompile_headers(${headers} PRIVATE ${PAWL_HEADERS_${group}})
    endif()
    # Without a time inside, the same headers give the same file, and ccache knows what was compiled with it.
    target_compile_options(${headers} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
  target_precompile_headers(${target} REUSE_FROM ${headers})
  target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endfunction()
