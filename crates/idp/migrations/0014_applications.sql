-- What is unique among the applications of an environment besides their names: what they are known by
-- at other services.
CREATE TABLE application_keys (
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    member TEXT NOT NULL,
    value TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    PRIMARY KEY (environment_id, member, value)
);

CREATE INDEX application_keys_by_application ON application_keys (application_id);
