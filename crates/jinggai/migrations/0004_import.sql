-- Imports: what was brought in, by which mapping, and what became of each row.

CREATE TABLE import_sources (
  id :pk,
  key TEXT NOT NULL UNIQUE,
  mapping :json NOT NULL,
  updated_at :time NOT NULL
);

CREATE TABLE imports (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  job_uid :uuid,
  source TEXT NOT NULL,
  file_hash TEXT NOT NULL,
  file_name TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('covers', 'pipes', 'responsibilities')),
  options :json NOT NULL,
  options_digest TEXT NOT NULL,
  dry_run BOOLEAN NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
  next_row :int NOT NULL,
  read :int NOT NULL,
  imported :int NOT NULL,
  updated :int NOT NULL,
  unchanged :int NOT NULL,
  duplicates :int NOT NULL,
  rejected :int NOT NULL,
  notes :json NOT NULL,
  actor TEXT NOT NULL,
  started_at :time NOT NULL,
  ended_at :time
);
CREATE INDEX imports_file ON imports (file_hash, options_digest);

-- Rows that need a person: rejected and duplicate ones, with the original cells.
CREATE TABLE import_rows (
  import_id :int NOT NULL REFERENCES imports(id),
  row_no :int NOT NULL,
  verdict TEXT NOT NULL,
  findings :json NOT NULL,
  -- TEXT: a JSON type would reorder the columns of the original row.
  cells TEXT NOT NULL,
  candidate_cover_id :int,
  PRIMARY KEY (import_id, row_no)
);

-- Which row of which source became which cover: the same row again is an update, not a second cover.
CREATE TABLE source_records (
  source TEXT NOT NULL,
  key TEXT NOT NULL,
  cover_id :int NOT NULL REFERENCES covers(id),
  row_digest :bytes NOT NULL,
  PRIMARY KEY (source, key)
);
CREATE INDEX source_records_cover ON source_records (cover_id);
