-- How much of what is scarce a state machine or a queue gets beside others; those without a row have weight 1. Written by
-- `pawl admin weight`, read by every scheduler every few seconds.
create table pawl.weights (
  flow       text primary key,  -- "machine:ACCOUNT:REGION:NAME" or "queue:HANDLER"
  weight     integer not null check (weight between 1 and 100),
  updated_at timestamptz not null default now()
);
