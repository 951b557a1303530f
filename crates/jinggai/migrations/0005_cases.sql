-- Findings, hazards, cases with their clocks, plans, and what must be told to whom.

-- 案卷: the process that clears one or more hazards. Its flow record is its events: nothing is written twice.
CREATE TABLE cases (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  number TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  source TEXT NOT NULL,
  hazard TEXT NOT NULL,
  level TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  standard TEXT NOT NULL,
  closing TEXT NOT NULL,
  parent_id :int REFERENCES cases(id),
  well_id :int REFERENCES wells(id),
  cover_id :int REFERENCES covers(id),
  kind TEXT,
  area_id :int REFERENCES areas(id),
  lng :real,
  lat :real,
  address TEXT,
  filed_at :time NOT NULL,
  filed_by :int REFERENCES users(id),
  dispatched_at :time,
  handled_at :time,
  handled_by :int REFERENCES users(id),
  treatment TEXT,
  measured :json NOT NULL,
  checker_id :int REFERENCES users(id),
  checked_at :time,
  checked_by :int REFERENCES users(id),
  closed_at :time,
  closed_by :int REFERENCES users(id),
  ended_reason TEXT,
  due_at :time,
  due_stage TEXT,
  total_due_at :time,
  provisional BOOLEAN NOT NULL,
  returns :int NOT NULL,
  reworks :int NOT NULL,
  extensions :int NOT NULL,
  suspensions :int NOT NULL,
  suspended_until :time,
  resumes_to TEXT,
  urged :int NOT NULL,
  exempted BOOLEAN NOT NULL,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX cases_state ON cases (state, due_at);
CREATE INDEX cases_filed ON cases (filed_at);
CREATE INDEX cases_closed ON cases (closed_at);
CREATE INDEX cases_well ON cases (well_id);
CREATE INDEX cases_parent ON cases (parent_id);
CREATE INDEX cases_area ON cases (area_id);
CREATE INDEX cases_open_place ON cases (lng) WHERE closed_at IS NULL;
@table cases 案卷

-- 上报: a raw signal from any source; photos stand in case_files. Where no cover is named there is at least a place.
CREATE TABLE findings (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  number TEXT NOT NULL UNIQUE,
  source TEXT NOT NULL,
  source_number TEXT,
  state TEXT NOT NULL,
  hazard TEXT,
  measured :json NOT NULL,
  text TEXT NOT NULL,
  reading :json NOT NULL,
  well_id :int REFERENCES wells(id),
  cover_id :int REFERENCES covers(id),
  kind TEXT,
  area_id :int REFERENCES areas(id),
  lng :real,
  lat :real,
  cell :int,
  address TEXT,
  reporter_name TEXT,
  reporter_phone TEXT,
  reporter_id :int REFERENCES users(id),
  verifier_id :int REFERENCES users(id),
  case_id :int REFERENCES cases(id),
  merged_into_id :int REFERENCES findings(id),
  outcome TEXT,
  observed_at :time NOT NULL,
  received_at :time NOT NULL,
  ended_at :time,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  updated_at :time NOT NULL
);
CREATE UNIQUE INDEX findings_source ON findings (source, source_number) WHERE source_number IS NOT NULL;
CREATE INDEX findings_state ON findings (state, received_at);
CREATE INDEX findings_cell ON findings (cell);
CREATE INDEX findings_well ON findings (well_id);
CREATE INDEX findings_case ON findings (case_id);
CREATE INDEX findings_received ON findings (received_at);
@table findings 上报

-- 限期整改计划, 更新改造计划: a unit's dated list of hazards or covers. A plan is done when all of it is: nothing says so twice.
CREATE TABLE plans (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  number TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('rectification', 'renewal')),
  title TEXT NOT NULL,
  unit_id :int NOT NULL REFERENCES units(id),
  state TEXT NOT NULL CHECK (state IN ('draft', 'submitted', 'approved', 'withdrawn')),
  person TEXT NOT NULL,
  phone TEXT,
  starts_on :date NOT NULL,
  due_on :date NOT NULL,
  money_cents :int NOT NULL,
  note TEXT,
  made_by :int REFERENCES users(id),
  submitted_by :int REFERENCES users(id),
  submitted_at :time,
  approved_by :int REFERENCES users(id),
  approved_at :time,
  version :int NOT NULL,
  created_at :time NOT NULL,
  updated_at :time NOT NULL
);
CREATE INDEX plans_unit ON plans (unit_id);
@table plans 计划

-- 隐患: a confirmed defect. One open hazard per target (cover, well, or place of a case) and catalogue code.
CREATE TABLE hazards (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  target :uuid NOT NULL,
  code TEXT NOT NULL,
  level TEXT NOT NULL,
  explained TEXT NOT NULL,
  rule_version TEXT NOT NULL,
  measured :json NOT NULL,
  origin TEXT NOT NULL,
  well_id :int REFERENCES wells(id),
  cover_id :int REFERENCES covers(id),
  area_id :int REFERENCES areas(id),
  unit_id :int REFERENCES units(id),
  case_id :int REFERENCES cases(id),
  plan_id :int REFERENCES plans(id),
  planned_on :date,
  person TEXT,
  money_cents :int,
  found_at :time NOT NULL,
  opened_by :int REFERENCES users(id),
  treatment TEXT,
  treated_at :time,
  treated_by :int REFERENCES users(id),
  closed_at :time,
  closed_by :int REFERENCES users(id),
  outcome TEXT,
  demo BOOLEAN NOT NULL,
  version :int NOT NULL,
  updated_at :time NOT NULL
);
CREATE UNIQUE INDEX hazards_target_code_key ON hazards (target, code) WHERE closed_at IS NULL;
CREATE INDEX hazards_well ON hazards (well_id);
CREATE INDEX hazards_cover ON hazards (cover_id);
CREATE INDEX hazards_case ON hazards (case_id);
CREATE INDEX hazards_plan ON hazards (plan_id);
CREATE INDEX hazards_found ON hazards (found_at);
CREATE INDEX hazards_closed ON hazards (closed_at);
@table hazards 隐患

-- 延期 of one item of a plan: asked by the unit, decided by somebody else; one question at a time.
CREATE TABLE plan_extensions (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  plan_id :int NOT NULL REFERENCES plans(id),
  hazard_id :int NOT NULL REFERENCES hazards(id),
  state TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'refused')),
  until_on :date NOT NULL,
  reason TEXT NOT NULL,
  asked_by :int REFERENCES users(id),
  asked_at :time NOT NULL,
  decided_by :int REFERENCES users(id),
  decided_at :time,
  decision TEXT
);
CREATE INDEX plan_extensions_plan ON plan_extensions (plan_id);
CREATE UNIQUE INDEX plan_extensions_hazard_id_key ON plan_extensions (hazard_id) WHERE state = 'asked';

-- 更新改造计划 by year. Score and reasons stand as they were; a cover is in one plan that holds at a time.
CREATE TABLE renewal_items (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  plan_id :int NOT NULL REFERENCES plans(id),
  well_id :int NOT NULL REFERENCES wells(id),
  cover_id :int NOT NULL REFERENCES covers(id),
  year :int NOT NULL,
  cost_cents :int NOT NULL,
  score :int NOT NULL,
  explained :json NOT NULL,
  released_at :time
);
CREATE INDEX renewal_items_plan ON renewal_items (plan_id, year);
CREATE UNIQUE INDEX renewal_items_cover_id_key ON renewal_items (cover_id) WHERE released_at IS NULL;
@table renewal_items 更新改造

-- 承办单位 of a case; a new row each time one is told.
CREATE TABLE case_units (
  id :pk,
  case_id :int NOT NULL REFERENCES cases(id),
  unit_id :int NOT NULL REFERENCES units(id),
  duty TEXT NOT NULL CHECK (duty IN ('lead', 'joint', 'fallback', 'owner_search')),
  basis TEXT NOT NULL,
  assigned_at :time NOT NULL,
  acknowledged_at :time,
  acknowledged_by :int REFERENCES users(id),
  finished_at :time,
  ended_at :time,
  ended_reason TEXT
);
CREATE UNIQUE INDEX case_units_case_id_unit_id_key ON case_units (case_id, unit_id) WHERE ended_at IS NULL;
CREATE INDEX case_units_unit ON case_units (unit_id, case_id);
@table case_units 承办单位

-- Who ever took part in the work of a case: they neither check nor close it.
CREATE TABLE case_workers (
  case_id :int NOT NULL REFERENCES cases(id),
  user_id :int NOT NULL REFERENCES users(id),
  PRIMARY KEY (case_id, user_id)
);

-- 时限: one row for each time a stage runs; rule and calendar stand as they were when the deadline was computed.
CREATE TABLE case_clocks (
  id :pk,
  case_id :int NOT NULL REFERENCES cases(id),
  stage TEXT NOT NULL CHECK (stage IN ('dispatch', 'handle', 'check', 'close', 'total')),
  unit_id :int REFERENCES units(id),
  count :int NOT NULL,
  unit TEXT NOT NULL,
  started_at :time NOT NULL,
  due_at :time NOT NULL,
  next_at :time,
  ended_at :time,
  extensions :int NOT NULL,
  provisional BOOLEAN NOT NULL,
  rule_version TEXT NOT NULL,
  calendar_version TEXT NOT NULL
);
CREATE INDEX case_clocks_case ON case_clocks (case_id);
-- The next moment at which somebody must be told: the sweep reads only what is due.
CREATE INDEX case_clocks_next ON case_clocks (next_at) WHERE next_at IS NOT NULL;
@table case_clocks 时限

-- 停表: while a case is suspended (挂账) no clock runs.
CREATE TABLE case_pauses (
  id :pk,
  case_id :int NOT NULL REFERENCES cases(id),
  from_at :time NOT NULL,
  to_at :time,
  reason TEXT NOT NULL
);
CREATE INDEX case_pauses_case ON case_pauses (case_id);

-- 申请: extension (延期), suspension (挂账), appeal (超时申诉); each decided by somebody else than who asked.
CREATE TABLE case_requests (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  case_id :int NOT NULL REFERENCES cases(id),
  kind TEXT NOT NULL CHECK (kind IN ('extension', 'suspension', 'appeal')),
  state TEXT NOT NULL CHECK (state IN ('asked', 'reviewed', 'approved', 'refused')),
  until_at :time,
  reason TEXT NOT NULL,
  asked_by :int REFERENCES users(id),
  asked_at :time NOT NULL,
  reviewed_by :int REFERENCES users(id),
  reviewed_at :time,
  decided_by :int REFERENCES users(id),
  decided_at :time,
  decision TEXT
);
CREATE INDEX case_requests_case ON case_requests (case_id);
-- One question of a sort at a time.
CREATE UNIQUE INDEX case_requests_case_id_kind_key ON case_requests (case_id, kind) WHERE state IN ('asked', 'reviewed');

-- 照片与文件 of a finding, case or plan; of a plan, the hazard that it proves.
CREATE TABLE case_files (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  subject TEXT NOT NULL CHECK (subject IN ('finding', 'case', 'plan')),
  subject_uid :uuid NOT NULL,
  item_uid :uuid,
  purpose TEXT NOT NULL CHECK (purpose IN ('scene', 'after', 'check', 'document')),
  file_hash TEXT NOT NULL REFERENCES files(hash),
  thumbnail_hash TEXT REFERENCES files(hash),
  public_hash TEXT REFERENCES files(hash),
  title TEXT,
  taken_at :time,
  lng :real,
  lat :real,
  likeness :int,
  added_by :int REFERENCES users(id),
  created_at :time NOT NULL
);
CREATE INDEX case_files_subject ON case_files (subject_uid);
CREATE INDEX case_files_file ON case_files (file_hash);

-- 待发消息: one row per recipient, with its own retries. The key makes that nobody is told the same thing twice.
CREATE TABLE notices (
  id :pk,
  uid :uuid NOT NULL UNIQUE,
  key TEXT NOT NULL UNIQUE,
  user_id :int REFERENCES users(id),
  unit_id :int REFERENCES units(id),
  channel TEXT NOT NULL CHECK (channel IN ('app', 'email', 'sms', 'webhook')),
  address TEXT,
  kind TEXT NOT NULL,
  case_id :int REFERENCES cases(id),
  finding_id :int REFERENCES findings(id),
  urgent BOOLEAN NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
  attempts :int NOT NULL,
  next_at :time NOT NULL,
  error TEXT,
  created_at :time NOT NULL,
  fanned_at :time,
  sent_at :time,
  read_at :time
);
CREATE INDEX notices_user ON notices (user_id, read_at);
CREATE INDEX notices_case ON notices (case_id);
CREATE INDEX notices_waiting ON notices (next_at) WHERE state = 'waiting';
-- What was told in the app and not yet handed to the other channels.
CREATE INDEX notices_fan ON notices (next_at) WHERE channel = 'app' AND fanned_at IS NULL;
@table notices 消息
