-- When a device last proved, in a session, that it is the user's.
ALTER TABLE browser_sessions ADD COLUMN second_factor_at BIGINT;

-- Sign-on interactions end with what they hang off.
CREATE INDEX flows_by_user ON flows (user_id);
CREATE INDEX flows_by_session ON flows (session_id);
