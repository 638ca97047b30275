-- The portal's own tables. Instants are Unix milliseconds. Ids of sessions are kept as digests, and
-- contents sealed: whoever reads a copy of this table can neither take over a session nor see what
-- is in it.

CREATE TABLE portal_sessions (
    id_digest TEXT NOT NULL PRIMARY KEY,
    data TEXT NOT NULL,
    idle_until BIGINT NOT NULL,
    absolute_until BIGINT NOT NULL
);
CREATE INDEX portal_sessions_by_end ON portal_sessions (idle_until);

-- Tokens of signed-on users, apart from the session: they are replaced by compare-and-swap.
CREATE TABLE portal_tokens (
    id TEXT NOT NULL PRIMARY KEY,
    tokens TEXT NOT NULL,
    version BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX portal_tokens_by_end ON portal_tokens (expires_at);
