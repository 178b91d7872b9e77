# Planted defects (planted.cmake) that the simulations of limits have to find, that of a cluster those whose names begin
# with "cluster_". They build in seconds, so a tree has them all.
function(planted_limits_defect name source from to)
  plant(${name} ${source} "${from}" "${to}")
  if(NOT is_planted OR PAWL_PLANTED STREQUAL "OFF")
    return()
  elseif(name MATCHES "^cluster_")
    build_planted(${name} cluster_limits_simulation pawl_cluster_simulation)
  else()
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
# ---- several nodes
planted_limits_defect(cluster_limits_old_owner_heard scheduler/dispatch/permits.cc
                      "if (std::tie(ask.epoch, ask.number) <= std::tie(row.epoch, row.number)) return false;" ";")
planted_limits_defect(cluster_limits_running_forgotten_on_take_over scheduler/partition/limits.cc
                      "if (found != entities_.end()) CountTasks(*found->second);" "(void)found;")
planted_limits_defect(cluster_limits_permit_back_when_decided scheduler/partition/engine.cc
                      "const bool is_start_task = std::holds_alternative<core::StartTask>(mail.command);"
                      "const bool is_start_task = std::holds_alternative<core::StartTask>(mail.command);
  if (auto* complete = std::get_if<core::CompleteTask>(&mail.command)) limiter_.End(complete->task);")
planted_limits_defect(cluster_limits_surplus_relied_on scheduler/dispatch/limiter.cc
                      "      share.held = share.granted;
      share.stored.reset();" "      share.stored.reset();")
planted_limits_defect(cluster_limits_untaken_task_forgotten scheduler/dispatch/limiter.cc
                      "share.held = std::min(share.held, share.granted);
  AskAfter(milliseconds(0));" "share.held = std::min(share.held, share.granted);")
planted_limits_defect(cluster_limits_lowered_limit_not_heeded scheduler/dispatch/permits.cc
                      "bool is_contended = free < 0;" "bool is_contended = false;")
planted_limits_defect(cluster_limits_bucket_overflows scheduler/dispatch/permits.cc
                      "std::min(most, bucket.level + passed * rate + ask.returned)"
                      "bucket.level + passed * rate + ask.returned")
