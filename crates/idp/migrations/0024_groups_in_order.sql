-- A page of groups is in the order of their ids. With the id behind what a filter names, one index
-- serves both; without it SQLite reads every group of the environment.
DROP INDEX groups_by_name;
DROP INDEX groups_by_external_id;
CREATE INDEX groups_by_name ON groups (environment_id, name_key, id);
CREATE INDEX groups_by_external_id ON groups (environment_id, external_id, id);
