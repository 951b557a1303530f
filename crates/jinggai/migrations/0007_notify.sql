-- 电子邮箱 of a person: where notices go by mail.
ALTER TABLE users ADD COLUMN email TEXT;

-- 超期公示名单: when this clock brings its case onto it, and the share of the limit that this was computed with.
ALTER TABLE case_clocks ADD COLUMN public_at :time;
ALTER TABLE case_clocks ADD COLUMN public_share :real;
CREATE INDEX case_clocks_public ON case_clocks (public_at) WHERE ended_at IS NULL AND public_at IS NOT NULL;

-- A notice may be about a plan.
ALTER TABLE notices ADD COLUMN plan_id :int REFERENCES plans(id);
CREATE INDEX notices_plan ON notices (plan_id);
