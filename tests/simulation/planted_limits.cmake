# Planted defects (planted.cmake) that the simulation of limits has to find. They build in seconds, so a tree has them
# all.
function(planted_limits_defect name source from to)
  plant(${name} ${source} "${from}" "${to}")
  if(is_planted AND NOT PAWL_PLANTED STREQUAL "OFF")
    build_planted(${name} limits_simulation pawl_simulation pawl_history_memory)
  endif()
endfunction()

planted_limits_defect(limits_old_owner_heard scheduler/dispatch/permits.cc
                      "if (std::tie(ask.epoch, ask.number) <= std::tie(row.epoch, row.number)) return false;" ";")
planted_limits_defect(limits_running_forgotten_on_take_over scheduler/partition/limits.cc
                      "if (found != entities_.end()) CountTasks(*found->second);" "(void)found;")
planted_limits_defect(limits_permit_never_back scheduler/partition/engine.cc
                      "if (release.answered) limiter_.End(*release.answered);" "")
planted_limits_defect(limits_surplus_relied_on scheduler/dispatch/limiter.cc
                      "      share.held = share.granted;
      share.stored.reset();" "      share.stored.reset();")
