# Two functions that every CMakeLists.txt of the project uses, so that a target names only its sources and its direct
# dependencies.
#
#   pawl_library(NAME SOURCES a.cc b.cc DEPS pawl_base absl::status)
#   pawl_test(NAME SOURCES a_test.cc DEPS pawl_json)      a GoogleTest binary, registered with ctest by its file name
#
# Three targets gather the executables of the tree by purpose: `binaries` (what is run: services, workers, benchmarks),
# `unit_tests` (GoogleTest) and `fuzzers`. `all` is the three together.

find_package(Threads REQUIRED)
find_package(absl CONFIG REQUIRED)
find_package(nlohmann_json CONFIG REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(GTest CONFIG REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
find_package(Protobuf REQUIRED)
if(NOT PAWL_CORE_ONLY)
  find_package(gRPC CONFIG REQUIRED)
  find_package(prometheus-cpp CONFIG REQUIRED)
  find_package(PostgreSQL REQUIRED)
  pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
  find_package(Boost 1.81 REQUIRED)
  find_package(CURL REQUIRED)
  find_package(spdlog CONFIG REQUIRED)
  find_package(CLI11 CONFIG REQUIRED)
  find_program(GRPC_CPP_PLUGIN grpc_cpp_plugin REQUIRED)
endif()

add_library(pawl_options INTERFACE)
target_include_directories(pawl_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(pawl_options INTERFACE -Wall -Wextra -Wpedantic -Werror -Wno-missing-field-initializers
                       -fno-omit-frame-pointer)
target_link_libraries(pawl_options INTERFACE Threads::Threads)
if(PAWL_SANITIZER_IGNORES)
  # Relative, so that clones and build folders share compiled objects; under this of clang's two names for the option
  # ccache reads the file too.
  file(RELATIVE_PATH ignores ${CMAKE_BINARY_DIR} ${CMAKE_SOURCE_DIR}/${PAWL_SANITIZER_IGNORES})
  target_compile_options(pawl_options INTERFACE -fsanitize-blacklist=${ignores})
endif()

include(PrecompiledHeaders)

# The libraries that fuzz targets reach, whose coverage guides them: what -fsanitize=fuzzer-no-link adds, which cannot be
# said by its name because the precompiled headers are common to all libraries.
set(PAWL_FUZZED "^pawl_(json|jsonpath|jsonata|intrinsics|asl_.*|api_aws|net)$")
set(PAWL_FUZZER_COVERAGE -fsanitize-coverage=inline-8bit-counters,indirect-calls,trace-cmp,pc-table,stack-depth)

add_custom_target(unit_tests)
add_custom_target(fuzzers)

function(pawl_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(${name} STATIC ${ARG_SOURCES})
    target_link_libraries(${name} PUBLIC pawl_options ${ARG_DEPS})
    pawl_precompile(${name} library)
    if(PAWL_FUZZERS AND name MATCHES "${PAWL_FUZZED}")
      target_compile_options(${name} PRIVATE ${PAWL_FUZZER_COVERAGE})
    endif()
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE pawl_options ${ARG_DEPS})
  endif()
endfunction()

# Begun first, so that no core waits for one of them at the end.
set(PAWL_LONG_TESTS event_log_contract_test ctl_test dev_test cluster_simulation_test jsonata_suite limits_simulation_test
                    cluster_limits_simulation_test small_worlds_test mutated_workflows_test)

function(pawl_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE pawl_options ${ARG_DEPS} GTest::gmock GTest::gtest_main)
  pawl_precompile(${name} test)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  if(name IN_LIST PAWL_LONG_TESTS)
    set_tests_properties(${name} PROPERTIES COST 100)
  endif()
  add_dependencies(unit_tests ${name})
endfunction()

# A libFuzzer target; built only with -DPAWL_FUZZERS=ON (clang).
function(pawl_fuzzer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  if(PAWL_FUZZERS)
    add_executable(${name} ${ARG_SOURCES})
    target_link_libraries(${name} PRIVATE pawl_options ${ARG_DEPS})
    target_compile_options(${name} PRIVATE -fsanitize=fuzzer)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
  endif()
endfunction()

# Makes the target `binaries` of all executables below `folder` that neither test nor fuzz. Called once, at the end.
function(pawl_gather_binaries folder)
  if(NOT TARGET binaries)
    add_custom_target(binaries)
  endif()
  get_property(targets DIRECTORY ${folder} PROPERTY BUILDSYSTEM_TARGETS)
  get_target_property(tests unit_tests MANUALLY_ADDED_DEPENDENCIES)
  get_target_property(fuzz_targets fuzzers MANUALLY_ADDED_DEPENDENCIES)
  foreach(target IN LISTS targets)
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE" AND NOT target IN_LIST tests AND NOT target IN_LIST fuzz_targets)
      add_dependencies(binaries ${target})
    endif()
  endforeach()
  get_property(children DIRECTORY ${folder} PROPERTY SUBDIRECTORIES)
  foreach(child IN LISTS children)
    pawl_gather_binaries(${child})
  endforeach()
endfunction()
