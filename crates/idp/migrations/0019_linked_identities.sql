-- The identities elsewhere by which users sign on, which objects of the kind LINKED_ACCOUNT describe:
-- each belongs to one user.
CREATE TABLE linked_identities (
    account_id TEXT NOT NULL PRIMARY KEY
        REFERENCES configuration_objects (id) ON DELETE CASCADE,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    provider_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX linked_identities_by_subject ON linked_identities (provider_id, subject);

CREATE INDEX linked_identities_by_user ON linked_identities (user_id);

CREATE INDEX linked_identities_by_environment ON linked_identities (environment_id);

-- By which identity provider the user of a session signed on last; null where by none.
ALTER TABLE browser_sessions ADD COLUMN identity_provider_id TEXT;
