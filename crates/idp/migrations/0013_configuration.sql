-- Objects of an environment's configuration: what is checked and read as a whole, by the rules of its
-- kind, and which no statement looks into.
CREATE TABLE configuration_objects (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    -- What it hangs off: another object, or the environment itself.
    parent_id TEXT NOT NULL,
    -- What must be unique among those of its kind with the same parent; null where nothing must.
    name_key TEXT COLLATE "C",
    is_default BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    -- The secret members of the document.
    sealed TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

CREATE UNIQUE INDEX configuration_objects_by_name
    ON configuration_objects (environment_id, kind, parent_id, name_key);

CREATE INDEX configuration_objects_by_parent ON configuration_objects (parent_id);

-- What objects refer to; what something refers to cannot be deleted.
CREATE TABLE object_references (
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    from_id TEXT NOT NULL,
    to_id TEXT NOT NULL,
    PRIMARY KEY (from_id, to_id)
);

CREATE INDEX object_references_by_target ON object_references (to_id);

-- Up to which edition of what every environment begins with an environment was brought.
CREATE TABLE environment_editions (
    environment_id TEXT NOT NULL PRIMARY KEY REFERENCES environments (id) ON DELETE CASCADE,
    edition BIGINT NOT NULL
);

-- Which licence an environment is used by. Rows of earlier versions get the organization's when the
-- program starts.
ALTER TABLE environments ADD COLUMN license_id TEXT;

CREATE INDEX environments_by_license ON environments (license_id);

CREATE TABLE license_names (
    license_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL
);
