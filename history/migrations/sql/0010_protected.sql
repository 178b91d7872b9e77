-- What tells a node that was not running whether decisions may be missing: the timeline of PostgreSQL on which the
-- partition was claimed, and whether its commits were on a synchronous standby too before they were acknowledged, as of
-- the last claim or renewal. On a later timeline a partition that was not protected is claimed only by a node that has
-- all its commits in memory, or after somebody has accepted the loss (decisions/0019).
alter table pawl.partitions
  add column timeline integer,  -- null: not claimed since it came here
  add column protected boolean not null default false;
