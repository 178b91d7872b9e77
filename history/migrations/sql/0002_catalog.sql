-- State machines, activities and the definitions they point at. Written by scheduler/catalog.

-- Content-addressed, so that an execution pins its definition by digest. Never deleted while an execution may need it.
create table pawl.definitions (
  digest     text primary key,
  text       text not null,
  created_at timestamptz not null default now()
);

-- Configurations are kept as given (json keeps the text); null: AWS's default.
create table pawl.state_machines (
  account           text not null,
  region            text not null,
  name              text not null,
  type              text not null,
  status            text not null,
  role_arn          text not null,
  definition_digest text not null references pawl.definitions (digest),
  revision_id       text not null default '',
  logging           json,
  tracing           json,
  encryption        json,
  tags              json not null default '[]',
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  primary key (account, region, name)
);

create table pawl.activities (
  account    text not null,
  region     text not null,
  name       text not null,
  encryption json,
  tags       json not null default '[]',
  created_at timestamptz not null,
  primary key (account, region, name)
);
