-- What people decided about their accounts. The former address is sealed, bound to its row.

-- The provider's session behind a portal session, as a digest, so that ending the one ends the other.
ALTER TABLE portal_sessions ADD COLUMN provider_session TEXT;
CREATE INDEX portal_sessions_by_provider_session ON portal_sessions (provider_session);

-- The address that somebody had before, while they can take it back.
CREATE TABLE portal_former_addresses (
    user_id TEXT NOT NULL PRIMARY KEY,
    address TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX portal_former_addresses_by_end ON portal_former_addresses (expires_at);

-- Accounts to be deleted: when, and whether a job is at it (then it cannot be called off any more).
CREATE TABLE portal_deletions (
    user_id TEXT NOT NULL PRIMARY KEY,
    due_at BIGINT NOT NULL,
    begun_at BIGINT
);
CREATE INDEX portal_deletions_by_due ON portal_deletions (due_at);
