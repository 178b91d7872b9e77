-- Several PostgreSQL servers: each has all partitions' rows, and `here` says whose log it holds. A partition lives in
-- exactly one of them; on its way from one to another it is nowhere for a moment.

alter table pawl.cluster add column server uuid not null default gen_random_uuid();  -- this database

alter table pawl.partitions add column here boolean not null default true;
-- Of a partition that is not here: to which server it went, while there may be rows of it left; or, at the server that
-- it goes to, that server itself while rows are copied. Null: this database has no rows of it.
alter table pawl.partitions add column moving_to uuid;
