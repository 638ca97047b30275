-- Members of the management API that were sent and say what holds here anyway: a JSON object, kept
-- only to be returned.
ALTER TABLE applications ADD COLUMN also TEXT NOT NULL DEFAULT '{}';
ALTER TABLE populations ADD COLUMN also TEXT NOT NULL DEFAULT '{}';
ALTER TABLE resource_scopes ADD COLUMN also TEXT NOT NULL DEFAULT '{}';
