# Planted defects (planted_defects.cmake) that the simulation of limits has to find: each is an edit of a copy of one
# source, and a failing test where its text is not found exactly once. They build in seconds, so a tree has them all.
function(planted_limits_defect name source from to)
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
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/planted/${name}.cc)
  file(CONFIGURE OUTPUT ${copy} CONTENT "${text}" @ONLY)
  if(PAWL_PLANTED STREQUAL "OFF")
    return()
  endif()
  add_executable(planted_${name} ${copy} $<TARGET_OBJECTS:limits_simulation_test_main>)
  target_compile_options(planted_${name} PRIVATE -w)
  target_link_libraries(planted_${name} PRIVATE pawl_options pawl_simulation pawl_history_memory OpenSSL::Crypto
                                                GTest::gmock GTest::gtest_main)
  if(TARGET unit_tests)
    add_dependencies(unit_tests planted_${name})
  endif()
  add_test(NAME planted_${name} COMMAND sh -c "! $<TARGET_FILE:planted_${name}> --gtest_filter=*KeepsEveryPromise 2>&1")
  set_tests_properties(planted_${name} PROPERTIES
                       ENVIRONMENT "SIM_FROM=1;SIM_RUNS=500;SIM_PLANTED=1;GTEST_OUTPUT=" TIMEOUT 300)
endfunction()

planted_limits_defect(limits_old_owner_heard scheduler/dispatch/permits.cc
                      "if (std::tie(ask.epoch, ask.number) <= std::tie(row.epoch, row.number)) return false;" ";")
planted_limits_defect(limits_running_forgotten_on_take_over scheduler/partition/limits.cc
                      "if (found != entities_.end()) CountTasks(*found->second);" "(void)found;")
planted_limits_defect(limits_permit_never_back scheduler/partition/engine.cc
                      "if (release.answered && limiter_.HasLimits()) limiter_.End(*release.answered);" "")
planted_limits_defect(limits_surplus_relied_on scheduler/dispatch/limiter.cc
                      "      share.held = share.granted;
      share.stored.reset();" "      share.stored.reset();")
