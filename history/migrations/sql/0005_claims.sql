-- Who took a partition over, when, and how far its sequence was: by this a log that steps back is noticed, and `pawl
-- admin check` sees that epochs only rise. Written by claims, which keep the last thousand of a partition.
create table pawl.claims (
  partition     integer not null,
  epoch         bigint not null,
  next_sequence bigint not null,
  node          text not null,
  timeline      integer not null,  -- PostgreSQL's, when it was claimed
  claimed_at    timestamptz not null default now(),
  primary key (partition, epoch)
);

-- Decisions that a node had committed and that this database does not have: it was restored, or a replica that lagged
-- was promoted. Nobody claims the partition until somebody accepts the loss.
create table pawl.losses (
  partition     integer not null,
  first_missing bigint not null,  -- sequences
  last_missing  bigint not null,
  timeline      integer not null,  -- that lacks them
  epoch         bigint not null,   -- under which they were committed, or later ones that are missing too
  node          text not null,     -- that had them committed
  found_at      timestamptz not null default now(),
  accepted_at   timestamptz,
  primary key (partition, first_missing, timeline)
);
