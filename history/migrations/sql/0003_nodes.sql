-- The nodes of the cluster. Written by scheduler/cluster: each announces itself a few times in the length of a lease.
create table pawl.nodes (
  node       text primary key,           -- id of one incarnation of a process
  address    text not null,              -- where other nodes reach its gRPC port
  leaving    boolean not null,           -- takes no partitions
  live_until timestamptz not null,       -- unless it is heard of again
  first_seen timestamptz not null default now()
) with (fillfactor = 50);
