# A simulator is worth what it finds. Each planted defect is one edit of one source of the engine, made on a copy at
# configure time, so that the engine itself carries no flags: the copy is compiled in place of the library's object, and
# the swarm has to find it within 500 seeds. An edit whose text is not found any more is a failing test, not a skipped
# one.
#
#   planted_defect(NAME SOURCE "text in the source" "what takes its place")

function(planted_defect name source from to)
  file(READ ${CMAKE_SOURCE_DIR}/${source} text)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${source})
  string(FIND "${text}" "${from}" place)
  if(place EQUAL -1)
    add_test(NAME planted_${name} COMMAND ${CMAKE_COMMAND} -E false)
    return()
  endif()
  string(REPLACE "${from}" "${to}" text "${text}")
  set(copy ${CMAKE_CURRENT_BINARY_DIR}/planted/${name}.cc)
  file(CONFIGURE OUTPUT ${copy} CONTENT "${text}" @ONLY)
  add_executable(planted_${name} ${copy} $<TARGET_OBJECTS:simulation_test_main>)
  # An edit may leave something unused.
  target_compile_options(planted_${name} PRIVATE -w)
  target_link_libraries(planted_${name} PRIVATE pawl_options pawl_simulation GTest::gmock GTest::gtest_main)
  if(TARGET unit_tests)
    add_dependencies(unit_tests planted_${name})
  endif()
  add_test(NAME planted_${name} COMMAND planted_${name} --gtest_filter=*KeepsEveryPromise)
  # No record of the failing cases: that they fail is the success.
  set_tests_properties(planted_${name} PROPERTIES ENVIRONMENT "SIM_FROM=1;SIM_RUNS=500;GTEST_OUTPUT=" TIMEOUT 300 WILL_FAIL TRUE)
endfunction()

planted_defect(old_attempt_accepted scheduler/core/decide.cc " || waiting->attempt != ref.attempt" "")
planted_defect(wait_forgotten_on_take_over scheduler/core/decide.cc
               "owed.push_back(ArmTimer{id, TimerKind::kWait, wait->until})" "(void)wait")
planted_defect(offer_forgotten_on_take_over scheduler/core/decide.cc "owed.push_back(OfferTask{ref, task->task.queue})"
               "(void)ref")
planted_defect(refusal_told_before_commit scheduler/partition/engine.cc
               "AnswerWithout(std::move(mail), *partition, std::move(decision.refusal))"
               "mail.reply(decision.refusal)")
planted_defect(start_told_before_commit scheduler/partition/starts.cc "if (known->second.until_durable == nullptr) {"
               "if (true) {")
