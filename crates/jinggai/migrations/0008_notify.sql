-- 电子邮箱 of a person: where notices go by mail.
ALTER TABLE users ADD COLUMN email TEXT;
