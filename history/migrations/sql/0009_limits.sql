-- How many tasks of a key may run at once, and begin in a second. Written by `pawl admin limit`, read by every scheduler
-- every few seconds; the tokens of the rate are taken here. Of several servers the first one has the rows.
create table pawl.limits (
  key         text primary key,
  handlers    text[] not null,           -- whose tasks are of this key; a handler is under one key at most
  concurrency integer check (concurrency > 0),
  rate        double precision check (rate > 0),
  tokens      double precision not null default 1,
  filled_at   timestamptz not null default now(),
  updated_at  timestamptz not null default now()
) with (fillfactor = 50);

-- What part of a key's concurrency each partition holds: its owner lets no more of the partition's tasks run. Fenced by
-- the partition's epoch and the owner's count of its requests. Written by scheduler/cluster.
create table pawl.permits (
  key          text not null references pawl.limits (key) on delete cascade,
  partition    integer not null,
  epoch        bigint not null,
  number       bigint not null,
  held         bigint not null,
  wanted       bigint not null,
  asked_at     timestamptz not null,
  wanted_since timestamptz not null,
  primary key (key, partition)
) with (fillfactor = 50);
