-- Ids are unique in all environments. With the environment before the subject, SQLite takes the index
-- of the whole log instead.
DROP INDEX activities_by_subject;
CREATE INDEX activities_by_subject ON activities (subject_id, recorded_at, id);
