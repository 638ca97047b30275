-- Wrong recovery codes that came from browsers, each of which has few tries of its own: kept apart
-- from those that came over the management API, where nothing tells one person from another.
ALTER TABLE recovery_codes ADD COLUMN browser_failures BIGINT NOT NULL DEFAULT 0;
