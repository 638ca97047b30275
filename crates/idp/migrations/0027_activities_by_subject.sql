-- What an entry is about, so that what happened to one user is found without reading the whole log.
-- Letters of either case are one, as in every filter of the log.
ALTER TABLE activities ADD COLUMN subject_id TEXT;
UPDATE activities SET subject_id = LOWER(JSON(document) -> 'resources' -> 0 ->> 'id');
CREATE INDEX activities_by_subject ON activities (environment_id, subject_id, recorded_at, id);
