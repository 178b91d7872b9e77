-- Published versions of state machines: what a machine was at that moment. Written by scheduler/catalog.

-- How many were ever made, so that a number is never given twice.
alter table pawl.state_machines add column versions_made bigint not null default 0;

create table pawl.state_machine_versions (
  account           text not null,
  region            text not null,
  name              text not null,
  version           bigint not null,
  role_arn          text not null,
  definition_digest text not null references pawl.definitions (digest),
  revision_id       text not null,
  description       text not null,
  logging           json,
  tracing           json,
  encryption        json,
  created_at        timestamptz not null,
  primary key (account, region, name, version),
  foreign key (account, region, name) references pawl.state_machines (account, region, name) on delete cascade
);
