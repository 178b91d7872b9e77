-- Executions that only wait: what recovery needs to leave them in the log until something comes for them. `wake_at` is
-- null where it is not parked; the others are then of no meaning. Written by history/postgres.
alter table pawl.open_executions
  add column wake_at      bigint,  -- milliseconds since the Unix epoch, never later than it must be looked at
  add column name_key     uuid,
  add column input_digest uuid,
  add column started_at   bigint;
