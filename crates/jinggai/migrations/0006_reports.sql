-- What people add to a kept report, and which periods are closed.

-- 手工填报: a value that no record gives. Each change is a new row; the last one holds.
CREATE TABLE report_cells (
  id :pk,
  report_id :int NOT NULL REFERENCES reports(id),
  span TEXT NOT NULL CHECK (span IN ('period', 'cumulative')),
  row_key TEXT NOT NULL,
  cell TEXT NOT NULL,
  value TEXT,
  filled_by TEXT NOT NULL,
  filled_name TEXT NOT NULL,
  filled_at :time NOT NULL
);
CREATE INDEX report_cells_report ON report_cells (report_id, id);

-- 结账: a period of a kind of report is closed once, by one report.
CREATE TABLE period_closings (
  id :pk,
  kind TEXT NOT NULL,
  from_day :date NOT NULL,
  to_day :date NOT NULL,
  report_id :int NOT NULL UNIQUE REFERENCES reports(id),
  digest TEXT NOT NULL,
  closed_by TEXT NOT NULL,
  closed_name TEXT NOT NULL,
  closed_at :time NOT NULL,
  UNIQUE (kind, from_day, to_day)
);
