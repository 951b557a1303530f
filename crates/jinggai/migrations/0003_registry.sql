-- Wells, covers and what belongs to them.

-- 井: the shaft; owns the file (一井一档案). Coordinates are CGCS2000 degrees; what the source gave stands beside.
CREATE TABLE wells (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT,
  lifecycle TEXT NOT NULL,
  area_id :int REFERENCES areas(id),
  grid_code TEXT,
  road TEXT,
  address TEXT,
  road_manager TEXT,
  place TEXT,
  crowded BOOLEAN NOT NULL,
  blind_track BOOLEAN NOT NULL,
  low_lying BOOLEAN NOT NULL,
  emergency_vehicles BOOLEAN NOT NULL,
  depth_m :real,
  wall_material TEXT,
  ground_elevation_m :real,
  bottom_elevation_m :real,
  note TEXT,
  accuracy TEXT NOT NULL CHECK (accuracy IN ('class_a', 'class_b', 'class_c')),
  source_x :real,
  source_y :real,
  source_crs TEXT,
  source_transform TEXT,
  source_row :json,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  geom :point NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX wells_area ON wells (area_id);
@layer wells POINT 窨井

-- 盖: a well can have several.
CREATE TABLE covers (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  well_id :int NOT NULL REFERENCES wells(id),
  predecessor_id :int REFERENCES covers(id),
  kind TEXT NOT NULL,
  lifecycle TEXT NOT NULL,
  condition TEXT NOT NULL,
  problem TEXT,
  shape TEXT,
  size TEXT,
  material TEXT,
  load_class TEXT,
  maker TEXT,
  standard TEXT,
  batch TEXT,
  installed_on :date,
  installed_precision TEXT,
  design_life_years :int,
  expires_on :date,
  has_lock BOOLEAN NOT NULL,
  has_sensor BOOLEAN NOT NULL,
  mass_kg :real,
  note TEXT,
  cell :int NOT NULL,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  geom :point NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX covers_well ON covers (well_id);
@layer covers POINT 井盖

-- 防坠装置
CREATE TABLE fall_guards (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  well_id :int NOT NULL REFERENCES wells(id),
  kind TEXT NOT NULL,
  quantity :int NOT NULL,
  installed_on :date,
  tested_load_kg :real,
  tested_on :date,
  next_test_on :date,
  replace_on :date,
  removed_on :date,
  note TEXT,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX fall_guards_well ON fall_guards (well_id);
@table fall_guards 防坠装置

-- 标识: the plate on a cover.
CREATE TABLE labels (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  cover_id :int NOT NULL REFERENCES covers(id),
  number TEXT NOT NULL,
  content TEXT,
  material TEXT,
  state TEXT NOT NULL CHECK (state IN ('planned', 'fixed', 'unreadable', 'removed')),
  fixed_on :date,
  removed_on :date,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX labels_cover ON labels (cover_id);
CREATE INDEX labels_number ON labels (number);
@table labels 标识

-- 编号: unique in its scheme for ever; a retired number is never given again.
CREATE TABLE codes (
  id :pk,
  cover_id :int NOT NULL REFERENCES covers(id),
  scheme TEXT NOT NULL,
  code TEXT NOT NULL,
  list_version TEXT,
  state TEXT NOT NULL CHECK (state IN ('active', 'alias', 'retired')),
  issued_at :time NOT NULL,
  retired_at :time,
  UNIQUE (scheme, code)
);
CREATE INDEX codes_cover ON codes (cover_id);
CREATE INDEX codes_code ON codes (code);
@table codes 编号

-- The last number given per scheme and prefix.
CREATE TABLE code_sequences (
  scheme TEXT NOT NULL,
  prefix TEXT NOT NULL,
  last :int NOT NULL,
  PRIMARY KEY (scheme, prefix)
);

-- 责任: dated roles of units for a well, with the evidence they rest on.
CREATE TABLE responsibilities (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  well_id :int NOT NULL REFERENCES wells(id),
  role TEXT NOT NULL CHECK (role IN ('owner', 'maintainer', 'supervisor', 'territorial', 'fallback')),
  unit_id :int NOT NULL REFERENCES units(id),
  confirmed BOOLEAN NOT NULL,
  basis TEXT,
  funding TEXT,
  valid_from :date NOT NULL,
  valid_to :date,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX responsibilities_well ON responsibilities (well_id, role);
-- One open unit per role: two cannot both be told that it is theirs alone.
CREATE UNIQUE INDEX responsibilities_well_id_role_key ON responsibilities (well_id, role) WHERE valid_to IS NULL;
CREATE INDEX responsibilities_unit ON responsibilities (unit_id, role);
@table responsibilities 责任

-- 权属队列: a well without owner or fallback stands here with its deadline until it has one.
CREATE TABLE ownership_queue (
  well_id :int PRIMARY KEY NOT NULL REFERENCES wells(id),
  since :time NOT NULL,
  due_on :date NOT NULL,
  rule TEXT NOT NULL
);
CREATE INDEX ownership_queue_due ON ownership_queue (due_on);

-- 照片与文件 of a thing.
CREATE TABLE attachments (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  well_id :int NOT NULL REFERENCES wells(id),
  subject TEXT NOT NULL,
  subject_uid :uuid NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('photo', 'document')),
  file_hash TEXT NOT NULL REFERENCES files(hash),
  thumbnail_hash TEXT REFERENCES files(hash),
  public_hash TEXT REFERENCES files(hash),
  title TEXT,
  taken_at :time,
  lng :real,
  lat :real,
  taken_by TEXT,
  removed_at :time,
  removed_reason TEXT,
  created_at :time NOT NULL
);
CREATE INDEX attachments_well ON attachments (well_id);
CREATE INDEX attachments_file ON attachments (file_hash);
CREATE INDEX attachments_subject ON attachments (subject_uid);

-- 台账时点: what the ledger said of each cover, from when until when. Every list, figure and tile reads this one
-- table, so that they agree, and a report can be drawn as of any date. Maintained in the transaction of each change.
CREATE TABLE cover_facts (
  id :pk,
  cover_id :int NOT NULL REFERENCES covers(id),
  well_id :int NOT NULL REFERENCES wells(id),
  from_day :date NOT NULL,
  to_day :date,
  kind TEXT NOT NULL,
  lifecycle TEXT NOT NULL,
  condition TEXT NOT NULL,
  problem TEXT,
  area_id :int,
  road TEXT,
  road_manager TEXT,
  place TEXT,
  material TEXT,
  load_class TEXT,
  expires_on :date,
  owner_id :int,
  owner_confirmed BOOLEAN NOT NULL,
  maintainer_id :int,
  supervisor_id :int,
  territorial_id :int,
  fallback_id :int,
  code TEXT,
  located BOOLEAN NOT NULL,
  coded BOOLEAN NOT NULL,
  labelled BOOLEAN NOT NULL,
  archived BOOLEAN NOT NULL,
  low_lying BOOLEAN NOT NULL,
  guarded BOOLEAN NOT NULL,
  has_sensor BOOLEAN NOT NULL,
  crowded BOOLEAN NOT NULL,
  cell :int NOT NULL,
  demo BOOLEAN NOT NULL
);
CREATE INDEX cover_facts_cover ON cover_facts (cover_id, from_day);
CREATE INDEX cover_facts_well ON cover_facts (well_id);
-- None on the days: nearly every row is open, so a walk through such an index reads the table in random order.
-- Those on area, owner and territory also hold the order in which figures are grouped: a report needs no sorting.
CREATE INDEX cover_facts_area ON cover_facts (area_id, kind);
-- A map tile is one range of cells (Z-order): see jinggai-geo, tile.
CREATE INDEX cover_facts_cell ON cover_facts (cell);
CREATE INDEX cover_facts_owner ON cover_facts (owner_id, kind);
CREATE INDEX cover_facts_territorial ON cover_facts (territorial_id, road, kind);
@table cover_facts 台账时点

-- 管线: lines between wells, from the pipe survey.
CREATE TABLE pipes (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  source_key TEXT NOT NULL,
  from_key TEXT,
  to_key TEXT,
  from_well_id :int REFERENCES wells(id),
  to_well_id :int REFERENCES wells(id),
  material TEXT,
  diameter TEXT,
  from_depth_m :real,
  to_depth_m :real,
  flow_direction TEXT,
  road TEXT,
  owner_text TEXT,
  source_row :json,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  geom :line NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL,
  UNIQUE (source, source_key)
);
CREATE INDEX pipes_from ON pipes (from_well_id);
CREATE INDEX pipes_to ON pipes (to_well_id);
@layer pipes LINESTRING 管线

-- 检索: pairs of characters, the same on both stores; see jinggai-rules search.
@sqlite
CREATE VIRTUAL TABLE well_words USING fts5(words, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 0');
@end
@postgres
CREATE TABLE well_words (rowid BIGINT PRIMARY KEY REFERENCES wells(id), words TSVECTOR NOT NULL);
CREATE INDEX well_words_gin ON well_words USING gin (words);
@end
