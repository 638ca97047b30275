-- The embedded environment. One text for SQLite and PostgreSQL: TEXT, BIGINT and BOOLEAN only;
-- instants are Unix milliseconds, ids and digests are text, documents are JSON that no query reads.

CREATE TABLE environments (
    id TEXT NOT NULL PRIMARY KEY,
    organization_id TEXT NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX environments_by_name ON environments (organization_id, name_key);

CREATE TABLE password_policies (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    is_default BOOLEAN NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX password_policies_by_name ON password_policies (environment_id, name_key);
CREATE UNIQUE INDEX password_policies_default ON password_policies (environment_id) WHERE is_default;

CREATE TABLE populations (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    description TEXT,
    is_default BOOLEAN NOT NULL,
    password_policy_id TEXT REFERENCES password_policies (id),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX populations_by_name ON populations (environment_id, name_key);
CREATE UNIQUE INDEX populations_default ON populations (environment_id) WHERE is_default;
CREATE INDEX populations_by_password_policy ON populations (password_policy_id);

-- `username_key` is the username folded (NFKC, lower case), so that no alias of a name escapes
-- uniqueness or lockout. `document` holds the attributes that only the owner or an administrator
-- reads: name, address, phones and the like. `version` guards every update.
CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    population_id TEXT NOT NULL REFERENCES populations (id),
    username TEXT NOT NULL,
    username_key TEXT NOT NULL,
    email TEXT NOT NULL,
    email_verified BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    locked_at BIGINT,
    unlock_at BIGINT,
    verification_required BOOLEAN NOT NULL,
    mfa_enabled BOOLEAN NOT NULL,
    last_sign_on_at BIGINT,
    last_sign_on_address TEXT,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_by_username ON users (environment_id, username_key);
CREATE INDEX users_in_order ON users (environment_id, id);
CREATE INDEX users_by_population ON users (population_id, id);
CREATE INDEX users_by_state ON users (environment_id, enabled, id);

-- What filters look for, one row per attribute and user; `value_key` is folded where the
-- attribute's comparison ignores case.
CREATE TABLE user_attributes (
    environment_id TEXT NOT NULL,
    name TEXT NOT NULL,
    value_key TEXT COLLATE "C" NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    PRIMARY KEY (environment_id, name, value_key, user_id)
);
CREATE INDEX user_attributes_by_user ON user_attributes (user_id);

-- `failures` counts wrong passwords since the last right one, over every path that checks one.
CREATE TABLE user_passwords (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    hash TEXT,
    must_change BOOLEAN NOT NULL,
    changed_at BIGINT,
    failures BIGINT NOT NULL,
    locked_until BIGINT
);

CREATE TABLE password_history (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    replaced_at BIGINT NOT NULL,
    hash TEXT NOT NULL
);
CREATE INDEX password_history_by_user ON password_history (user_id, replaced_at);

CREATE TABLE recovery_codes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    failures BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE verification_codes (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    email TEXT NOT NULL,
    failures BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX applications_by_name ON applications (environment_id, name_key);

-- At most two secrets per application work: the present one (`expires_at` is NULL) and the one
-- before it. `sealed` is readable by this installation's keyring, because PingOne shows secrets.
CREATE TABLE application_secrets (
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    digest TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (application_id, digest)
);
CREATE UNIQUE INDEX application_secrets_present ON application_secrets (application_id) WHERE expires_at IS NULL;

CREATE TABLE resources (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    name_key TEXT NOT NULL,
    document TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX resources_by_name ON resources (environment_id, name_key);

CREATE TABLE resource_scopes (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX resource_scopes_by_name ON resource_scopes (resource_id, name);
CREATE INDEX resource_scopes_by_environment ON resource_scopes (environment_id);

CREATE TABLE resource_grants (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    resource_id TEXT NOT NULL REFERENCES resources (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX resource_grants_by_application ON resource_grants (application_id, resource_id);

CREATE TABLE resource_grant_scopes (
    resource_grant_id TEXT NOT NULL REFERENCES resource_grants (id) ON DELETE CASCADE,
    scope_id TEXT NOT NULL REFERENCES resource_scopes (id) ON DELETE CASCADE,
    PRIMARY KEY (resource_grant_id, scope_id)
);

-- `actor_kind` is USER or APPLICATION. Roles themselves are built in, the same everywhere.
CREATE TABLE role_assignments (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    actor_kind TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    role_id TEXT NOT NULL,
    scope_type TEXT NOT NULL,
    scope_id TEXT NOT NULL,
    read_only BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX role_assignments_by_actor ON role_assignments (actor_id, role_id, scope_type, scope_id);

-- A key is published from `created_at`, signs from `signs_from` until the next one does, and
-- leaves the JWKS at `retires_at`.
CREATE TABLE signing_keys (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    algorithm TEXT NOT NULL,
    sealed TEXT NOT NULL,
    certificate TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    retires_at BIGINT
);
-- Unique, so that of several nodes that make a key at once the first wins.
CREATE UNIQUE INDEX signing_keys_by_environment ON signing_keys (environment_id, signs_from);

-- A browser's session; its cookie is kept as a digest only.
CREATE TABLE browser_sessions (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    token_digest TEXT NOT NULL,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    authenticated_at BIGINT NOT NULL,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    user_agent TEXT NOT NULL,
    remote_address TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    active_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX browser_sessions_by_token ON browser_sessions (token_digest);
CREATE INDEX browser_sessions_by_user ON browser_sessions (user_id, created_at);
CREATE INDEX browser_sessions_by_expiry ON browser_sessions (expires_at);

-- One sign-on interaction; `document` holds the authorization request. `version` guards every
-- transition.
CREATE TABLE flows (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    status TEXT NOT NULL,
    user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT,
    document TEXT NOT NULL,
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX flows_by_expiry ON flows (expires_at);

-- What a user allowed an application. Every code and user token hangs off one.
CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL REFERENCES environments (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    session_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    nonce TEXT,
    acr TEXT NOT NULL,
    amr TEXT NOT NULL,
    authenticated_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX grants_by_user ON grants (user_id);
CREATE INDEX grants_by_session ON grants (session_id);
CREATE INDEX grants_by_expiry ON grants (expires_at);

CREATE TABLE authorization_codes (
    digest TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL,
    redirect_uri TEXT,
    code_challenge TEXT,
    code_challenge_method TEXT,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    consumed_at BIGINT
);
CREATE INDEX authorization_codes_by_grant ON authorization_codes (grant_id);
CREATE INDEX authorization_codes_by_expiry ON authorization_codes (expires_at);

-- A chain of refresh tokens belongs to one grant. `superseded_at` is set by the rotation that
-- replaced the token; `sealed_successor` lets a repeated request within the grace period get the
-- same answer.
CREATE TABLE refresh_tokens (
    digest TEXT NOT NULL PRIMARY KEY,
    grant_id TEXT NOT NULL REFERENCES grants (id) ON DELETE CASCADE,
    application_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    issued_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    chain_expires_at BIGINT NOT NULL,
    superseded_at BIGINT,
    sealed_successor TEXT
);
CREATE INDEX refresh_tokens_by_grant ON refresh_tokens (grant_id);
CREATE INDEX refresh_tokens_by_expiry ON refresh_tokens (expires_at);

-- Mails wait here until a server took them; in development the mailbox shows them. `sealed` holds
-- subject and text, which may carry a code, readable by this installation's keyring only.
CREATE TABLE mails (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    sealed TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    next_attempt_at BIGINT,
    sent_at BIGINT,
    failed_at BIGINT
);
CREATE INDEX mails_in_order ON mails (created_at, id);
CREATE INDEX mails_by_recipient ON mails (recipient, created_at);
CREATE INDEX mails_waiting ON mails (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- The audit log.
CREATE TABLE activities (
    id TEXT NOT NULL PRIMARY KEY,
    environment_id TEXT NOT NULL,
    recorded_at BIGINT NOT NULL,
    action TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX activities_in_order ON activities (environment_id, recorded_at, id);
CREATE INDEX activities_by_age ON activities (recorded_at);
