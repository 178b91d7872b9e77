-- The log, its index rows and who may write it. Written by history/postgres.
--
-- Bytes count here: a workflow of ten steps makes about a dozen log rows. So ids are uuids (16 bytes, beginning with the
-- time), what follows from other columns is not stored, and an index exists only where a query needs it.

-- One row: what was chosen when this database was first used.
create table pawl.cluster (
  only_row        boolean primary key default true check (only_row),
  partition_count integer not null check (partition_count between 1 and 16384),
  secret          bytea not null check (octet_length(secret) = 32),  -- signs task tokens and page tokens
  created_at      timestamptz not null default now()
);

-- A session that appends. An append locks its row for the length of its transaction; a claim that takes partitions from
-- it updates the row, so it waits for an append under way and every later one sees that `taken` has moved. The row is
-- locked far more often than updated: locking makes no new row version, so nothing piles up behind a long transaction.
create table pawl.writers (
  id            bigint generated always as identity primary key,
  node          text not null,
  backend_pid   integer not null,
  backend_start timestamptz not null,
  taken         bigint not null default 0,
  connected_at  timestamptz not null default now()
);

create table pawl.partitions (
  partition     integer primary key,
  epoch         bigint not null default 0,
  writer        bigint,                      -- null: nobody
  node          text not null default '',    -- empty: nobody
  lease_until   timestamptz not null default '-infinity',
  next_sequence bigint not null default 1    -- at the last claim, renewal or release; marks say what came after
) with (fillfactor = 50);

-- How far each append brought its partitions' sequences. Rows are folded into pawl.partitions by each renewal.
create table pawl.marks (
  writer         bigint not null,
  number         bigint not null,  -- counts the writer's appends
  partitions     integer[] not null,
  next_sequences bigint[] not null
);

-- So that a renewal meets only the marks since the one before, however many dead ones a long transaction holds back.
create index marks_number on pawl.marks (writer, number);

-- One row is one decision. Ranges of `entity` are months, because an entity's id begins with the time of its start; so
-- retention drops tables, and a query that names the entity touches one table.
create table pawl.log (
  entity      uuid not null,
  revision    integer not null,
  first_event integer not null,
  data        bytea not null
) partition by range (entity);

-- Not unique, and the revision in steps of 256: equal keys share one entry, 6 bytes a row instead of 40. Gaps and
-- doubles are found by whoever reads the rows.
create index log_entity on pawl.log (entity, (revision >> 8));

create table pawl.log_rest partition of pawl.log default;

-- Account, region and state machine of executions, once.
create table pawl.machines (
  id      integer generated always as identity primary key,
  account text not null,
  region  text not null,
  machine text not null,
  unique (account, region, machine)
);

-- The index of executions. Closing one changes columns that no index has, within the same page where it has room.
create table pawl.executions (
  name_key     uuid not null,    -- of account, region, machine and name
  entity       uuid not null,    -- begins with the time of the start: ordered by it means ordered by start
  input_digest uuid not null,
  started_at   bigint not null,  -- milliseconds since the Unix epoch
  stopped_at   bigint,
  machine      integer not null,
  status       smallint not null default 0,
  name         text not null
) with (fillfactor = 90);

create unique index executions_name on pawl.executions (name_key);
create index executions_machine on pawl.executions (machine, entity);

-- Executions that have not ended, by slot, each with its latest snapshot: what recovery reads.
create table pawl.open_executions (
  entity            uuid not null,
  machine           integer not null,
  slot              smallint not null,
  snapshot_revision integer not null default 0,  -- 0: none
  snapshot          bytea,
  primary key (slot, entity)
) with (fillfactor = 80);

-- Makes the log's months from `first` to `last`, where they are missing. Rows that came too early are in log_rest; a
-- month whose rows are there stays there.
create function pawl.ensure_log_months(first timestamptz, last timestamptz) returns integer language plpgsql as $$
declare
  month timestamptz := date_trunc('month', first at time zone 'UTC') at time zone 'UTC';
  next_month timestamptz;
  name text;
  made integer := 0;
begin
  while month <= last loop
    next_month := ((month at time zone 'UTC') + interval '1 month') at time zone 'UTC';
    name := 'log_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    if to_regclass('pawl.' || name) is null then
      begin
        execute format('create table pawl.%I (like pawl.log including storage including compression)', name);
        -- Attaching, unlike creating in place, lets appends go on.
        execute format('alter table pawl.log attach partition pawl.%I for values from (%L) to (%L)', name,
                       pawl.first_entity(month), pawl.first_entity(next_month));
        made := made + 1;
      exception
        when check_violation then null;  -- log_rest has rows of that month
      end;
    end if;
    month := next_month;
  end loop;
  return made;
end
$$;

-- The lowest entity id of an instant.
create function pawl.first_entity(at timestamptz) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- Rows of 2 kB and more are compressed by the server; lz4 where it has it.
do $$
begin
  alter table pawl.log alter column data set compression lz4;
  alter table pawl.log_rest alter column data set compression lz4;
  alter table pawl.open_executions alter column snapshot set compression lz4;
exception
  when feature_not_supported then null;
end
$$;
