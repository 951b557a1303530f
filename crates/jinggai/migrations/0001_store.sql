-- The ground: events, jobs, files, idempotency keys, settings.

CREATE TABLE event_head (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  seq :int NOT NULL,
  hash :bytes NOT NULL,
  genesis :bytes NOT NULL
);
-- The genesis hash is SM3 of nothing: every chain begins at the same, known point.
@sqlite
INSERT INTO event_head VALUES (1, 0, x'1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b', x'1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b');
@end
@postgres
INSERT INTO event_head VALUES (1, 0, '\x1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b', '\x1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b');
@end

-- 事件: append-only. The hash covers every column but itself; see jinggai-db/src/events.rs.
CREATE TABLE events (
  seq :int PRIMARY KEY NOT NULL,
  uid :uuid NOT NULL,
  at :time NOT NULL,
  actor TEXT NOT NULL,
  role TEXT NOT NULL,
  origin TEXT NOT NULL,
  subject TEXT NOT NULL,
  subject_uid :uuid NOT NULL,
  well_id :int,
  action TEXT NOT NULL,
  before TEXT,
  after TEXT,
  reason TEXT,
  prev :bytes NOT NULL,
  hash :bytes NOT NULL
);
CREATE INDEX events_subject ON events (subject_uid, seq);
CREATE INDEX events_well ON events (well_id, seq);

-- Whoever has only the rights of the application cannot change the past by mistake.
@sqlite
CREATE TRIGGER events_no_update BEFORE UPDATE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_no_delete BEFORE DELETE ON events BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
@end
@postgres
CREATE FUNCTION events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'events are append-only'; END $$;
CREATE TRIGGER events_no_change BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION events_append_only();
@end

CREATE TABLE jobs (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  body :json NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  progress :json NOT NULL,
  attempts :int NOT NULL,
  error TEXT,
  run_at :time NOT NULL,
  locked_until :time,
  created_at :time NOT NULL,
  ended_at :time
);
CREATE INDEX jobs_due ON jobs (state, run_at);

-- One row per acknowledged write that carried an Idempotency-Key.
CREATE TABLE idempotency (
  actor TEXT NOT NULL,
  key TEXT NOT NULL,
  request TEXT NOT NULL,
  status :int,
  response TEXT,
  created_at :time NOT NULL,
  PRIMARY KEY (actor, key)
);
CREATE INDEX idempotency_created ON idempotency (created_at);

-- 文件: bytes live under their SHA-256 beside the database (browsers can compute that one).
CREATE TABLE files (
  hash TEXT PRIMARY KEY NOT NULL,
  size :int NOT NULL,
  media_type TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at :time NOT NULL
);

-- 规则包: code schemes, division of labour, templates … each version kept for ever.
CREATE TABLE rule_packs (
  id :pk,
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  version TEXT NOT NULL,
  effective_from :date NOT NULL,
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at :time NOT NULL,
  UNIQUE (kind, key, version)
);

-- 报表存档: the query, the time and a digest of the rows.
CREATE TABLE reports (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  query :json NOT NULL,
  as_of :date NOT NULL,
  event_seq :int NOT NULL,
  digest TEXT NOT NULL,
  body TEXT NOT NULL,
  made_by TEXT NOT NULL,
  made_at :time NOT NULL
);
CREATE INDEX reports_kind ON reports (kind, made_at);
