# The planted defects (planted.cmake) that the simulation of a cluster has to find, whose names begin with "cluster_", and
# those that the simulation of an engine has to find.
#
# Building and running all of them takes minutes, so a build tree has five, three of an engine and two of a cluster, other
# ones each day, which is what a run of CI tries. PAWL_PLANTED=all has them all, PAWL_PLANTED=NAME;NAME those, PAWL_PLANTED=OFF none.
set(PAWL_PLANTED "five" CACHE STRING "planted defects to build: five (by the day), all, names, or OFF")

function(planted_defect name source from to)
  plant(${name} ${source} "${from}" "${to}")
  if(is_planted)
    set_property(DIRECTORY APPEND PROPERTY PLANTED_READY ${name})
  endif()
endfunction()

# Puts `count` of the names into `chosen`.
function(choose_by_day day count names)
  list(LENGTH names length)
  math(EXPR first "(1${day} - 1000) * ${count}")
  math(EXPR last "${first} + ${count} - 1")
  foreach(step RANGE ${first} ${last})
    math(EXPR place "${step} % ${length}")
    list(GET names ${place} one)
    list(APPEND chosen ${one})
  endforeach()
  set(chosen ${chosen} PARENT_SCOPE)
endfunction()

# ---- taking over
planted_defect(wait_forgotten_on_take_over scheduler/core/decide.cc
               "owed.push_back(ArmTimer{id, TimerKind::kWait, wait->until})" "(void)wait")
planted_defect(backoff_forgotten_on_take_over scheduler/core/decide.cc
               "owed.push_back(ArmTimer{id, TimerKind::kBackoff, backoff->due})" "(void)backoff")
planted_defect(offer_forgotten_on_take_over scheduler/core/decide.cc "owed.push_back(OfferTask{ref, task->task.queue})"
               "(void)ref")
planted_defect(holder_forgotten_on_take_over scheduler/core/decide.cc
               "IsWithTokenHolder(*task) ? std::string() : task->session" "std::string()")
planted_defect(timeout_forgotten_on_take_over scheduler/core/decide.cc "if (task->task.timeout_seconds) {" "if (false) {")
planted_defect(unbegun_state_forgotten_on_take_over scheduler/core/decide.cc "owed.push_back(ContinueLater{id})"
               "(void)id")
# ---- attempts
planted_defect(old_attempt_accepted scheduler/core/decide.cc " || waiting->attempt != ref.attempt" "")
planted_defect(lost_attempt_not_offered_again scheduler/core/decide.cc "decider.PlaceTask(frame);" "(void)frame;")
planted_defect(lost_attempt_keeps_its_number scheduler/core/decide.cc "TaskAttemptLost{waiting->attempt + 1}"
               "TaskAttemptLost{waiting->attempt}")
planted_defect(not_restartable_runs_again scheduler/core/decide.cc "if (!command.lost || waiting->restartable) {"
               "if (true) {")
planted_defect(early_timer_believed scheduler/core/decide.cc "if (*due > decider.now()) {" "if (false) {")
planted_defect(retries_not_counted history/state/apply.cc "++frame.retries[e.retrier];" "")
planted_defect(branches_joined_in_the_order_of_their_ends history/state/apply.cc
               "waiting->results[branch.index] = e.output;"
               "waiting->results[waiting->results.size() - waiting->open] = e.output;")
# ---- sessions and polls
planted_defect(lost_session_keeps_its_tasks scheduler/dispatch/sessions.cc
               "list.insert(list.end(), held.begin(), held.end());" "")
planted_defect(lost_hand_out_not_missed scheduler/dispatch/sessions.cc "missing.push_back(task);" ";")
planted_defect(awaited_for_ever scheduler/dispatch/sessions.cc "awaited_.Set(task, now + settings_.session);" ";")
planted_defect(slot_given_twice scheduler/dispatch/dispatcher.cc
               "WaitingPoll& waiting = found->second;
  --waiting.poll.slots;" "WaitingPoll& waiting = found->second;")
# ---- telling early
planted_defect(refusal_told_before_commit scheduler/partition/engine.cc
               "AnswerWithout(std::move(mail), *partition, std::move(decision.refusal))"
               "mail.reply(decision.refusal)")
planted_defect(start_told_before_commit scheduler/partition/starts.cc "if (known->second.until_durable == nullptr) {"
               "if (true) {")
planted_defect(effects_released_before_commit scheduler/partition/engine.cc
               "is_start_task, HandOutOf(mail.command), state.revision});"
               "is_start_task, HandOutOf(mail.command), state.revision});
  ReleaseOne(deciding_->releases.back());
  deciding_->releases.pop_back();")
planted_defect(stale_owner_speaks scheduler/partition/engine.cc "if (!HasLease(partition)) {" "if (false) {")
planted_defect(uncommitted_end_told_to_heartbeats scheduler/partition/effects.cc
               "return ends_it(at_log_) || ends_it(deciding_.get());" "return ends_it(nullptr);")
# ---- parking
planted_defect(parked_after_the_first_slice_stay scheduler/partition/park.cc "has_undecided_reading_ = false;" ";")
# ---- the log's answers
planted_defect(unknown_taken_for_committed scheduler/partition/engine.cc
               "if (result.code == history::AppendCode::kUnknown) {" "if (false) {")
planted_defect(refused_taken_for_committed scheduler/partition/engine.cc "if (is_refused) {" "if (false) {")
planted_defect(refused_partition_kept scheduler/partition/engine.cc "lost.push_back(refused);" ";")
planted_defect(sequence_not_advanced scheduler/partition/engine.cc
               "partition->next_sequence = partition->next_sequence.next();" "")
planted_defect(fence_skipped history/memory/memory_store.cc
               "found->second.epoch == batch.epoch && found->second.holder == connection" "true")
planted_defect(name_not_looked_up scheduler/partition/starts.cc
               "if (!request.name_is_given || names_.contains(key)) {" "if (true) {")
# ---- several nodes: slots lent and tasks watched for each other
planted_defect(cluster_lends_once scheduler/cluster/relay.cc "wanted.lending = false;" ";")
planted_defect(cluster_lend_settled_too_early scheduler/cluster/relay.cc
               "request.settled = *peer.lends_under_way.begin() - 1;" ";")
planted_defect(cluster_hand_out_lost_too_early scheduler/cluster/relay.cc "if (number <= request.settled) lost" "lost")
planted_defect(cluster_lost_hand_out_forgotten scheduler/cluster/relay.cc
               "parts_.router.Submit(core::ReleaseTask{task, false}, [](const absl::Status&) {});" ";")
planted_defect(cluster_unused_slots_not_returned scheduler/cluster/relay.cc "dispatcher.ReturnClaim(claim.id);"
               "(void)claim;")
planted_defect(cluster_watcher_not_heard scheduler/cluster/relay.cc
               "} else if (!engine.sessions().Entrust(watcher, task, now)) {" "} else if (false) {")
planted_defect(cluster_tasks_of_silent_watcher_forgotten scheduler/partition/effects.cc
               "sessions_.Await(waiting->session, task, now, Seconds(waiting->task.heartbeat_seconds));" ";")
planted_defect(cluster_heartbeat_not_passed_on scheduler/cluster/router.cc "PassBeatOn(ref);" "")
# ---- several nodes: who owns what, by which clock
planted_defect(cluster_timeouts_after_a_jump scheduler/partition/effects.cc "if (IsPaused(key.kind, now)) {" "if (false) {")
planted_defect(cluster_node_keeps_too_much scheduler/cluster/spread.cc "while (wanted.size() > share)" "while (false)")
planted_defect(cluster_own_lease_not_taken_up scheduler/cluster/spread.cc
               "wanted.insert(unheld.begin(), unheld.end());" ";")

get_property(all_planted DIRECTORY PROPERTY PLANTED_READY)
if(PAWL_PLANTED STREQUAL "all")
  set(chosen ${all_planted})
elseif(PAWL_PLANTED STREQUAL "five")
  # The day of the year turns the lists.
  string(TIMESTAMP day "%j")
  set(of_cluster ${all_planted})
  list(FILTER of_cluster INCLUDE REGEX "^cluster_")
  set(of_engine ${all_planted})
  list(FILTER of_engine EXCLUDE REGEX "^cluster_")
  choose_by_day(${day} 3 "${of_engine}")
  choose_by_day(${day} 2 "${of_cluster}")
elseif(PAWL_PLANTED)
  set(chosen ${PAWL_PLANTED})
endif()
foreach(one IN LISTS chosen)
  if(one MATCHES "^cluster_")
    build_planted(${one} cluster_simulation pawl_cluster_simulation)
  else()
    build_planted(${one} simulation pawl_simulation)
  endif()
endforeach()
