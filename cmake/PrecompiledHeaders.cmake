# Headers that nearly every source reads, compiled once for all libraries and once for all tests. Where
# PAWL_PRECOMPILED_HEADERS is on: release and the sanitizers, whose compilation is the largest part of CI. Sources still
# name what they use: the preset `dev`, which precompiles nothing, would not compile otherwise. The list is short on
# purpose: with gRPC, CLI11 or Asio in it every source took four seconds longer, for what they put into each object.
#
#   pawl_precompile(TARGET headers)    HEADERS is pawl_library_headers or pawl_test_headers
option(PAWL_PRECOMPILED_HEADERS "Precompile common headers (clang)" OFF)

set(PAWL_COMMON_HEADERS
  <algorithm> <chrono> <functional> <map> <memory> <optional> <set> <sstream> <string> <string_view> <unordered_map>
  <utility> <variant> <vector> <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
  <absl/strings/str_join.h> <nlohmann/json.hpp>
)

function(pawl_add_precompiled_headers name)
  cmake_parse_arguments(ARG "" "" "HEADERS;DEPS" ${ARGN})
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${name}.cc CONTENT "")
  add_library(${name} STATIC ${CMAKE_BINARY_DIR}/${name}.cc)
  target_link_libraries(${name} PRIVATE pawl_options ${ARG_DEPS})
  target_precompile_headers(${name} PRIVATE ${ARG_HEADERS})
  # Without a time inside, the same headers give the same file, and ccache knows what was compiled with it.
  target_compile_options(${name} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
endfunction()

if(PAWL_PRECOMPILED_HEADERS)
  # RE2 alone asks for -pthread, which a precompiled header must have been compiled with too. Threads::Threads links
  # what is needed, and that is in every target.
  foreach(target PkgConfig::RE2 re2::re2)
    if(TARGET ${target})
      set_target_properties(${target} PROPERTIES INTERFACE_COMPILE_OPTIONS "")
    endif()
  endforeach()
  pawl_add_precompiled_headers(pawl_library_headers HEADERS ${PAWL_COMMON_HEADERS}
                               DEPS absl::flat_hash_map absl::statusor absl::strings nlohmann_json::nlohmann_json)
  if(PAWL_FUZZERS)
    target_compile_options(pawl_library_headers PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  pawl_add_precompiled_headers(pawl_test_headers HEADERS ${PAWL_COMMON_HEADERS} <gmock/gmock.h> <gtest/gtest.h>
                               DEPS absl::flat_hash_map absl::statusor absl::strings nlohmann_json::nlohmann_json GTest::gmock)
endif()

function(pawl_precompile target headers)
  if(PAWL_PRECOMPILED_HEADERS)
    target_precompile_headers(${target} REUSE_FROM ${headers})
    target_compile_options(${target} PRIVATE "SHELL:-Xclang -fno-pch-timestamp")
  endif()
endfunction()
