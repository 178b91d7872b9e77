# A simulator is worth what it finds. A planted defect is one edit of one source of the engine, made on a copy at
# configure time, so that the engine itself carries no flags: the copy is compiled in place of the library's object, and
# the swarm has to find it within 500 seeds. An edit whose text is not found any more, or is found twice, is a failing
# test, not a skipped one.
#
#   plant(NAME SOURCE "text in the source" "what takes its place")
#   build_planted(NAME SIMULATION LIBRARY...)
#
# plant() writes the copy and sets `is_planted` for the caller; build_planted() makes a test of it, with the tests of
# SIMULATION (an object library SIMULATION_test_main) and the libraries that they stand on.
function(plant name source from to)
  set(is_planted OFF PARENT_SCOPE)
  file(READ ${CMAKE_SOURCE_DIR}/${source} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${source})
  string(FIND "${text}" "${from}" place)
  string(FIND "${text}" "${from}" last REVERSE)
  if(place EQUAL -1 OR NOT place EQUAL last)
    message(STATUS "planted defect ${name}: its text stands not exactly once in ${source}")
    add_test(NAME planted_${name} COMMAND ${CMAKE_COMMAND} -E false)
    return()
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  file(CONFIGURE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/planted/${name}.cc CONTENT "${text}" @ONLY)
  set(is_planted ON PARENT_SCOPE)
endfunction()

function(build_planted name simulation)
  add_executable(planted_${name} ${CMAKE_CURRENT_BINARY_DIR}/planted/${name}.cc
                                 $<TARGET_OBJECTS:${simulation}_test_main>)
  pawl_precompile(planted_${name} library)
  # An edit may leave something unused.
  target_compile_options(planted_${name} PRIVATE -w)
  target_link_libraries(planted_${name} PRIVATE pawl_options ${ARGN} OpenSSL::Crypto GTest::gmock GTest::gtest_main)
  if(TARGET unit_tests)
    add_dependencies(unit_tests planted_${name})
  endif()
  # That it fails, by a finding or by a broken invariant, is the success. No record of the failing cases.
  add_test(NAME planted_${name}
           COMMAND sh -c "! $<TARGET_FILE:planted_${name}> --gtest_filter=*KeepsEveryPromise 2>&1")
  set_tests_properties(planted_${name} PROPERTIES
                       ENVIRONMENT "SIM_FROM=1;SIM_RUNS=500;SIM_PLANTED=1;GTEST_OUTPUT=" TIMEOUT 300)
endfunction()
