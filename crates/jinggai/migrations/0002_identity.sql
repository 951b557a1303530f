-- Units, areas, users and their rights.

CREATE TABLE units (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  short_name TEXT,
  parent_id :int REFERENCES units(id),
  uscc TEXT,
  duty TEXT,
  contact_name TEXT,
  contact_phone TEXT,
  emergency_phone TEXT,
  valid_from :date,
  valid_to :date,
  successor_id :int REFERENCES units(id),
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX units_parent ON units (parent_id);
CREATE INDEX units_name ON units (name);
@table units 单位

-- 单位类别: one unit may be owner and maintainer at once.
CREATE TABLE unit_kinds (
  unit_id :int NOT NULL REFERENCES units(id),
  kind TEXT NOT NULL,
  PRIMARY KEY (unit_id, kind)
);

-- Every unit with all its ancestors and itself, so that a right on a unit is one IN.
CREATE TABLE unit_closure (
  ancestor_id :int NOT NULL REFERENCES units(id),
  unit_id :int NOT NULL REFERENCES units(id),
  PRIMARY KEY (ancestor_id, unit_id)
);
CREATE INDEX unit_closure_unit ON unit_closure (unit_id);

CREATE TABLE areas (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  level TEXT NOT NULL CHECK (level IN ('province', 'city', 'district', 'street', 'community', 'grid')),
  parent_id :int REFERENCES areas(id),
  valid_from :date,
  valid_to :date,
  version :int NOT NULL,
  geom :multipolygon,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX areas_parent ON areas (parent_id);
CREATE INDEX areas_name ON areas (name);
@layer areas MULTIPOLYGON 区域

-- 区划沿革: part NULL = the whole area; else only the named sub-area went there.
CREATE TABLE area_successions (
  id :pk,
  old_id :int NOT NULL REFERENCES areas(id),
  new_id :int NOT NULL REFERENCES areas(id),
  part_id :int REFERENCES areas(id),
  effective :date NOT NULL,
  basis TEXT NOT NULL
);
CREATE INDEX area_successions_old ON area_successions (old_id);

-- Every area with all its ancestors, through successions too: old streets belong to the new district as well.
CREATE TABLE area_closure (
  ancestor_id :int NOT NULL REFERENCES areas(id),
  area_id :int NOT NULL REFERENCES areas(id),
  PRIMARY KEY (ancestor_id, area_id)
);
CREATE INDEX area_closure_area ON area_closure (area_id);

CREATE TABLE users (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  login TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  phone TEXT,
  unit_id :int REFERENCES units(id),
  password_hash TEXT NOT NULL,
  password_changed_at :time NOT NULL,
  must_change BOOLEAN NOT NULL,
  failed_logins :int NOT NULL,
  locked_until :time,
  totp_secret TEXT,
  totp_confirmed_at :time,
  totp_last_step :int,
  disabled_at :time,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);

-- 授权: a role, for a unit and its sub-units, in an area and its sub-areas; NULL = no bound of that sort.
CREATE TABLE grants (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  user_id :int NOT NULL REFERENCES users(id),
  role TEXT NOT NULL,
  unit_id :int REFERENCES units(id),
  area_id :int REFERENCES areas(id),
  valid_from :date,
  valid_to :date,
  created_at :time NOT NULL
);
CREATE INDEX grants_user ON grants (user_id);

-- Only the digest of a session's or token's secret is kept.
CREATE TABLE sessions (
  id :pk,
  secret_digest TEXT NOT NULL UNIQUE,
  user_id :int NOT NULL REFERENCES users(id),
  created_at :time NOT NULL,
  expires_at :time NOT NULL,
  seen_at :time NOT NULL,
  origin TEXT NOT NULL,
  agent TEXT
);
CREATE INDEX sessions_user ON sessions (user_id);

CREATE TABLE api_tokens (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  name TEXT NOT NULL,
  secret_digest TEXT NOT NULL UNIQUE,
  user_id :int NOT NULL REFERENCES users(id),
  scopes :json NOT NULL,
  expires_at :time NOT NULL,
  revoked_at :time,
  used_at :time,
  created_at :time NOT NULL
);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
